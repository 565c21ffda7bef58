"""``manage.py cron``: the timers."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand
from redis.exceptions import RedisError

from config.cron import Cron

log = logging.getLogger(__name__)

SECONDS_BETWEEN_TRIES = 2.0


class Command(BaseCommand):
    help = "Runs every timer of config/cron.py until it is stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        cron = Cron()
        try:
            while True:
                try:
                    cron.start()  # type: ignore[no-untyped-call]
                    return
                except (RedisError, OSError) as error:
                    # Its own registration failed. The work waits in the tables, and so do the timers.
                    log.warning("Redis cannot be reached (%s); trying again", error)
                    time.sleep(SECONDS_BETWEEN_TRIES)
        except KeyboardInterrupt:
            return
