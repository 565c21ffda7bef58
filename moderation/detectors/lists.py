"""Keyword lists as admins change them: each change is an Event and a new version, which every worker notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from moderation import audit
from moderation.audit import Actor
from moderation.detectors.terms import read
from moderation.models import Keyword, KeywordList, Policy

# Documented in docs/detectors.md; an automaton of this many takes about 10 MB in each worker.
MOST_TERMS: Final = 50_000
LONGEST_TERM: Final = 200  # characters


class ListChanged(Exception):
    """Somebody else has changed the list since it was read. ``version`` is what it is now."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


class TermTooLong(ValueError):
    """A term of more than LONGEST_TERM characters."""

    def __init__(self, written: str) -> None:
        super().__init__(written)
        self.written = written


class TooManyTerms(ValueError):
    """More than MOST_TERMS."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(frozen=True)
class ListFields:
    """What a list is to be. ``language`` is a normalised tag or empty, ``score`` from 0 to 1."""

    name: str
    language: str
    policy: Policy
    score: float
    enabled: bool
    terms: tuple[str, ...]


def read_terms(lines: str) -> tuple[str, ...]:
    """The terms of a text with one a line, in order, each once: of several ways to write the same the first.

    Raises NothingToLookFor, TermTooLong, TooManyTerms.
    """
    terms: dict[tuple[str, bool, bool], str] = {}
    for line in lines.splitlines():
        if not (written := line.strip()):
            continue
        if len(written) > LONGEST_TERM:
            raise TermTooLong(written)
        term = read(written)
        terms.setdefault((term.sought, term.open_start, term.open_end), written)
    if len(terms) > MOST_TERMS:
        raise TooManyTerms(len(terms))
    return tuple(terms.values())


@transaction.atomic
def create_list(slug: str, fields: ListFields, by: Actor) -> KeywordList:
    """Raises IntegrityError where the slug is taken."""
    made = KeywordList.objects.create(slug=slug, **_columns(fields))
    Keyword.objects.bulk_create(Keyword(keyword_list=made, term=term) for term in fields.terms)
    audit.record("keyword_list.created", by, list=slug, terms=list(fields.terms), **_in_json(fields))
    return made


@transaction.atomic
def change_list(list_id: int, version: int, fields: ListFields, by: Actor) -> KeywordList:
    """Make the list what ``fields`` say, if it still is at ``version``. Without a difference nothing happens.

    The Event says which terms came and went, and each other field's old and new value. Raises ListChanged,
    KeywordList.DoesNotExist.
    """
    found = KeywordList.objects.select_for_update(of=("self",)).select_related("policy").get(pk=list_id)
    if found.version != version:
        raise ListChanged(found.version)
    known = dict(found.keywords.values_list("term", "pk"))
    before = ListFields(
        found.name, found.language, found.policy, found.score, found.enabled, tuple(sorted(known))
    )
    added = [term for term in fields.terms if term not in known]
    removed = sorted(set(known) - set(fields.terms))
    old, new = _in_json(before), _in_json(fields)
    changes = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    if not (added or removed or changes):
        return found
    Keyword.objects.filter(pk__in=[known[term] for term in removed]).delete()
    Keyword.objects.bulk_create(Keyword(keyword_list=found, term=term) for term in added)
    columns = _columns(fields) | {"version": version + 1, "updated_at": timezone.now()}
    KeywordList.objects.filter(pk=found.pk).update(**columns)
    audit.record(
        "keyword_list.changed",
        by,
        list=found.slug,
        version=version + 1,
        changes=changes,
        added=added,
        removed=removed,
    )
    found.refresh_from_db()
    return found


@transaction.atomic
def take_off(list_id: int, term: str, by: Actor) -> int | None:
    """Remove one term, whatever the list's version: a new version, and an Event like any change.

    The new version; None where the term was not on it. Raises KeywordList.DoesNotExist.
    """
    found = KeywordList.objects.select_for_update().get(pk=list_id)
    gone, _ = found.keywords.filter(term=term).delete()
    if not gone:
        return None
    found.version += 1
    found.save(update_fields=["version", "updated_at"])
    audit.record(
        "keyword_list.changed",
        by,
        list=found.slug,
        version=found.version,
        changes={},
        added=[],
        removed=[term],
    )
    return found.version


def _columns(fields: ListFields) -> dict[str, Any]:
    return {
        "name": fields.name,
        "language": fields.language,
        "policy": fields.policy,
        "score": fields.score,
        "enabled": fields.enabled,
    }


def _in_json(fields: ListFields) -> dict[str, Any]:
    return _columns(fields) | {"policy": fields.policy.slug}
