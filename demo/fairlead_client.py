"""The calls to Fairlead's API, as an integrator would write them: short, retried, and safe to repeat.

Every call that writes can be made twice without counting twice: a flag by its own ``flag_id``, an item because the
same capture is kept once, a single call also by its ``Idempotency-Key``.
"""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any, Final
from urllib.parse import quote

import httpx

Json = dict[str, Any]

# Well under the API's limits (docs/api.md), and small enough that repeating a call after a broken connection is cheap.
LINES_PER_CALL: Final = 500
ATTEMPTS: Final = 4
# "Not now" rather than "no".
TEMPORARY: Final = frozenset({429, 502, 503, 504})


class Refused(Exception):
    """Fairlead said no. ``problem`` is its answer in problem details (RFC 9457); asking again changes nothing."""

    def __init__(self, problem: Json) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or "refused")
        self.problem = problem


class Unreachable(Exception):
    """No answer after several attempts. Nothing is known of whether the last one was taken: repeat it later."""


class Fairlead:
    """A platform's line to Fairlead. One object serves all threads."""

    def __init__(self, url: str, api_key: str) -> None:
        self._http = httpx.Client(
            base_url=f"{url}/api/v1/",
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=httpx.Timeout(60, connect=5),
        )

    def send_flag(self, flag: Json) -> Json:
        """One claim that an item may break a policy. Answers ``{"flag_id", "case_id", "duplicate"}``."""
        return self._json("POST", "flags", json=flag)

    def send_item(self, item: Json, *, key: str) -> Json:
        """One raw item, for Fairlead's own detectors to look at. Answers ``{"item_id", "snapshot_id"}``."""
        return self._json("POST", "items", json=item, headers={"Idempotency-Key": key})

    def send_flags(self, flags: Sequence[Json]) -> Iterator[Json]:
        """Many at once. Yields one answer each, in order: as ``send_flag``, or ``{"error": {problem}}``."""
        return self._batch("flags/batch", flags)

    def send_items(self, items: Sequence[Json]) -> Iterator[Json]:
        """Many at once. Yields one answer each, in order: as ``send_item``, or ``{"error": {problem}}``."""
        return self._batch("items/batch", items)

    def know(self, kind: str, item_id: str) -> Json | None:
        """What Fairlead knows of an item: language, flags, cases, decisions, enforcements. None where nothing."""
        # Asked while somebody waits for a page: once.
        path = f"items/{quote(kind, safe='')}/{quote(item_id, safe='')}"
        response = self._call("GET", path, attempts=1)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        return _answer(response)

    def file_appeal(
        self, decision_id: str, text: str, *, key: str, flag_id: str = "", contact: str = ""
    ) -> Json:
        """An appeal that somebody wrote inside the platform. Answers ``{"appeal_id", "level", "status_url"}``.

        ``flag_id``: of her report, where she complains that nothing was done. ``contact``: an e-mail address for news.
        """
        appeal = {"decision_id": decision_id, "text": text}
        appeal |= {name: value for name, value in (("flag_id", flag_id), ("contact", contact)) if value}
        return self._json("POST", "appeals", json=appeal, headers={"Idempotency-Key": key})

    def _batch(self, path: str, lines: Sequence[Json]) -> Iterator[Json]:
        """Send some lines a call, and yield each answer as it arrives. Goes on where a connection broke."""
        answered, broken = 0, 0
        while answered < len(lines):
            chunk = lines[answered : answered + LINES_PER_CALL]
            body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in chunk)
            response = self._call(
                "POST",
                path,
                stream=True,
                content=gzip.compress(body.encode()),
                headers={"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
            )
            before = answered
            # A connection that breaks in the middle: what was answered is kept, and the rest is sent again.
            with closing(response), suppress(httpx.TransportError):
                if response.is_error:
                    response.read()
                    raise Refused(_problem(response))
                for line in response.iter_lines():
                    answer = json.loads(line)
                    answered += 1
                    yield answer
            broken = 0 if answered > before else broken + 1
            if broken == ATTEMPTS:
                raise Unreachable("the answer breaks off")

    def _json(self, method: str, path: str, **arguments: Any) -> Json:
        return _answer(self._call(method, path, **arguments))

    def _call(
        self, method: str, path: str, *, attempts: int = ATTEMPTS, stream: bool = False, **arguments: Any
    ) -> httpx.Response:
        """Call, and call again after a pause while the answer is "not now". Raises Unreachable."""
        trouble, pause = "", 0.0
        for attempt in range(attempts):
            time.sleep(pause)
            # Doubling, and never quite the same, so that many callers do not come back at once.
            pause = 0.5 * 2**attempt * random.uniform(0.8, 1.2)  # noqa: S311 - not a secret
            try:
                request = self._http.build_request(method, path, **arguments)
                response = self._http.send(request, stream=stream)
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
                continue
            if response.status_code not in TEMPORARY:
                return response
            response.close()
            trouble = f"{response.status_code} {response.reason_phrase}"
            if response.headers.get("Retry-After", "").isdigit():
                pause = min(float(response.headers["Retry-After"]), 60.0)
        raise Unreachable(trouble)


def _answer(response: httpx.Response) -> Json:
    if response.is_error:
        raise Refused(_problem(response))
    answer: Json = response.json()
    return answer


def _problem(response: httpx.Response) -> Json:
    """The problem details of an error; made up from the status where something in between answered."""
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if isinstance(problem, dict):
        return problem
    return {"title": response.reason_phrase, "status": response.status_code, "detail": ""}
