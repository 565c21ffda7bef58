"""What is still open to whoever has the answer to an appeal: a second review, certified bodies, a court."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from babel import Locale
from babel.core import UnknownLocaleError
from babel.lists import format_list
from django.urls import reverse
from django.utils.translation import get_language, gettext, to_locale

from appeals import links, opening, words
from appeals.models import Appeal, DisputeBody
from appeals.opening import Party, Way
from moderation import languages
from moderation.actions import TerminateAccount
from moderation.isolates import isolate
from moderation.models import Decision, Enforcement


@dataclass(frozen=True)
class Body:
    """A certified body. ``languages`` is a sentence in words of the page's language, empty where nobody knows."""

    name: str
    url: str
    languages: str


@dataclass(frozen=True)
class OnceMore:
    """The way to a second review: the page of its form, and until when."""

    url: str
    until: str


@dataclass(frozen=True)
class Remaining:
    """Everything that is open; bodies that speak the page's language come first."""

    once_more: OnceMore | None
    bodies: list[Body]


def remaining(party: Party, appeal: Appeal) -> Remaining | None:
    """What remains after the answer to her last appeal. None before there is one, or where she has all that she asked
    for.
    """
    if appeal.status != Appeal.Status.DECIDED or appeal.outcome == Appeal.Outcome.OVERTURNED:
        return None
    return Remaining(_once_more(party, appeal), _bodies())


def new_appeal(party: Party) -> OnceMore | None:
    """Where a new appeal may be sent after the last one was taken back."""
    return _open_page(party, _token(party))


def _once_more(party: Party, appeal: Appeal) -> OnceMore | None:
    if opening.may_go_on(appeal) and _closes_an_account(appeal.decision):
        return _open_page(party, _token(party))
    if appeal.outcome == Appeal.Outcome.PARTIALLY_OVERTURNED:
        # What took its place may close the account for good as well, and has a page of its own.
        newer = Decision.objects.filter(case=appeal.case_id).first()
        other = opening.party_of(newer.pk, None) if newer and _closes_an_account(newer) else None
        if other is not None and other.account == party.account:
            return _open_page(other, links.token_for(other.decision.pk))
    return None


def _closes_an_account(decision: Decision) -> bool:
    """Whether an account is closed for good by it now: not where a second person has not agreed yet."""
    closed = decision.resting.filter(action=TerminateAccount.slug, status__in=Enforcement.IN_FORCE)
    return closed.exists()


def _open_page(party: Party, token: str) -> OnceMore | None:
    with suppress(opening.AppealClosed, opening.AlreadyAppealed, opening.Replaced, opening.Suspended):
        way: Way = opening.way_for(party)
        return OnceMore(reverse("appeal", args=[token]), words.day(way.until))
    return None


def _token(party: Party) -> str:
    return links.token_for(party.decision.pk, party.reply.flag_id if party.reply else None)


def _bodies() -> list[Body]:
    hers = get_language() or ""
    rows = sorted(
        DisputeBody.objects.filter(in_use=True).order_by("name", "pk"),
        key=lambda each: not any(languages.readable(hers, tag) for tag in each.languages),
    )
    return [Body(each.name, each.url, _languages(each.languages)) for each in rows]


def _languages(tags: Sequence[str]) -> str:
    if not tags:
        return ""
    locale = Locale.parse(to_locale(get_language() or "en"))
    names = format_list([isolate(_name(tag, locale)) for tag in tags], locale=locale)
    return gettext("Languages: %(languages)s") % {"languages": names}


def _name(tag: str, locale: Locale) -> str:
    with suppress(UnknownLocaleError, ValueError):
        return Locale.parse(tag, sep="-").get_display_name(locale) or languages.endonym(tag)
    return languages.endonym(tag)
