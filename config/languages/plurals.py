"""By which number a text takes which of its forms: CLDR's cardinal rules, as gettext writes them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from gettext import c2py
from typing import Final, NamedTuple

from babel import Locale
from babel.messages.plurals import get_plural

# Whole numbers, and seldom large: CLDR's forms for fractions and for millions are not needed.
COUNTED: Final = range(201)


class Rule(NamedTuple):
    """How many forms there are, and the expression of C over ``n`` that chooses one."""

    forms: int
    expression: str

    @property
    def header(self) -> str:
        """As it stands in a catalogue."""
        return f"nplurals={self.forms}; plural={self.expression};"


# Where the rule that Babel writes into a catalogue parts the numbers otherwise than CLDR does.
_ZERO_IS_LIKE_ONE: Final = Rule(2, "(n > 1)")
_CLDR: Final = {
    **dict.fromkeys(("id", "ms"), Rule(1, "0")),
    **dict.fromkeys(("hu", "tr"), Rule(2, "(n != 1)")),
    **dict.fromkeys(("bn", "fa", "gu", "hi", "kn", "pa"), _ZERO_IS_LIKE_ONE),
    "fil": Rule(2, "(n%10==4 || n%10==6 || n%10==9)"),
    "he": Rule(3, "(n==1 ? 0 : n==2 ? 1 : 2)"),
    "lv": Rule(3, "(n%10==0 || (n%100>=11 && n%100<=19) ? 0 : n%10==1 ? 1 : 2)"),
    "mk": Rule(2, "(n%10==1 && n%100!=11 ? 0 : 1)"),
    "mt": Rule(
        5, "(n==1 ? 0 : n==2 ? 1 : n==0 || (n%100>=3 && n%100<=10) ? 2 : n%100>=11 && n%100<=19 ? 3 : 4)"
    ),
}


def rule_for(locale: str) -> Rule:
    """The rule that a catalogue of this locale is written by."""
    known = get_plural(locale)
    return _CLDR.get(locale) or Rule(known.num_plurals, known.plural_expr)


def parts_as_cldr(locale: str, rule: Rule) -> bool:
    """Whether the rule gives the same form to the same numbers as CLDR's does, and no form to none."""
    ours = _parts(c2py(rule.expression))
    return ours == _parts(Locale.parse(locale).plural_form) and len(ours) == rule.forms


def _parts(form_of: Callable[[int], Hashable]) -> set[tuple[int, ...]]:
    parts: dict[Hashable, list[int]] = {}
    for number in COUNTED:
        parts.setdefault(form_of(number), []).append(number)
    return {tuple(numbers) for numbers in parts.values()}
