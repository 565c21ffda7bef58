"""The text of a statement: its sections in order, each a few short sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from django.conf import settings
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from moderation import dates_and_numbers, languages
from moderation.hookspecs import Redress
from moderation.isolates import isolate, isolate_lines
from moderation.models import Flag, Item, Policy, Snapshot
from moderation.statements.grounds import Grounds, language_for, recipient_of, sources_of
from moderation.statements.policy_texts import fill, name_of_rule, text_of_rule
from moderation.statements.sentences import CREATED, PROOF, SOURCES, SUBJECTS, TITLES

# What stands in a preview where the link, the code and the date will be.
NOT_YET: Final = "[…]"
QUOTED_CHARACTERS: Final = 120


@dataclass(frozen=True)
class StatementText:
    """A statement as it is sent: plain text, its BCP 47 tag, and ``ltr`` or ``rtl``."""

    language: str
    direction: str
    text: str


def compose(grounds: Grounds) -> StatementText:
    """The statement in the language of the person affected; in English, and saying so, where that is not there."""
    hers = language_for(grounds.case)
    code = catalogue_for(hers)
    with translation.override(code):
        locale = Locale.parse(translation.to_locale(code))
        sections = [
            [_(TITLES[Item.Kind(grounds.case.item.kind)]), *_replacing(grounds, locale)],
            [_("What we decided"), *_what(grounds, locale)],
            [_("What this is about"), *_facts(grounds, locale)],
            [_("Why"), *_why(grounds, hers)],
            [_("What you can do"), *redress_lines(grounds.redress, locale)],
        ]
    tag = languages.normalise(code)
    sections.insert(0, not_in_hers(hers, code))
    text = "\n\n".join("\n".join(lines) for lines in sections if lines)
    return StatementText(tag, languages.direction(tag), text)


def not_in_hers(hers: str, code: str) -> list[str]:
    """What stands before a message in our language ``code`` for a reader of ``hers``, if anything must."""
    if languages.to_speak_to(hers, (code,)):
        return []
    return [f"We do not have this message in {languages.english_name(hers)}. It is in English."]


def catalogue_for(tag: str) -> str:
    """The code of our language that a reader of ``tag`` reads best and that is translated; else English."""
    codes = [code for code, _name in settings.LANGUAGES]
    while code := languages.to_speak_to(tag, tuple(codes)):
        with translation.override(code):
            if code == settings.LANGUAGE_CODE or _(PROOF) != PROOF:
                return code
        codes.remove(code)
    return settings.LANGUAGE_CODE


def _replacing(grounds: Grounds, locale: Locale) -> Iterator[str]:
    if grounds.replaces:
        yield _("It replaces our decision of %(date)s.") % {"date": day(grounds.replaces, locale)}


def _what(grounds: Grounds, locale: Locale) -> Iterator[str]:
    for measure in grounds.measures:
        yield measure.action.told(measure.target, measure.parameters)
        if measure.action.lasts:
            until = _end(measure.parameters)
            yield (
                _("This ends on %(date)s.") % {"date": moment_of(until, locale)}
                if until
                else _("This has no end date.")
            )
        if measure.territories:
            yield _("This applies in these countries: %(countries)s.") % {
                "countries": _countries(measure.territories, locale)
            }
        elif measure.action.territorial:
            yield _("This applies in all countries.")


def _facts(grounds: Grounds, locale: Locale) -> Iterator[str]:
    snapshot, kind = grounds.case.snapshot, Item.Kind(grounds.case.item.kind)
    yield _(SUBJECTS[kind]) % {"id": isolate(grounds.case.item.external_id)}
    if snapshot.text:
        quoted = " ".join(snapshot.text.split())
        shown = quoted if len(quoted) <= QUOTED_CHARACTERS else quoted[: QUOTED_CHARACTERS - 1] + "…"
        yield _("Your text: %(text)s") % {"text": isolate(shown)}
    if snapshot.url:
        yield snapshot.url
    if snapshot.created_at:
        yield _(CREATED[kind]) % {"date": day(snapshot.created_at, locale)}
    yield _("We looked at what was there on %(date)s.") % {"date": day(snapshot.captured_at, locale)}
    if snapshot.disclosure == Snapshot.Disclosure.METADATA_ONLY:
        yield _("We did not read any messages. We looked only at technical data.")
    found_by = sources_of(grounds.case)
    yield from (_(sentence) for source, sentence in SOURCES.items() if source in found_by)
    if Flag.Source.DETECTOR not in found_by:
        yield _("No automatic system was used to find this.")
    yield _by_whom(grounds)


def _by_whom(grounds: Grounds) -> str:
    if grounds.automated:
        if grounds.approved:
            return _("An automatic system proposed this decision. A person looked at it and agreed.")
        return _("An automatic system made the decision. No person looked at this.")
    decided = _("A person looked at this and made the decision.")
    return f"{decided} {_('A second person agreed.')}" if grounds.approved else decided


def _why(grounds: Grounds, hers: str) -> Iterator[str]:
    yield _("Our rule: %(rule)s") % {"rule": isolate(name_of_rule(grounds.policy, hers))}
    found = text_of_rule(grounds.policy, hers)
    if found:
        tag, text = found
        if not languages.readable(hers, tag):
            yield _("We do not have this rule in your language. This is the English text:")
        yield isolate_lines(_filled(text, tag, grounds))
    if grounds.ground == Policy.Ground.LAW:
        yield _("We think that this breaks the law: %(law)s") % {
            "law": isolate(grounds.legal_ground or NOT_YET)
        }
    else:
        yield _("This rule is part of the terms of this service.")
    if grounds.automated and not grounds.approved:
        yield _("These are the reasons. They may be in another language.")
    else:
        yield _("The person who decided gave these reasons. They may be in another language.")
    yield isolate(grounds.reasoning)


def _filled(text: str, tag: str, grounds: Grounds) -> str:
    """The rule's text with its placeholders filled in the language that the text itself is in."""
    locale = _locale_of(tag)
    item, snapshot = grounds.case.item, grounds.case.snapshot
    about_her = snapshot if item.kind == Item.Kind.ACCOUNT else snapshot.author
    with translation.override(catalogue_for(tag)):
        return fill(
            text,
            {
                "item": lambda: item.external_id,
                "account": lambda: (
                    (about_her.display_name if about_her else "") or recipient_of(item).external_id
                ),
                "until": lambda: _until(grounds, locale),
                "countries": lambda: _where(grounds, locale),
                "service": lambda: item.platform.name,
            },
        )


def example_of_rule(text: str, tag: str, service: str, ends: datetime) -> str:
    """A rule's text as somebody would read it, with values made up: for whoever writes it."""
    locale = _locale_of(tag)
    values = {
        "item": lambda: "post-4711",
        "account": lambda: "Noor",
        "until": lambda: day(ends, locale),
        "countries": lambda: _countries(["DE", "FR"], locale),
        "service": lambda: service,
    }
    return isolate_lines(fill(text, values))


def _locale_of(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(settings.LANGUAGE_CODE)


def _until(grounds: Grounds, locale: Locale) -> str:
    """The last day of all of it."""
    ends = [_end(measure.parameters) for measure in grounds.measures if measure.action.lasts]
    known = [end for end in ends if end]
    if known and len(known) == len(ends):
        return day(max(known), locale)
    # For translators: in a rule such as "You cannot post until {until}", where nobody set an end.
    return pgettext("after “until”", "further notice")


def _where(grounds: Grounds, locale: Locale) -> str:
    """The countries of all of it."""
    if grounds.measures and all(measure.territories for measure in grounds.measures):
        return _countries(sorted({code for each in grounds.measures for code in each.territories}), locale)
    # For translators: in a rule such as "It cannot be seen in {countries}".
    return pgettext("where a rule holds", "all countries")


def redress_lines(redress: Redress | None, locale: Locale) -> Iterator[str]:
    """What can be done against a decision, in the active language; NOT_YET where there is no link and code so far."""
    yield _("If you do not agree, ask us to look at this again. Another person will do that. It is free.")
    yield _("Go to this page. You do not have to sign in:")
    # On a line of its own and without marks around it, so that it can be copied and made a link.
    yield redress.url if redress else NOT_YET
    yield _("Your code for this decision: %(code)s") % {"code": isolate(redress.code if redress else NOT_YET)}
    yield _("You can do this until %(date)s.") % {"date": day(redress.until, locale) if redress else NOT_YET}
    yield from outside()


def outside() -> Iterator[str]:
    """Who else can be asked, in the active language."""
    yield _(
        "In the European Union you can also ask an independent body to help settle the dispute. The European "
        "Commission has a list of these bodies on its website (“out-of-court dispute settlement bodies”)."
    )
    yield _("You can also go to court.")


def day(moment: datetime, locale: Locale) -> str:
    return dates_and_numbers.day(moment, locale)


def moment_of(moment: datetime, locale: Locale) -> str:
    return dates_and_numbers.moment(moment, locale)


def _countries(codes: list[str], locale: Locale) -> str:
    return format_list([locale.territories.get(code, code) for code in codes], locale=locale)


def _end(parameters: dict[str, Any]) -> datetime | None:
    return parse_datetime(parameters.get("until") or "")
