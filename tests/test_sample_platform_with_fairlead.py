"""The sample platform and a real desk talk to each other over HTTP, both ways."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from appeals import filing, links, review
from appeals.models import Appeal
from appeals.opening import affected
from config.sample import loading
from demo import __main__ as program
from demo import batches, opening, wire
from demo.fairlead_client import LINES_PER_CALL, Fairlead, Refused
from demo.store import Account
from moderation import approvals, audit, strikes
from moderation.decisions import JudgedAction, Judgement, decide
from moderation.detectors.screening import screen_pending
from moderation.models import (
    Case,
    Decision,
    Enforcement,
    Flag,
    Item,
    Message,
    NoticeReply,
    Snapshot,
    Strike,
)
from moderation.outbox.delivery import deliver_due
from moderation.queueing.claim import claim_next
from moderation.queueing.lease import skip
from tests.browser import axe, beside
from tests.harbour import NOBODY, SECRET, Harbour, enforcement, running_harbour

KEY = "fl_" + "h" * 32
PATIENCE = 30  # seconds


@pytest.fixture
def harbour(desk: str, tmp_path: Path) -> Iterator[Harbour]:
    """Harbour beside a desk with the sample data, which knows where Harbour is."""
    with running_harbour(tmp_path, desk, KEY) as running:
        loading.load(loading.PlatformAccess(KEY, SECRET, running.url), lambda line: None)
        yield running


@pytest.fixture
def reader(harbour: Harbour, _browser: Browser) -> Iterator[Page]:
    """A browser on Harbour that minds the Content-Security-Policy and every error."""
    faults: list[str] = []
    context = _browser.new_context(base_url=harbour.url, viewport={"width": 1366, "height": 900})
    context.set_default_timeout(10_000)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield context.new_page()
    context.close()
    assert not faults, faults


def wait_until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"did not happen: {what}"
        time.sleep(0.05)


@contextmanager
def worker() -> Iterator[None]:
    """Somebody screens whatever comes in meanwhile."""
    done = threading.Event()

    def screen() -> None:
        while not done.wait(0.1):
            beside(screen_pending)

    thread = threading.Thread(target=screen)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def take(username: str, item: str) -> tuple[User, Case, uuid.UUID]:
    """This moderator takes cases until she has the one on this item."""
    moderator = User.objects.get(username=username)
    while True:
        case = claim_next(moderator)
        assert case is not None, f"{username} is not given the case on {item}"
        assert case.lease_token is not None
        if case.item.external_id == item:
            return moderator, case, case.lease_token
        skip(case.pk, moderator, case.lease_token, "another one first")


def judge(username: str, item: str, policy: str, action: str, **parameters: object) -> Decision:
    """This moderator decides the case on this item, and the platform is told."""
    moderator, case, token = take(username, item)
    chosen = [JudgedAction(action, parameters)]
    decision = decide(case.pk, moderator, token, Judgement(policy, chosen, "It breaks this rule."))
    beside(deliver_due)
    assert not Message.objects.exclude(status=Message.Status.DELIVERED).exists()
    return decision


def refused(harbour: Harbour) -> list[str]:
    """What Fairlead answered to what it did not take."""
    with harbour.store.reading() as db:
        return [row["answer"] for row in db.execute("SELECT answer FROM sent WHERE NOT accepted")]


def test_the_first_start_sends_everything_and_a_second_one_nothing(harbour: Harbour) -> None:
    opening.send_all(harbour.store, harbour.fairlead, harbour.url)

    assert refused(harbour) == []
    assert Item.objects.filter(kind="content").count() == len(opening.sample("posts"))
    assert Item.objects.filter(external_id__startswith="sender-").count() == len(opening.sample("senders"))
    flags = [*opening.detections(harbour.store, ""), *opening.notices(harbour.store, "")]
    assert Flag.objects.count() == len(flags)

    # With nobody there, sending anything would fail.
    opening.send_all(harbour.store, Fairlead(NOBODY, KEY), harbour.url)


def test_what_was_sent_but_not_remembered_is_sent_again_and_counts_once(harbour: Harbour) -> None:
    opening.send_all(harbour.store, harbour.fairlead, harbour.url)
    before = (Flag.objects.count(), Snapshot.objects.count(), Case.objects.count())
    with harbour.store.changing() as db:
        db.execute("DELETE FROM sent")

    opening.send_all(harbour.store, harbour.fairlead, harbour.url)

    assert refused(harbour) == []
    assert (Flag.objects.count(), Snapshot.objects.count(), Case.objects.count()) == before


def test_a_key_that_fairlead_does_not_know_is_refused_in_its_words(harbour: Harbour, tmp_path: Path) -> None:
    stranger = "fl_" + "x" * 32
    with running_harbour(tmp_path / "other", harbour.settings.fairlead_url, stranger) as other:
        with pytest.raises(Refused) as refusal:
            opening.send_all(other.store, other.fairlead, other.url)
        other.http.post("/posts", data={"by": "acct-sam", "text": "Anybody there?"})
        page = other.page("/?said=1")

    assert refusal.value.problem["status"] == 401
    assert "Fairlead refused it" in page


def test_a_bulk_sender_is_locked_reads_why_in_its_language_appeals_and_is_let_in_again(
    harbour: Harbour,
) -> None:
    item = dict(opening.items(harbour.store, harbour.url))["item:sender-deals-th"]
    harbour.fairlead.send_item(item, key="one")
    beside(screen_pending)

    decision = judge("mali", "sender-deals-th", "bulk-messaging", "lock_account", until=None)

    locked = harbour.page("/accounts/sender-deals-th")
    assert '<html lang="th" dir="ltr">' in locked
    assert '<blockquote class="statement" lang="th" dir="ltr">' in locked
    assert decision.statement.appeal_code in locked
    assert links.link_for(decision.pk) in locked

    why = "ฉันเปิดร้านขายผลไม้ และลูกค้าทุกคนขอให้ส่งข่าวให้"
    filing.file_appeal(affected(decision), why, "th", Appeal.FiledBy.PERSON, audit.APPELLANT)
    ada, case, token = take("ada", "sender-deals-th")
    review.conclude(case.appeal, ada, token, review.Answer(Appeal.Outcome.OVERTURNED, "These are customers."))
    beside(deliver_due)

    again = harbour.page("/accounts/sender-deals-th")
    assert '<blockquote class="statement"' not in again
    assert "appeal decided: overturned" in again
    assert [each.status for each in Enforcement.objects.all()] == [Enforcement.Status.REVERSED]


def test_a_closed_account_waits_for_a_second_person_and_is_opened_again_when_the_appeal_is_won(
    harbour: Harbour,
) -> None:
    items = dict(opening.items(harbour.store, harbour.url))
    harbour.fairlead.send_flag(wire.notice(items["item:post-030"], "hate-speech", "x", "acct-grace", "n1"))
    beside(screen_pending)

    decision = judge("ada", "post-030", "hate-speech", "terminate_account")
    assert "Your account is closed" not in harbour.page("/accounts/acct-vic")
    approvals.approve(decision.approval.pk, User.objects.get(username="admin"))
    beside(deliver_due)

    closed = harbour.page("/accounts/acct-vic")
    assert "Your account is closed" in closed
    assert decision.statement.appeal_code in closed
    account = decision.item.author
    assert account is not None
    assert strikes.in_short(account).strikes == 1

    filing.file_appeal(affected(decision), "I was quoting.", "en", Appeal.FiledBy.PERSON, audit.APPELLANT)
    noor, case, token = take("noor", "post-030")
    review.conclude(case.appeal, noor, token, review.Answer(Appeal.Outcome.OVERTURNED, "It was a quotation."))
    beside(deliver_due)

    assert "Your account is closed" not in harbour.page("/accounts/acct-vic")
    assert "no longer account closed: the appeal was won" in harbour.page("/")
    assert strikes.in_short(account).taken_back == 1


def test_nothing_is_held_against_somebody_who_had_deleted_her_post(harbour: Harbour) -> None:
    items = dict(opening.items(harbour.store, harbour.url))
    harbour.fairlead.send_flag(wire.notice(items["item:post-030"], "hate-speech", "x", "acct-grace", "n1"))
    beside(screen_pending)
    harbour.http.post("/posts/post-030/delete")

    decision = judge("ada", "post-030", "hate-speech", "remove")

    assert [each.status for each in decision.enforcements.all()] == [Enforcement.Status.ALREADY_GONE]
    assert Strike.objects.get(decision=decision).status == Strike.Status.VOID
    assert "nothing to do: its author has deleted it" in harbour.page("/")


def test_an_author_appeals_inside_harbour_and_nobody_can_for_her(harbour: Harbour) -> None:
    items = dict(opening.items(harbour.store, harbour.url))
    harbour.fairlead.send_flag(wire.notice(items["item:post-030"], "hate-speech", "x", "acct-grace", "n1"))
    beside(screen_pending)
    decision = judge("ada", "post-030", "hate-speech", "remove")
    words = {"decision": str(decision.pk), "text": "I was quoting somebody else, and said so below."}

    assert harbour.http.post("/accounts/acct-sam/appeals", data=words).status_code == 404
    answer = harbour.http.post("/accounts/acct-vic/appeals", data=words)

    assert "Fairlead took it" in harbour.page(answer.headers["location"])
    appeal = Appeal.objects.get()
    assert appeal.decision == decision
    assert appeal.filed_by == Appeal.FiledBy.PLATFORM
    beside(deliver_due)
    assert "appeal received" in harbour.page("/accounts/acct-vic")
    again = harbour.http.post("/accounts/acct-vic/appeals", data=words)
    assert "Fairlead refused it" in harbour.page(again.headers["location"])


def test_whoever_reported_is_answered_in_her_language_and_complains_where_nothing_was_done(
    harbour: Harbour,
) -> None:
    sent = {"policy": "hate-speech", "says": "تحريض", "by": "acct-layla"}
    assert harbour.http.post("/posts/post-030/report", data=sent).is_redirect
    beside(screen_pending)
    decision = judge("ada", "post-030", "hate-speech", "no_violation")
    beside(deliver_due)
    page = harbour.page("/accounts/acct-layla")
    reply = NoticeReply.objects.get()
    assert (reply.language, reply.direction) == ("ar", "rtl")
    assert reply.flag.notifier is not None
    assert reply.flag.notifier.contact == "layla@harbour.example"
    assert reply.appeal_code
    assert reply.appeal_code in page
    assert 'dir="rtl"' in page

    words = {"decision": str(decision.pk), "flag_id": reply.flag.flag_id, "text": "هذا تحريض على جماعة كاملة"}
    said = harbour.http.post("/accounts/acct-layla/appeals", data=words)
    assert "Fairlead took it" in harbour.page(said.headers["location"])
    appeal = Appeal.objects.get()
    assert (appeal.reply, appeal.contact) == (reply, "layla@harbour.example")
    beside(deliver_due)
    assert "appeal received" in harbour.page("/accounts/acct-layla")
    assert "appeal received" not in harbour.page("/accounts/acct-vic")


def test_a_post_written_here_reaches_the_lane_of_its_language_and_its_page_says_so(harbour: Harbour) -> None:
    text = "ลงทุนวันนี้ การันตีกำไร ไม่มีความเสี่ยงเลยจริงๆ"
    harbour.http.post("/posts", data={"by": "acct-ploy", "text": text})
    beside(screen_pending)
    with harbour.store.reading() as db:
        post = db.execute("SELECT id FROM posts WHERE text = ?", [text]).fetchone()["id"]

    page = harbour.page(f"/posts/{post}")

    assert "<dd>th</dd>" in page
    assert "<dd>scams-spam · th · queued</dd>" in page


def test_a_report_and_a_burst_become_cases(harbour: Harbour) -> None:
    assert harbour.http.post("/posts/post-001/report", data={"policy": "spam", "says": "x"}).is_redirect
    assert harbour.http.post("/senders", data={"language": "ar|EG"}).is_redirect
    beside(screen_pending)

    assert refused(harbour) == []
    found = {(case.policy.slug, case.language, case.queue.slug) for case in Case.objects.all() if case.queue}
    assert found == {("spam", "th", "scams-spam"), ("bulk-messaging", "ar", "bulk-messaging")}
    sender = Snapshot.objects.get(item__external_id__startswith="sender-")
    assert sender.disclosure == "metadata_only"
    assert sender.text == ""


LINES = [
    {"external_id": "page-1", "kind": "content", "text": "অনুগ্রহ করে জানালাটা বন্ধ করুন", "source": "a.txt"},
    {"id": "page-2", "kind": "nonsense", "text": "Who knows what this is"},
    {"id": "page-3", "kind": "content", "text": "Guaranteed profit for everybody who reads this page today"},
]


def test_a_file_is_sent_and_each_line_shows_its_answer_its_language_and_its_lane(harbour: Harbour) -> None:
    body = "\n".join(json.dumps(line, ensure_ascii=False) for line in LINES)
    answer = harbour.http.post("/uploads", files={"file": ("pages.jsonl", body.encode())})
    page_of_batch = answer.headers["location"]
    wait_until(lambda: "3 of 3 lines answered" in harbour.page(page_of_batch), "three answers")
    beside(screen_pending)

    rows = re.findall(r'<tr id="line-\d">.*?</tr>', harbour.page(page_of_batch), re.DOTALL)

    assert "<td>bn</td>" in rows[0]
    assert "nothing flagged it" in rows[0]
    assert "refused" in rows[1]
    assert "kind" in rows[1]
    assert "<td>en</td>" in rows[2]
    assert "scams-spam · en · queued" in rows[2]
    assert Snapshot.objects.get(item__external_id="page-1").metadata == {"source": "a.txt"}


def test_a_file_that_is_not_ndjson_is_refused_with_the_line(harbour: Harbour) -> None:
    answer = harbour.http.post("/uploads", files={"file": ("pages.jsonl", b'{"id": "1"}\n{"id": ')})

    assert answer.status_code == 422
    assert "Line 2 is not JSON" in answer.text
    assert not Item.objects.exists()


def test_more_posts_than_fit_one_call_are_answered_one_by_one(harbour: Harbour) -> None:
    with harbour.store.reading() as db:
        people = [Account.read(row) for row in db.execute("SELECT * FROM accounts")]
    count = LINES_PER_CALL + 50
    items = batches.a_thousand(people, harbour.url, count)
    batch = batches.open_batch(harbour.store, "many", items)

    batches.send(harbour.store, harbour.fairlead, batch, items)

    lines = batches.lines_of(harbour.store, batch)
    assert len(lines) == count
    assert all(line.accepted for line in lines)
    assert {item["id"] for item in items} == set(
        Item.objects.filter(kind="content").values_list("external_id", flat=True)
    )


def test_the_command_line_sends_a_file_and_prints_language_and_lane(
    harbour: Harbour,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "pages.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in LINES), encoding="utf-8")
    monkeypatch.setenv("FAIRLEAD_URL", harbour.settings.fairlead_url)
    monkeypatch.setenv("FAIRLEAD_API_KEY", KEY)
    monkeypatch.setenv("FAIRLEAD_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("PLATFORM_STATE_DIR", str(harbour.settings.state_dir))

    with worker():
        code = program.main(["send", str(file), "--flag", "spam"])

    printed = capsys.readouterr().out.splitlines()
    assert code == 1  # one line was refused
    assert re.search(r"page-1 +bn +scams-spam · bn · queued", printed[0])
    assert re.search(r"page-2 +item\.kind", printed[1])
    assert re.search(r"page-3 +en +scams-spam · en · queued", printed[2])


def test_the_page_follows_a_webhook_without_disturbing_what_somebody_types(
    harbour: Harbour, reader: Page
) -> None:
    reader.goto("/")
    expect(reader.locator("#post-010")).to_be_visible()
    reader.get_by_text("Write a post").click()
    reader.get_by_label("In any language").fill("I was in the middle of")
    reader.evaluate("document.querySelector('#post-009').seen = true")

    harbour.deliver("enforcement.requested", enforcement("remove", {"kind": "content", "id": "post-010"}))

    expect(reader.locator("#post-010")).to_have_count(0)
    expect(reader.locator("#received li").first).to_contain_text("removed")
    expect(reader.get_by_label("In any language")).to_have_value("I was in the middle of")
    assert reader.evaluate("document.querySelector('#post-009').seen") is True


@pytest.mark.parametrize(("colours", "width"), [("light", 1366), ("dark", 360)])
def test_every_page_is_free_of_axe_violations_and_fits_a_phone(
    harbour: Harbour, reader: Page, colours: Literal["light", "dark"], width: int
) -> None:
    author = {"kind": "account", "id": "acct-tarek"}
    harbour.deliver("enforcement.requested", enforcement("lock_account", author))
    harbour.deliver("enforcement.requested", enforcement("warn", {"kind": "account", "id": "acct-vic"}))
    label = enforcement("restrict", {"kind": "content", "id": "post-030"}, how="label", label="Disputed")
    harbour.deliver("enforcement.requested", label)
    harbour.http.post("/uploads", files={"file": ("pages.jsonl", json.dumps(LINES[1]).encode())})
    wait_until(lambda: "1 of 1 lines answered" in harbour.page("/batches/1"), "an answer")
    reader.emulate_media(color_scheme=colours)
    reader.set_viewport_size({"width": width, "height": 800})
    for path in (
        "/",
        "/accounts/acct-tarek",
        "/accounts/acct-vic",
        "/accounts/sender-club-777",
        "/batches/1",
    ):
        reader.goto(path)
        for summary in reader.locator(".side summary").all():
            summary.click()
        axe(reader)
        assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
