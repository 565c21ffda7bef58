"""What a public page weighs: each answer that a browser loads for it, as it goes over the wire."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

from django.test import Client

from appeals import drafting
from appeals.files import keeping
from appeals.opening import affected
from tests.appealing import Told, appealed, make_told
from tests.evidence_files import PDF

# Before evidence files, which nobody but herself and her moderator loads.
MOST_BYTES: Final = 60_000
WORDS: Final = (
    "I run a small shop and answered people who had written to me first. Nobody got a message unasked. "
    "The list of their questions is in the files, with the days on which they came. "
)


class _Loaded(HTMLParser):
    """The addresses of styles, scripts and icons."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        address = given.get("href") if tag == "link" else given.get("src")
        if address:
            self.found.append(address)


def full_form(language: str) -> Told:
    """Somebody whose statement is in this language, and who has filled in all that the form can hold."""
    told = make_told(language, post=WORDS, reasoning=WORDS * 3)
    draft = drafting.keep(affected(told.decision), {"text": WORDS * 5, "background": WORDS}, "en")
    for number in range(5):
        keeping.add(draft, f"what they asked me on day {number}.pdf", PDF + bytes([number]))
    return told


def sent(told: Told) -> str:
    """The address of the status, once the form is sent. Make every form first: the case waits in a lane then."""
    appealed(told, WORDS * 5)
    return told.status_path


@dataclass
class Scales:
    """Weighs pages as a browser gets them that takes gzip and keeps nothing. What they share it loads once."""

    client: Client
    _known: dict[str, int] = field(default_factory=dict)

    def weigh(self, path: str) -> dict[str, int]:
        """Bytes by address, with heads."""
        page = self._get(path)
        loaded = _Loaded()
        loaded.feed(gzip.decompress(page.content).decode())
        assert len(loaded.found) > 4
        return {path: _bytes(page)} | {each: self._weight(each) for each in loaded.found}

    def _weight(self, address: str) -> int:
        if address not in self._known:
            self._known[address] = _bytes(self._get(address))
        return self._known[address]

    def _get(self, path: str) -> Any:
        answer = self.client.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, path
        return answer


def _bytes(answer: Any) -> int:
    parts = answer.streaming_content if answer.streaming else [answer.content]
    head = sum(len(f"{name}: {value}\r\n") for name, value in answer.headers.items())
    cookies = sum(len(f"Set-Cookie: {each.OutputString()}\r\n") for each in answer.cookies.values())
    return len(b"".join(parts)) + head + cookies + len("HTTP/1.1 200 OK\r\n\r\n")
