"""The double of the CyberTipline refuses what the documentation says it refuses: shown with XML written by hand."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from lxml import etree

from tests.cybertipline_double.bad import BAD, BAD_DETAILS, GOOD, GOOD_DETAILS, MALFORMED, details
from tests.cybertipline_double.server import ANSWER_500, ANSWER_1000, DROP, PASSWORD, USER, Double, running


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    with running() as it:
        yield it


def call(double: Double, step: str, **body: object) -> tuple[int, etree._Element]:
    """The answer's code, and the answer."""
    response = httpx.post(f"{double.url}/{step}", auth=(USER, PASSWORD), **body)  # type: ignore[arg-type]
    assert response.status_code == 200
    assert response.headers["Request-ID"]
    answer = etree.fromstring(response.content)
    return int(answer.findtext("responseCode", "")), answer


def submitted(double: Double) -> int:
    code, answer = call(double, "submit", content=GOOD)
    assert code == 0
    return int(answer.findtext("reportId", ""))


def uploaded(double: Double, number: int) -> str:
    code, answer = call(double, "upload", data={"id": number}, files={"file": ("a.png", b"bytes")})
    assert code == 0
    assert answer.findtext("hash") == "4b3a6218bb3e3a7303e8a171a60fcf92"
    return answer.findtext("fileId", "")


def test_it_takes_a_report_from_submit_to_finish(double: Double) -> None:
    number = submitted(double)
    file_id = uploaded(double, number)
    assert call(double, "fileinfo", content=details(number, file_id, GOOD_DETAILS))[0] == 0
    code, answer = call(double, "finish", data={"id": number})
    assert (code, answer.tag, answer.findtext("files/fileId")) == (0, "reportDoneResponse", file_id)
    assert double.ncmec.most_filed() == 1


@pytest.mark.parametrize("what", BAD)
def test_it_refuses_a_report_that_is_not_valid(double: Double, what: str) -> None:
    assert call(double, "submit", content=BAD[what])[0] == 4100


@pytest.mark.parametrize("what", MALFORMED)
def test_it_refuses_xml_that_is_malformed(double: Double, what: str) -> None:
    assert call(double, "submit", content=MALFORMED[what])[0] == 4110


@pytest.mark.parametrize("what", BAD_DETAILS)
def test_it_refuses_file_details_that_are_not_valid(double: Double, what: str) -> None:
    number = submitted(double)
    file_id = uploaded(double, number)
    assert call(double, "fileinfo", content=details(number, file_id, BAD_DETAILS[what]))[0] == 4100


def test_it_refuses_calls_out_of_sequence(double: Double) -> None:
    file = {"file": ("a.png", b"bytes")}
    assert call(double, "upload", data={"id": 1}, files=file)[0] == 5001
    assert call(double, "finish", data={"id": 1})[0] == 5001
    assert call(double, "retract", data={"id": 1})[0] == 5001
    number = submitted(double)
    assert call(double, "fileinfo", content=details(number, "unknown"))[0] == 5002
    assert call(double, "retract", data={"id": number})[0] == 0
    assert call(double, "upload", data={"id": number}, files=file)[0] == 5101
    assert call(double, "finish", data={"id": number})[0] == 5101
    finished = submitted(double)
    file_id = uploaded(double, finished)
    assert call(double, "finish", data={"id": finished})[0] == 0
    for step, body in (
        ("upload", {"data": {"id": finished}, "files": file}),
        ("fileinfo", {"content": details(finished, file_id)}),
        ("finish", {"data": {"id": finished}}),
        ("retract", {"data": {"id": finished}}),
    ):
        assert call(double, step, **body)[0] == 5102, step


def test_it_sees_that_the_same_report_was_filed_twice() -> None:
    with running() as double:
        for _ in range(2):
            assert call(double, "finish", data={"id": submitted(double)})[0] == 0
        assert double.ncmec.most_filed() == 2


def test_it_answers_nobody_else(double: Double) -> None:
    response = httpx.get(f"{double.url}/status", auth=(USER, "wrong"))
    assert (response.status_code, response.content) == (401, b"")


def test_it_fails_when_it_is_told() -> None:
    with running() as double:
        double.then("submit", ANSWER_1000, ANSWER_500, DROP)
        assert call(double, "submit", content=GOOD)[0] == 1000
        assert httpx.post(f"{double.url}/submit", auth=(USER, PASSWORD), content=GOOD).status_code == 500
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(f"{double.url}/submit", auth=(USER, PASSWORD), content=GOOD)
        assert double.ncmec.reports == {}
