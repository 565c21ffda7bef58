"""The rule in the desk's own public words: in a language that the person reads, with its placeholders filled.

A public text may hold ``{item}``, ``{account}``, ``{until}``, ``{countries}`` and ``{service}``; a brace that is meant
as one is doubled (docs/statements.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Final

from moderation import languages
from moderation.isolates import isolate, without_marks
from moderation.models import PolicyTerms

PLACEHOLDERS: Final = ("item", "account", "until", "countries", "service")


class BadPlaceholder(ValueError):
    """There is a placeholder in the text that nobody fills. ``written``: as it stands there; empty: a lone brace."""

    def __init__(self, written: str) -> None:
        super().__init__(f"Nobody fills {{{written}}}" if written else "A brace that is not doubled")
        self.written = written


def check(text: str) -> None:
    """Raises BadPlaceholder."""
    _read(text)


def fill(text: str, values: Mapping[str, Callable[[], str]]) -> str:
    """The text with its placeholders filled, each value on one line and isolated in direction.

    ``values`` by name, each called only where it is needed. A text that was stored with braces of another meaning
    stands as it is: the person is owed the rule in any case.
    """
    try:
        read = _read(text)
    except BadPlaceholder:
        return without_marks(text)
    return "".join(
        without_marks(literal) + (isolate(" ".join(values[name]().split())) if name else "")
        for literal, name in read
    )


def name_of_rule(policy: PolicyTerms, hers: str) -> str:
    """The policy's name in a language that a reader of ``hers`` reads; the desk's own name for it otherwise."""
    names = {tag: name for tag, name in policy.public_names.items() if name}
    tag = languages.nearest(hers, names)
    return names[tag] if tag else policy.name


def text_of_rule(policy: PolicyTerms, hers: str) -> tuple[str, str] | None:
    """The rule in words as (BCP 47 tag, text, not filled yet): in a language that she reads, else in English.

    None where neither was written.
    """
    texts = {tag: text for tag, text in policy.public_texts.items() if text}
    tag = languages.nearest(hers, texts) or "en"
    return (tag, texts[tag]) if tag in texts else None


def _read(text: str) -> list[tuple[str, str]]:
    """The text as (what stands before it, placeholder) in order; the last placeholder is empty."""
    try:
        parsed = list(Formatter().parse(text))
    except ValueError:
        raise BadPlaceholder("") from None
    read = []
    for literal, name, spec, conversion in parsed:
        if name is not None and (name not in PLACEHOLDERS or spec or conversion):
            raise BadPlaceholder(_as_written(name, spec, conversion))
        read.append((literal, name or ""))
    return read


def _as_written(name: str, spec: str | None, conversion: str | None) -> str:
    written = name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
    return written or " "
