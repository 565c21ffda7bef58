"""Keeps the keys in people's links out of the logs: whoever reads a log must not be able to open what is theirs."""

from __future__ import annotations

import logging
import re
from typing import Any, Final

# What follows /appeal/ in an address is signed, and opens the page of one person (appeals/links.py).
KEY: Final = re.compile(r"(/appeal/)[^/\s?#\"']+")
HIDDEN: Final = r"\1…"
# Those of servers that have handlers of their own.
ELSEWHERE: Final = ("uvicorn.access", "uvicorn.error")


class HideLinks(logging.Filter):
    """Takes the keys out of a record, its arguments and its traceback before anybody writes it down."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _hidden(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_hidden(each) for each in record.args)
        elif record.args:
            record.args = {name: _hidden(each) for name, each in record.args.items()}
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_text = _hidden(record.exc_text)
        return True


def hide_in_servers() -> None:
    """Also where the web server writes its own lines. Called again it changes nothing."""
    for name in ELSEWHERE:
        logger = logging.getLogger(name)
        if not any(isinstance(each, HideLinks) for each in logger.filters):
            logger.addFilter(HideLinks())


def _hidden(said: Any) -> Any:
    return KEY.sub(HIDDEN, said) if isinstance(said, str) else said
