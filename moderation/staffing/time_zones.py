"""The time zones that are suggested: those of the IANA database that name a place, and UTC."""

from __future__ import annotations

import re
from typing import Final

from accounts.models import time_zones

_PLACE: Final = re.compile(
    r"(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/.+", re.ASCII
)

TIME_ZONES: Final[tuple[str, ...]] = (
    "UTC",
    *sorted(name for name in time_zones() if _PLACE.fullmatch(name)),
)
