"""The text of an answer to a notice. It says what was decided, and nothing about the other person.

For translators: whoever reads this reported something, and is told what came of it. Short sentences, plain words, a
polite and neutral form of address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from babel import Locale
from django.utils import translation
from django.utils.translation import gettext as _

from moderation import languages
from moderation.hookspecs import Redress
from moderation.isolates import isolate
from moderation.statements import (
    StatementText,
    catalogue_for,
    day,
    not_in_hers,
    outside,
    redress_lines,
)


@dataclass(frozen=True)
class Answer:
    """What is said to whoever sent the notice ``number``: whether we acted, and how to complain where we did not.

    ``replaces``: when the decision was made that she was told of before.
    """

    number: str
    acted: bool
    redress: Redress | None
    replaces: datetime | None


class Composer:
    """Composes answers in the language of each; what it knows of a language it finds out once."""

    def __init__(self) -> None:
        self._catalogues: dict[str, str] = {}

    def compose(self, answer: Answer, hers: str) -> StatementText:
        """The answer in the language that a reader of ``hers`` (BCP 47) reads best; in English where it is missing."""
        code = self._catalogues.get(hers) or self._catalogues.setdefault(hers, catalogue_for(hers))
        tag = languages.normalise(code)
        with translation.override(code):
            locale = Locale.parse(translation.to_locale(code))
            sections = [
                not_in_hers(hers, code),
                list(_about(answer)),
                list(_decided(answer, locale)),
                [_("What you can do"), *_what_she_can_do(answer, locale)],
            ]
        text = "\n\n".join("\n".join(lines) for lines in sections if lines)
        return StatementText(tag, languages.direction(tag), text)


def _about(answer: Answer) -> Iterator[str]:
    yield _("Thank you for your report.")
    yield _("This is about your report with the number %(id)s.") % {"id": isolate(answer.number)}


def _decided(answer: Answer, locale: Locale) -> Iterator[str]:
    if answer.replaces:
        yield _("We made a decision about what you reported.")
        yield _("It replaces our decision of %(date)s.") % {"date": day(answer.replaces, locale)}
    if answer.acted:
        yield _("We looked at what you reported and acted.")
    else:
        yield _("We looked at what you reported and decided not to act.")


def _what_she_can_do(answer: Answer, locale: Locale) -> Iterator[str]:
    yield from redress_lines(answer.redress, locale) if answer.redress else outside()
