"""Codes and links in the hands of those who should not have them: nothing opens, nothing is said, nobody is hurt."""

from __future__ import annotations

import io
import logging
import re
import string
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from appeals import attempts, entry, links, opening
from appeals.models import Appeal, CodeAttempt
from config.hidden_links import HideLinks, hide_in_servers
from moderation.decisions import decide
from moderation.models import Flag, NoticeReply, Statement
from tests.appealing import WHY, Told, appealed, make_told
from tests.deciding import hold, judgement
from tests.factories import make_flag, make_item

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db

RIGHT, WRONG, TOO_MANY = 303, 422, 429
# Ten thousand of each are tried by ``python -m bench.codes``.
MANY = 400
# What stands in what a person was told, and nobody else may read.
SECRET = "This account sent the same message to 900 people."


@pytest.fixture
def told() -> Told:
    return make_told()


@pytest.fixture
def reply(db: None) -> NoticeReply:
    """An answer to a notice that led to nothing."""
    case, moderator, token = hold()
    notifier = make_item(kind="account", text="", display_name="Noor")
    source = {"source": Flag.Source.USER_NOTICE, "detector": "", "notifier": notifier}
    make_flag(case, flag_id="notice-4711", **source)
    decide(case.pk, moderator, token, judgement("no_violation", reasoning=SECRET))
    return NoticeReply.objects.select_related("flag__notifier").get()


def enter(code: str, account: str, address: str = "192.0.2.1") -> Response:
    return Client(REMOTE_ADDR=address).post("/appeal/", {"code": code, "account": account})


def address(number: int) -> str:
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


# Links.


def test_no_byte_of_a_link_can_be_another() -> None:
    for token in (links.token_for(4711), links.token_for(4711, 15)):
        for place, byte in enumerate(token):
            for other in {*string.ascii_letters, *string.digits, *"-_.:=%/~"} - {byte}:
                with pytest.raises(links.BadLink):
                    links.opened_by(token[:place] + other + token[place + 1 :])


@given(st.text(max_size=80))
def test_whatever_is_typed_for_a_link_opens_nothing(token: str) -> None:
    with pytest.raises(links.BadLink):
        links.opened_by(token)


HUGE = "9" * 40


@pytest.mark.parametrize(
    "named",
    [
        *(
            "1-",
            "-2",
            "-",
            "1-2-3",
            "1--2",
            HUGE,
            f"1-{HUGE}",
            str(2**63),
            "0",
            "01",
            "1-0",
            "1-02",
            " 1",
            "1 ",
        ),
        *("+1", "1-+2", "1_0", "١", "1-٢", "1\n", "1-2\n", "", "1e3", "0x1", "None"),
    ],
)
def test_only_what_the_desk_writes_is_read_even_where_it_is_signed(named: str) -> None:
    with pytest.raises(links.BadLink):
        links.opened_by(links._signer().sign(named))


def test_the_link_of_one_opens_nothing_of_the_other(told: Told, reply: NoticeReply) -> None:
    """Whoever reported is shown nothing of the person affected, and the other way round."""
    hers = links.token_for(reply.decision_id, reply.flag_id)
    for decision, notice in (
        (reply.decision_id, None),  # nothing was held against anybody
        (told.decision.pk, reply.flag_id),
        (reply.decision_id, reply.flag_id + 1),
        (reply.decision_id + 1000, reply.flag_id),
    ):
        token = links.token_for(decision, notice)
        assert token != hers
        for path in (f"/appeal/{token}/", f"/appeal/{token}/status/"):
            page = Client().get(path)
            assert page.status_code == 404
            assert SECRET not in page.text
    signature = told.path.split("/")[2].partition(".")[2]
    assert Client().get(f"/appeal/{reply.decision_id}-{reply.flag_id}.{signature}/").status_code == 404


def test_after_the_window_a_link_and_a_code_lead_to_words_alone(told: Told, reply: NoticeReply) -> None:
    over = timezone.now() - timedelta(seconds=1)
    Statement.objects.update(appeal_until=over)
    NoticeReply.objects.update(appeal_until=over)
    paths = [told.path, told.status_path]
    paths += [
        f"/appeal/{links.token_for(reply.decision_id, reply.flag_id)}/{rest}" for rest in ("", "status/")
    ]
    for path in paths:
        for answer in (Client().get(path, follow=True), Client().post(path, {"text": WHY}, follow=True)):
            assert answer.status_code in (404, 405, 410), path
            assert SECRET not in answer.text
            assert told.statement.appeal_code not in answer.text
    by_code = enter(told.statement.appeal_code, told.account.external_id)
    assert Client().get(by_code.headers["Location"]).status_code == 410
    assert not Appeal.objects.exists()


def test_a_year_after_the_answer_a_link_opens_nothing_any_more(told: Told) -> None:
    appeal = appealed(told)
    long_ago = timezone.now() - opening.READABLE - timedelta(days=1)
    Appeal.objects.filter(pk=appeal.pk).update(
        status=Appeal.Status.DECIDED, outcome="upheld", outcome_reasons=SECRET, decided_at=long_ago
    )
    Statement.objects.update(appeal_until=long_ago)
    for path in (told.path, told.status_path):
        answer = Client().get(path, follow=True)
        assert answer.status_code in (404, 410)
        assert SECRET not in answer.text
        assert WHY not in answer.text


# Codes.


@pytest.mark.parametrize(
    "name", ["acct", "@{id}", "noor", "notice-4711", "\u2068notice-4711\u2069", "NOTICE-4711"]
)
def test_whoever_reported_comes_in_with_her_name_or_the_number_of_her_report(
    reply: NoticeReply, name: str
) -> None:
    assert reply.flag.notifier is not None
    type(reply.flag.notifier).objects.filter(pk=reply.flag.notifier.pk).update(external_id="acct")
    answer = enter(reply.appeal_code or "", name.format(id="acct"))
    assert answer.status_code == RIGHT
    token = links.token_for(reply.decision_id, reply.flag_id)
    assert answer.headers["Location"] == f"/appeal/{token}/"


@pytest.mark.parametrize(
    ("contact", "typed", "leads_in"),
    [
        ("Noor@Example.org", "noor@example.org", True),
        ("+49 170 1234567", "0049-170/1234567", True),
        ("+49 170 1234567", "٤٩١٧٠١٢٣٤٥٦٧", True),
        ("+49 170 1234567", "170 1234567", False),
        ("noor@example.org", "@noor@example.org", True),
        ("noor@example.org", "noor@example.com", False),
        ("", "", False),
        ("", "\u200b", False),
    ],
)
def test_she_comes_in_with_how_she_can_be_reached(
    told: Told, contact: str, typed: str, leads_in: bool
) -> None:
    type(told.account).objects.filter(pk=told.account.pk).update(contact=contact)
    assert (enter(told.statement.appeal_code, typed).status_code == RIGHT) is leads_in


def test_a_code_with_the_account_of_somebody_else_leads_nowhere(told: Told, reply: NoticeReply) -> None:
    other = make_told()
    type(told.account).objects.filter(pk=other.account.pk).update(contact="other@example.org")
    for name in (other.account.external_id, "other@example.org", "noor", "notice-4711"):
        assert enter(told.statement.appeal_code, name, address(len(name))).status_code == WRONG
    # A report's number is no way in to what the person affected was told.
    assert enter(other.statement.appeal_code, "notice-4711").status_code == WRONG
    assert enter(reply.appeal_code or "", told.account.external_id).status_code == WRONG


def work_of(code: str, name: str, number: int) -> tuple[int, dict[str, str], str, list[str]]:
    """What the answer and the work for it were: status, headers, body, and the texts of the statements of SQL."""
    with CaptureQueriesContext(connection) as queries:
        page = enter(code, name, address(number))
    headers = {each: value for each, value in page.headers.items() if each != "Content-Length"}
    headers["Content-Security-Policy"] = " ".join(sorted(headers["Content-Security-Policy"].split("; ")))
    said = page.text.replace(code, "").replace(name, "")
    return page.status_code, headers, said, [re.sub(r"'[^']*'|\d+", "?", each["sql"]) for each in queries]


def test_a_wrong_code_and_a_wrong_name_get_the_same_answer_by_the_same_work(
    told: Told, reply: NoticeReply
) -> None:
    unknown = work_of(links.new_code(), "somebody else", 1)
    assert unknown[0] == WRONG
    assert len(unknown[3]) > 3
    assert work_of(told.statement.appeal_code, "somebody else", 2) == unknown
    assert work_of(reply.appeal_code or "", "somebody else", 3) == unknown
    assert work_of(links.new_code(), told.account.external_id, 4) == unknown


def test_no_page_says_which_decision_account_or_report_it_is_about(told: Told, reply: NoticeReply) -> None:
    """An id in the page's source would let somebody guess how many there are, and find hers elsewhere."""
    for page in (enter(told.statement.appeal_code, "x"), enter(reply.appeal_code or "", "x")):
        for name in (told.account.external_id, "Somchai", "notice-4711", "Noor", "harbour"):
            assert name not in page.text


def test_any_number_of_guesses_from_one_address_open_nothing_and_hurt_nobody_else(
    told: Told, reply: NoticeReply, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(entry, "party_for", lambda code, account: asked.append(code))
    for number, code in enumerate(links.new_codes(MANY)):
        if number < 40:
            answer = enter(code, "Somchai Ltd").status_code
            assert answer == (WRONG if number < attempts.PER_ADDRESS else TOO_MANY)
        else:
            with pytest.raises(attempts.TooManyAttempts):
                attempts.count(request_from("192.0.2.1"), code)
    assert len(asked) == attempts.PER_ADDRESS
    monkeypatch.undo()
    assert enter(told.statement.appeal_code, "Somchai Ltd").status_code == TOO_MANY
    # From elsewhere the right code goes on working: hers, and that of everybody else.
    assert enter(told.statement.appeal_code, "Somchai Ltd", "192.0.2.2").status_code == RIGHT
    assert enter(reply.appeal_code or "", "Noor", "192.0.2.2").status_code == RIGHT


def test_any_number_of_addresses_at_one_code_open_nothing_and_hurt_nobody_else(
    told: Told, reply: NoticeReply, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(entry, "party_for", lambda code, account: asked.append(account))
    code = told.statement.appeal_code
    for number in range(MANY):
        if number < 20:
            answer = enter(code, f"guess {number}", address(number)).status_code
            assert answer == (WRONG if number < attempts.PER_CODE else TOO_MANY)
        else:
            with pytest.raises(attempts.TooManyAttempts):
                attempts.count(request_from(address(number)), code)
    assert len(asked) == attempts.PER_CODE
    monkeypatch.undo()
    # The code rests, also for whoever it was sent to; her link goes on working, and so do all other codes.
    assert enter(code, "Somchai Ltd", "192.0.2.2").status_code == TOO_MANY
    assert Client(REMOTE_ADDR="192.0.2.2").get(told.path).status_code == 200
    assert Client(REMOTE_ADDR="192.0.2.2").post(told.path, {"text": WHY}).status_code == RIGHT
    assert enter(reply.appeal_code or "", "Noor", "192.0.2.2").status_code == RIGHT
    # Each was counted by its address too, and all of it is forgotten in time.
    assert CodeAttempt.objects.count() > MANY
    CodeAttempt.objects.update(since=timezone.now() - attempts.WINDOW - timedelta(seconds=1))
    for _ in range(2):
        enter(links.new_code(), "x", "192.0.2.3")
    assert CodeAttempt.objects.count() < 30


def request_from(remote: str) -> HttpRequest:
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = remote
    return request


# Logs.


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the desk's own handler writes."""
    handlers = [
        each for each in logging.getLogger().handlers if any(isinstance(f, HideLinks) for f in each.filters)
    ]
    assert len(handlers) == 1
    out = io.StringIO()
    monkeypatch.setattr(handlers[0], "stream", out)
    return out


def test_no_log_has_a_link_in_it(told: Told, written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    token = told.path.split("/")[2]
    Client().get(f"{told.path}there/is/nothing/")
    Client().get(f"/appeal/{token}x/")
    Client().put(told.path)

    def fail(*_: object) -> None:
        raise RuntimeError(f"It fell over at {told.path}")

    monkeypatch.setattr(opening, "way_for", fail)
    Client(raise_request_exception=False).get(told.path)
    said = written.getvalue()
    assert "/appeal/…/there/is/nothing/" in said
    assert "It fell over at /appeal/…/" in said
    assert token.split(".")[1] not in said
    assert token not in said


def test_the_web_servers_own_lines_have_none_either(told: Told) -> None:
    hide_in_servers()
    logger = logging.getLogger("uvicorn.access")
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    logger.addHandler(handler)
    try:
        logger.warning(
            '%s - "%s %s HTTP/%s" %d', "192.0.2.1:1", "GET", f"{told.path}?language=th", "1.1", 200
        )
    finally:
        logger.removeHandler(handler)
    assert out.getvalue() == '192.0.2.1:1 - "GET /appeal/…/?language=th HTTP/1.1" 200\n'


@settings(max_examples=50)
@given(st.integers(1, 10**17), st.none() | st.integers(1, 10**17))
def test_a_link_leads_back_to_what_it_was_made_for(decision: int, notice: int | None) -> None:
    assert links.opened_by(links.token_for(decision, notice)) == (decision, notice)
