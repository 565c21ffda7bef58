"""The plugin manager: the hooks of moderation/hookspecs.py and whoever implements them."""

from __future__ import annotations

from functools import cache
from importlib import import_module

import pluggy
from django.conf import settings

from moderation import hookspecs

# Our own implementations. Higher apps register theirs in AppConfig.ready().
OWN = ("moderation.detectors.keywords", "moderation.detectors.bulk_messaging")


@cache
def manager() -> pluggy.PluginManager:
    """The one manager of this process, with our own and the configured plugins registered."""
    it = pluggy.PluginManager("fairlead")
    it.add_hookspecs(hookspecs)
    for name in (*OWN, *settings.FAIRLEAD_PLUGINS):
        it.register(import_module(name))
    return it
