"""When the rows of a table up to some id are all there that ever will be.

Ids are drawn before they are committed, so a lower one can become visible after a higher one. But whoever will commit
a lower one holds a lock on the table by the time a higher one is seen. So: see how far to go, wait until all who hold
such a lock now are done, then read up to there. No writer waits for us, or is held up.
"""

from __future__ import annotations

import time
from typing import Final

from django.db import connection

LOOK_SECONDS: Final = 0.02
# A prepared transaction has no process, and is still to come.
WRITERS: Final = """
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted
  AND pid IS DISTINCT FROM pg_backend_pid() AND relation = %s::regclass
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def writers_done(table: str, patience: float) -> bool:
    """Wait for the transactions that are writing to ``table`` now to end, not for those that begin meanwhile; at most
    ``patience`` seconds. Whether they did."""
    until = time.monotonic() + patience
    writers = _writers(table)
    while writers:
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_SECONDS)
        writers &= _writers(table)
    return True


def _writers(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, [table])
        return {row[0] for row in cursor.fetchall()}
