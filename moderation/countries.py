"""Countries as two letters (ISO 3166-1 alpha-2), as CLDR knows them."""

from __future__ import annotations

from typing import Final

from babel import Locale

COUNTRIES: Final = frozenset(
    code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()
)
