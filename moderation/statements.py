"""The statement of reasons: what the affected person is told (DSA Art. 17), in her language, readable at level B1.

Its fixed sentences are translated (locale/); what people wrote (the reasons, the rule's text) stands as it was
written, isolated in direction. It never says who flagged anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import langcodes
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from moderation import languages, plugins
from moderation.hookspecs import Redress
from moderation.isolates import isolate
from moderation.judgements import Judgement, Measure, Reading
from moderation.models import Case, Decision, Flag, Item, Policy, Snapshot, Statement

# What stands in a preview where the link, the code and the date will be.
NOT_YET: Final = "[…]"
QUOTED_CHARACTERS: Final = 120

# For translators: people read these who are locked out, upset, and may not read well. Short sentences, plain words,
# a polite and neutral form of address. "This" is the content, account or advertisement that was named.
TITLES: Final = {
    Item.Kind.CONTENT: gettext_noop("We made a decision about your content."),
    Item.Kind.ACCOUNT: gettext_noop("We made a decision about your account."),
    Item.Kind.AD: gettext_noop("We made a decision about your advertisement."),
}
SUBJECTS: Final = {
    Item.Kind.CONTENT: gettext_noop("This is about your content with the reference %(id)s."),
    Item.Kind.ACCOUNT: gettext_noop("This is about your account with the reference %(id)s."),
    Item.Kind.AD: gettext_noop("This is about your advertisement with the reference %(id)s."),
}
CREATED: Final = {
    Item.Kind.CONTENT: gettext_noop("You posted this on %(date)s."),
    Item.Kind.ACCOUNT: gettext_noop("You opened this account on %(date)s."),
    Item.Kind.AD: gettext_noop("You posted this on %(date)s."),
}
SOURCES: Final = {
    Flag.Source.DETECTOR: gettext_noop("Our automatic systems found this."),
    Flag.Source.USER_NOTICE: gettext_noop("Somebody reported this to us."),
    Flag.Source.TRUSTED_FLAGGER: gettext_noop("An organisation that knows this subject reported this to us."),
    Flag.Source.AUTHORITY: gettext_noop("A public authority reported this to us."),
    Flag.Source.OWN_INITIATIVE: gettext_noop("Our own team found this."),
}
# The sentence by which a catalogue is known to speak the language that it is for.
PROOF: Final = TITLES[Item.Kind.ACCOUNT]


@dataclass(frozen=True)
class StatementText:
    """A statement as it is sent: plain text, its BCP 47 tag, and ``ltr`` or ``rtl``."""

    language: str
    direction: str
    text: str


@dataclass(frozen=True)
class Grounds:
    """What a statement is made from: a decision, or a judgement that is not one yet (no ``redress``)."""

    case: Case
    policy: Policy
    measures: Sequence[Measure]
    reasoning: str
    automated: bool
    redress: Redress | None


def recipient_of(item: Item) -> Item:
    """Whom a decision about ``item`` is explained to: its author's account, or itself where there is none."""
    return item.author or item


def language_for(case: Case) -> str:
    """The language of the person affected, as a BCP 47 tag: what the platform says of her account, else the
    language of what she wrote, else the desk's own.
    """
    about_her = case.snapshot if case.item.kind == Item.Kind.ACCOUNT else case.snapshot.author
    said = [about_her.metadata.get("language"), about_her.language] if about_her else []
    for tag in (*said, case.language):
        if isinstance(tag, str) and tag:
            try:
                known = languages.normalise(tag)
            except languages.UnknownLanguage:
                continue
            if known not in languages.SPECIAL:
                return known
    return settings.LANGUAGE_CODE


def preview(case: Case, judgement: Judgement) -> StatementText:
    """What the person would be told. What cannot be done is left out; link, code and date are NOT_YET."""
    reading = Reading(case, judgement)
    return compose(Grounds(case, reading.policy, reading.measures, judgement.reasoning, False, None))


def write(decision: Decision, case: Case, measures: Sequence[Measure]) -> tuple[Statement, Redress]:
    """Compose a decision's statement and keep it. Call it in the decision's transaction."""
    redress = redress_for(decision)
    told = compose(Grounds(case, decision.policy, measures, decision.reasoning, decision.automated, redress))
    statement = Statement.objects.create(
        decision=decision,
        recipient=recipient_of(case.item),
        language=told.language,
        direction=told.direction,
        text=told.text,
        appeal_code=redress.code,
        appeal_until=redress.until,
    )
    return statement, redress


def redress_for(decision: Decision) -> Redress:
    """Where to complain about it, from the hook. A system check says so before it is missing here."""
    redress: Redress | None = plugins.manager().hook.redress(decision=decision)
    if redress is None:
        raise ImproperlyConfigured("No plugin implements the hook redress: nobody could appeal")
    return redress


def compose(grounds: Grounds) -> StatementText:
    """The statement in the language of the person affected; in English, and saying so, where that is not there."""
    hers = language_for(grounds.case)
    code = _catalogue(hers)
    with translation.override(code):
        locale = Locale.parse(translation.to_locale(code))
        sections = [
            [_(TITLES[Item.Kind(grounds.case.item.kind)])],
            [_("What we decided"), *_what(grounds, locale)],
            [_("What this is about"), *_facts(grounds, locale)],
            [_("Why"), *_why(grounds, hers, locale)],
            [_("What you can do"), *_redress(grounds.redress, locale)],
        ]
    tag = languages.normalise(code)
    if not languages.readable(hers, tag):
        sections.insert(
            0, [f"We do not have this message in {languages.english_name(hers)}. It is in English."]
        )
    text = "\n\n".join("\n".join(lines) for lines in sections)
    return StatementText(tag, languages.direction(tag), text)


def _catalogue(tag: str) -> str:
    """The code of our language that a reader of ``tag`` reads best and that is translated; else English."""
    ours = {code: languages.normalise(code) for code, _name in settings.LANGUAGES}
    readable = [code for code in ours if languages.readable(tag, ours[code])]
    for code in sorted(readable, key=lambda code: langcodes.tag_distance(tag, ours[code])):
        with translation.override(code):
            if code == settings.LANGUAGE_CODE or _(PROOF) != PROOF:
                return code
    return settings.LANGUAGE_CODE


def _what(grounds: Grounds, locale: Locale) -> Iterator[str]:
    for measure in grounds.measures:
        yield measure.action.told(measure.target, measure.parameters)
        if measure.action.lasts:
            until = parse_datetime(measure.parameters.get("until") or "")
            yield (
                _("This ends on %(date)s.") % {"date": moment_of(until, locale)}
                if until
                else _("This has no end date.")
            )
        if measure.territories:
            names = [locale.territories.get(code, code) for code in measure.territories]
            yield _("This applies in these countries: %(countries)s.") % {
                "countries": format_list(names, locale=locale)
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
    found_by = set(Flag.objects.filter(case=grounds.case).values_list("source", flat=True).distinct())
    yield from (_(sentence) for source, sentence in SOURCES.items() if source in found_by)
    if Flag.Source.DETECTOR not in found_by:
        yield _("No automatic system was used to find this.")
    if grounds.automated:
        yield _("An automatic system made the decision. No person looked at this.")
    else:
        yield _("A person looked at this and made the decision.")


def name_of_rule(policy: Policy, hers: str) -> str:
    """The policy's name in a language that a reader of ``hers`` reads; the desk's own name for it otherwise."""
    names = {tag: name for tag, name in policy.public_names.items() if name}
    tag = languages.nearest(hers, names)
    return names[tag] if tag else policy.name


def _why(grounds: Grounds, hers: str, locale: Locale) -> Iterator[str]:
    yield _("Our rule: %(rule)s") % {"rule": isolate(name_of_rule(grounds.policy, hers))}
    texts = {tag: text for tag, text in grounds.policy.public_texts.items() if text}
    tag = languages.nearest(hers, texts) or "en"
    if tag in texts:
        if not languages.readable(hers, tag):
            yield _("We do not have this rule in your language. This is the English text:")
        yield isolate(texts[tag])
    yield _("This rule is part of the terms of this service.")
    yield _("The person who decided gave these reasons. They may be in another language.")
    yield isolate(grounds.reasoning)


def _redress(redress: Redress | None, locale: Locale) -> Iterator[str]:
    yield _("If you do not agree, ask us to look at this again. Another person will do that. It is free.")
    yield _("Go to this page. You do not have to sign in:")
    # On a line of its own and without marks around it, so that it can be copied and made a link.
    yield redress.url if redress else NOT_YET
    yield _("Your code for this decision: %(code)s") % {"code": isolate(redress.code if redress else NOT_YET)}
    yield _("You can do this until %(date)s.") % {"date": day(redress.until, locale) if redress else NOT_YET}
    yield _(
        "In the European Union you can also ask an independent body to help settle the dispute. The European "
        "Commission has a list of these bodies on its website (“out-of-court dispute settlement bodies”)."
    )
    yield _("You can also go to court.")


def day(moment: datetime, locale: Locale) -> str:
    return format_date(moment.astimezone(UTC).date(), "long", locale)


def moment_of(moment: datetime, locale: Locale) -> str:
    return format_datetime(moment.astimezone(UTC), "long", locale=locale)
