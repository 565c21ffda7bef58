"""The CyberTipline's Reporting API: one function per call, and its answers as what is to be done about them.

Source: NCMEC's documentation of the API (report.cybertip.org/ispws/documentation) and its schema of November 2025.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Self

import httpx
from django.conf import settings
from django.utils.translation import gettext
from lxml import etree

from moderation import outgoing
from moderation.referrals.cybertipline.schema import Schema, UnusableSchema, parsed

# Of httpx, for each step of a call. The longest is the upload of the largest file that is preserved.
TIMEOUT_SECONDS: Final = 60.0
MOST_ANSWER: Final = 5_000_000
OK: Final = 0
NO_REPORT: Final = 5001
NO_FILE: Final = 5002
RETRACTED: Final = 5101
FINISHED: Final = 5102
# Whose fault: 1xxx the server's, so again later; 2000 to 4200 the credentials' or our XML's, so somebody must look.
SERVERS_FAULT: Final = range(1000, 2000)
PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class TryAgain(Exception):
    """It did not work now, and may later. Says why in words; ``code`` is the answer's, where there was one."""

    def __init__(self, words: str, code: int | None = None) -> None:
        super().__init__(words)
        self.code = code


class Refused(TryAgain):
    """It will not work as it is: somebody must look."""


class NoReport(TryAgain):
    """There is no such report, or no such file in it: not any more, or it was retracted."""


class AlreadyFinished(TryAgain):
    """The report was finished before: it is filed."""


@dataclass(frozen=True)
class Answer:
    """A call that worked. ``text`` is the answer as it came."""

    report_id: int | None
    file_id: str
    digest: str
    text: str


class CyberTipline:
    """A connection with the desk's account. Use it in a ``with``."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = url
        self._auth = httpx.BasicAuth(user, password)

    @classmethod
    def of_this_desk(cls) -> Self:
        """By the settings. Raises TryAgain where there are none."""
        if not is_set_up():
            raise TryAgain(gettext("This desk has no account with the CyberTipline (CYBERTIPLINE_URL)"))
        return cls(settings.CYBERTIPLINE_URL, settings.CYBERTIPLINE_USER, settings.CYBERTIPLINE_PASSWORD)

    def __enter__(self) -> Self:
        self._http = outgoing.sync_client(TIMEOUT_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def status(self) -> None:
        """Whether it can be reached and knows us. Raises TryAgain or Refused."""
        self._read(self._ask("GET", "/status"))

    def schema(self) -> Schema:
        """Its current schema. Raises TryAgain where it cannot be had, or cannot be used."""
        try:
            return Schema(self._ask("GET", "/xsd").content)
        except UnusableSchema as error:
            raise TryAgain(gettext("Its schema cannot be used: %(why)s") % {"why": error}) from error

    def submit(self, report: bytes) -> int:
        """Open a report. Its number."""
        answer = self._read(self._ask("POST", "/submit", content=report, headers=XML))
        if answer.report_id is None:
            raise TryAgain(gettext("It took the report and named no number"))
        return answer.report_id

    def upload(self, report_id: int, name: str, content: bytes) -> str:
        """Send a file. Its number; raises TryAgain where it did not arrive whole."""
        answer = self._read(
            self._ask("POST", "/upload", data={"id": str(report_id)}, files={"file": (name, content)})
        )
        if not answer.file_id:
            raise TryAgain(gettext("It took a file and named no number"))
        # MD5 is what the API answers with: here it only tells whether all of it arrived.
        if answer.digest and answer.digest.lower() != hashlib.md5(content, usedforsecurity=False).hexdigest():
            raise TryAgain(gettext("A file did not arrive as it was sent"))
        return answer.file_id

    def file_info(self, details: bytes) -> None:
        """Say what a file is."""
        self._read(self._ask("POST", "/fileinfo", content=details, headers=XML))

    def finish(self, report_id: int) -> str:
        """File the report. The answer as it came, which is the platform's notification."""
        return self._read(self._ask("POST", "/finish", data={"id": str(report_id)})).text

    def retract(self, report_id: int) -> None:
        """Take back a report that is not finished. Raises NoReport or AlreadyFinished, too."""
        self._read(self._ask("POST", "/retract", data={"id": str(report_id)}))

    def _ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        try:
            response = self._http.request(method, self._url + path, auth=self._auth, **body)
        except httpx.HTTPError as error:
            words = gettext("The CyberTipline could not be reached: %(why)s")
            raise TryAgain(words % {"why": str(error) or type(error).__name__}) from error
        status = response.status_code
        if status == HTTPStatus.UNAUTHORIZED:
            raise Refused(
                gettext("The CyberTipline does not know this desk's user or password (401)"), status
            )
        if status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # It answers in XML with such a status, too; then its own words and code count.
            self._read_if_xml(response)
            raise TryAgain(gettext("The CyberTipline answered %(status)s") % {"status": status}, status)
        if not response.is_success:
            self._read_if_xml(response)
            raise Refused(gettext("The CyberTipline answered %(status)s") % {"status": status}, status)
        return response

    def _read_if_xml(self, response: httpx.Response) -> None:
        if response.content.lstrip().startswith(b"<") and b"responseCode" in response.content:
            self._read(response)

    def _read(self, response: httpx.Response) -> Answer:
        """The answer of a call, by its code. Raises what the code means."""
        try:
            found = _values(response.content)
            code = int(found["responseCode"])
            report_id = int(found["reportId"]) if found.get("reportId") else None
        except (KeyError, ValueError, etree.XMLSyntaxError) as error:
            raise TryAgain(gettext("Its answer cannot be read")) from error
        if code != OK:
            _raise(code, found.get("responseDescription", ""))
        return Answer(report_id, found.get("fileId", ""), found.get("hash", ""), response.text)


XML: Final = {"content-type": "text/xml; charset=utf-8"}


def is_set_up() -> bool:
    return bool(settings.CYBERTIPLINE_URL and settings.CYBERTIPLINE_USER)


def _raise(code: int, description: str) -> None:
    words = gettext("The CyberTipline answered %(code)s: %(words)s") % {
        "code": code,
        "words": description[:300] or "–",
    }
    if code == FINISHED:
        raise AlreadyFinished(words, code)
    if code in (NO_REPORT, NO_FILE, RETRACTED):
        raise NoReport(words, code)
    if code in SERVERS_FAULT:
        raise TryAgain(words, code)
    raise Refused(words, code)


def _values(content: bytes) -> Mapping[str, str]:
    """The elements of an answer by name, without namespaces; of several the first."""
    if len(content) > MOST_ANSWER:
        raise ValueError("too long")
    found: dict[str, str] = {}
    for element in parsed(content).iter():
        if isinstance(element.tag, str):
            found.setdefault(etree.QName(element).localname, (element.text or "").strip())
    return found
