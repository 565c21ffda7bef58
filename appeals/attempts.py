"""How often a code may be tried: counted per address and per code, in a table that all processes share. So are the
corrections that an address sends.

Each try is counted before it is checked and taken back if it was right, so that a hundred at once are still a
hundred. Addresses and codes are kept only as keyed hashes, and only for as long as they count.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Final

from django.db import connection
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from appeals.models import CodeAttempt

WINDOW: Final = timedelta(minutes=15)
# Many people share one address behind a provider's gateway, so it may fail more often than one code.
PER_ADDRESS: Final = 30
PER_CODE: Final = 10
CORRECTIONS_WINDOW: Final = timedelta(days=1)
CORRECTIONS_PER_ADDRESS: Final = 20

# Both rows in one statement, always in the order of their keys: two requests cannot wait for each other in a ring.
COUNT = """
INSERT INTO appeals_codeattempt AS known (key, failures, since)
SELECT key, 1, %(now)s FROM unnest(%(keys)s::text[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN known.since < %(start)s THEN 1 ELSE known.failures + 1 END,
    since = CASE WHEN known.since < %(start)s THEN %(now)s ELSE known.since END
RETURNING key, failures
"""
# What is too old to count, as far as nobody is counting on it right now.
FORGET = """
DELETE FROM appeals_codeattempt WHERE key IN (
    SELECT key FROM appeals_codeattempt WHERE since < %(start)s LIMIT 1000 FOR UPDATE SKIP LOCKED
)
"""


class TooManyAttempts(Exception):
    """Ask again when the window has passed."""


def count(request: HttpRequest, code: str) -> list[str]:
    """Count a try of this code from this address. The keys to take it back with. Raises TooManyAttempts."""
    address, coded = _key("address", _network(request)), _key("code", code)
    failures = _counted([address, coded], WINDOW)
    if failures[address] > PER_ADDRESS or failures[coded] > PER_CODE:
        raise TooManyAttempts
    return [address, coded]


def count_correction(request: HttpRequest) -> None:
    """Count what this address sends of corrections to texts. Raises TooManyAttempts."""
    key = _key("corrections", _network(request))
    if _counted([key], CORRECTIONS_WINDOW)[key] > CORRECTIONS_PER_ADDRESS:
        raise TooManyAttempts


def _counted(keys: list[str], window: timedelta) -> dict[str, int]:
    """Count one more of each key; how many there are now since its window began."""
    now = timezone.now()
    # What counts for longer than WINDOW begins later by as much, so that one rule forgets both in time.
    begun = now + (window - WINDOW)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"keys": keys, "now": begun, "start": now - WINDOW})
        counts: dict[str, int] = dict(cursor.fetchall())
        cursor.execute(FORGET, {"start": now - WINDOW})
    return counts


def forgive(keys: list[str]) -> None:
    """The try was right and does not count. The failures before it do: else whoever has one good code could use it
    to wash away any number of guesses.
    """
    for key in keys:
        CodeAttempt.objects.filter(key=key).update(failures=F("failures") - 1)


def _network(request: HttpRequest) -> str:
    """The address asked from, as the web server gives it (behind a proxy it is the server's part to know which
    forwarded address to believe). Of IPv6 the first 64 bits: one household has all the rest.
    """
    given = str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given
    if address.version == 6:
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)


def _key(kind: str, value: str) -> str:
    return str(salted_hmac("appeals.attempts", f"{kind}:{value}", algorithm="sha256").hexdigest())
