"""A simulation that is done, as pages show it."""

from __future__ import annotations

from moderation.foresight.change import Change
from moderation.foresight.running import ask
from moderation.models import Foresight
from tests.factories import make_user


def done_foresight() -> Foresight:
    return ask(Change("Mali reads Bengali – বাংলা"), 7, make_user())
