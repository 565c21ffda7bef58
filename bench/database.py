"""A database of its own for a benchmark, on servers of its own where DATABASE_URL and REDIS_URL name none."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager

import django

from tests import servers


@contextmanager
def on_a_database() -> Iterator[None]:
    """Django set up on an empty database, which is dropped again. Import nothing of Fairlead before."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "only-the-benchmark-uses-this-key")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    atexit.register(servers.stop)
    servers.start()
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False, aliases={"default": None})
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)
