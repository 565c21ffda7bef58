"""What is wrong with a catalogue: everything about a translation that can be seen without reading the language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import hanzidentifier
from babel import Locale
from babel.messages import Catalog, Message

from config import catalogues
from config.languages import plurals
from moderation import dates_and_numbers, languages
from moderation.scripts import COMMON, letters_by_script

PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sd]")
TAG: Final = re.compile(r"<[^>]+>")
# In these a day in words is put (words.day), which in some languages ends in a full stop of its own.
DATES: Final = ("%(date)s", "%(until)s", "%(warned)s")
# ISO 15924 counts ways to write with several scripts as scripts.
WRITTEN_IN: Final = {
    "Hans": {"Hani"},
    "Hant": {"Hani"},
    "Jpan": {"Hani", "Hira", "Kana"},
    "Kore": {"Hang", "Hani"},
}
# Characters that are written in the other of the two only.
FOREIGN_HAN: Final = {"Hans": hanzidentifier.TRADITIONAL, "Hant": hanzidentifier.SIMPLIFIED}
# PDF, e-mail, the names of other people's things: such letters may be in any text, but not be most of it.
OWN_LETTERS: Final = 0.6
# So many words in a row as in the English were left behind, unless they are quoted.
ENGLISH_WORDS: Final = 4
# How the European Commission's page calls them: given beside the translation, or in its place.
LOANS: Final = re.compile("out-of-court dispute settlement bodies")
QUOTED: Final = re.compile('[“„«「『《”"].*?[”“»」』》"]')

STOPS: Final = ".。।۔"
SENTENCE_ENDS: Final = {
    ".": frozenset(STOPS),
    "?": frozenset("?？؟"),
    ":": frozenset(":："),
    ")": frozenset(")）"),
}
# Greek asks with what looks like a semicolon; Thai writes neither full stops nor question marks.
ENDS_OF: Final = {
    ("el", "?"): frozenset(";\u037e"),
    ("ja", "?"): frozenset("?？。"),
}
NO_STOPS: Final = frozenset({"th"})
PAIRS: Final = (("\u2066\u2067\u2068", "\u2069"), ("\u202a\u202b\u202d\u202e", "\u202c"))
BARE_MARKS: Final = "\u200e\u200f\u061c"


@dataclass(frozen=True)
class Shortfall:
    """A text that a language does not give a person as it should (empty: the catalogue as a whole), and why."""

    text: str
    why: str


@dataclass(frozen=True)
class Report:
    """How complete a language is: of ``texts`` so many are translated, and so many of these are doubtful."""

    locale: str
    texts: int
    translated: int
    fuzzy: int
    forms: int
    shortfalls: tuple[Shortfall, ...]


def check(locale: str, wanted: Catalog | None = None) -> Report:
    """Look at everything that a person affected reads. ``wanted``: the texts, where they were already gathered."""
    catalogue = catalogues.read(locale)
    texts = [message for message in wanted or catalogues.texts(catalogues.PERSON_FACING) if message.id]
    found = [catalogue.get(message.id, message.context) for message in texts]
    shortfalls = [Shortfall("", why) for why in _wrong_with_rule(locale, catalogue)]
    for text, message in zip(texts, found, strict=True):
        wrong = _wrong_with(message, catalogue, locale) if message else ["not in the catalogue"]
        shortfalls += [Shortfall(_ids(text)[0], why) for why in wrong]
    return Report(
        locale,
        len(texts),
        sum(1 for message in found if message and all(_forms(message))),
        sum(1 for message in found if message and message.fuzzy),
        catalogue.num_plurals,
        tuple(shortfalls),
    )


def _wrong_with_rule(locale: str, catalogue: Catalog) -> Iterator[str]:
    rule = plurals.rule_for(locale)
    written = plurals.Rule(catalogue.num_plurals, catalogue.plural_expr)
    if written != rule:
        yield f"plural forms by “{written.header}”, not “{rule.header}”"
    elif not plurals.parts_as_cldr(locale, rule):
        yield f"“{rule.header}” parts numbers otherwise than CLDR"


def _wrong_with(message: Message, catalogue: Catalog, locale: str) -> list[str]:
    forms = _forms(message)
    if not all(forms):
        return ["not translated"]
    wrong = ["marked as doubtful"] if message.fuzzy else []
    wrong += [str(error) for error in message.check(catalogue)]
    if message.pluralizable and len(forms) != catalogue.num_plurals:
        wrong.append(f"{len(forms)} plural forms, not {catalogue.num_plurals}")
    for form in forms:
        wrong += [f"{why}: {form}" for why in _wrong_with_form(form, _ids(message), locale)]
    return wrong


def _wrong_with_form(form: str, source: list[str], locale: str) -> Iterator[str]:
    # "Last day" needs no number, "Last %(n)s days" does: a form may be like either.
    if sorted(PLACEHOLDER.findall(form)) not in [sorted(PLACEHOLDER.findall(text)) for text in source]:
        yield "placeholders"
    if "%" in PLACEHOLDER.sub("", form).replace("%%", ""):
        yield "a stray %"
    if sorted(TAG.findall(form)) != sorted(TAG.findall(source[-1])):
        yield "tags"
    if form != form.strip() or "  " in form:
        yield "spaces"
    if unicodedata.normalize("NFC", form) != form:
        yield "not in normal form C"
    if not _marks_are_balanced(form):
        yield "direction marks"
    if not _is_in_its_script(form, locale):
        yield "another script"
    if _is_left_in_english(form, source):
        yield "left in English"
    if why := _wrong_end(form, source[-1], locale):
        yield why


def _marks_are_balanced(form: str) -> bool:
    """Whether what turns the direction is closed again, in order; bare marks have no place in a text."""
    if any(mark in form for mark in BARE_MARKS):
        return False
    for opening, closing in PAIRS:
        depth = 0
        for character in form:
            depth += (character in opening) - (character == closing)
            if depth < 0:
                return False
        if depth:
            return False
    return True


def _is_in_its_script(form: str, locale: str) -> bool:
    text = LOANS.sub("", TAG.sub("", PLACEHOLDER.sub("", form)))
    letters = letters_by_script(text)
    script = languages.script_of(locale.replace("_", "-"))
    own = sum(letters[each] for each in WRITTEN_IN.get(script, {script}))
    if letters and own < OWN_LETTERS * letters.total():
        return False
    if script in FOREIGN_HAN and any(hanzidentifier.identify(each) == FOREIGN_HAN[script] for each in text):
        return False
    # Letters that look like Latin ones are the mistake to find: there are no loans in another script than Latin.
    return set(letters) <= {"Latn", COMMON, *WRITTEN_IN.get(script, {script})}


def _is_left_in_english(form: str, source: Iterable[str]) -> bool:
    words = _words(LOANS.sub(" ", QUOTED.sub(" ", form)))
    for text in source:
        left = _words(text)
        if form == text and len(left) > 1:
            return True
        runs = {tuple(left[at : at + ENGLISH_WORDS]) for at in range(len(left) - ENGLISH_WORDS + 1)}
        if any(tuple(words[at : at + ENGLISH_WORDS]) in runs for at in range(len(words) - ENGLISH_WORDS + 1)):
            return True
    return False


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", TAG.sub(" ", PLACEHOLDER.sub(" ", text)).casefold())


def _wrong_end(form: str, source: str, locale: str) -> str:
    """What is wrong with how a text ends, as its source ends in a mark that says what kind of text it is."""
    dotted = day_ends_in_stop(locale)
    if dotted and any(date + "." in form for date in DATES):
        return "two full stops after a date"
    mark = source[-1]
    allowed = ENDS_OF.get((locale, mark), SENTENCE_ENDS.get(mark))
    if allowed is None:
        return "a full stop too many" if form[-1] in STOPS and not source.endswith(("!", "”", "…")) else ""
    if form[-1] in allowed or (mark in ".?" and locale in NO_STOPS):
        return ""
    if mark == "." and (form[-1] in ")）" or (dotted and form.endswith(DATES))):
        return ""
    return f"does not end like “{mark}”"


@lru_cache(maxsize=256)
def day_ends_in_stop(locale: str) -> bool:
    """Whether a day in words ends in a full stop, so that no sentence needs another after it."""
    return dates_and_numbers.day(datetime(2026, 11, 22, tzinfo=UTC), Locale.parse(locale)).endswith(".")


def _ids(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])
