"""The sample platform obeys signed webhooks, exactly once, and takes back exactly what it is told to take back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.opening import sample
from tests.harbour import Harbour, enforcement, running_harbour

POST = {"kind": "content", "id": "post-010"}  # by acct-tarek, who reads Arabic
AUTHOR = {"kind": "account", "id": "acct-tarek"}
WORDS = next(each["text"] for each in sample("posts") if each["id"] == POST["id"])

# Each thing that Fairlead can ask for, and the pages on which it shows.
ASKED: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("remove", POST, {}),
    ("remove", POST, {"territories": ("EG",)}),
    ("warn", POST, {}),
    ("warn", AUTHOR, {}),
    ("lock_account", AUTHOR, {"until": None}),
    ("restrict", POST, {"how": "demote"}),
    ("restrict", POST, {"how": "age_gate"}),
    ("restrict", POST, {"how": "geo_block", "territories": ("EG", "JO")}),
    ("restrict", POST, {"how": "label", "label": "Disputed by physicians"}),
    ("restrict", POST, {"how": "disable_interaction"}),
    ("restrict", AUTHOR, {"how": "label", "label": "State-run"}),
    ("restrict", AUTHOR, {"how": "demote"}),
    ("restrict", AUTHOR, {"how": "limit_visibility", "until": None}),
    ("demonetise", POST, {"until": None}),
    ("demonetise", AUTHOR, {"until": None}),
    ("terminate_account", AUTHOR, {}),
]
PAGES = ("/", "/?country=EG", "/accounts/acct-tarek")


@pytest.fixture
def harbour(tmp_path: Path) -> Iterator[Harbour]:
    with running_harbour(tmp_path) as running:
        yield running


def what_people_see(harbour: Harbour) -> list[str]:
    """The pages without the log of webhooks and the number of changes, which only ever grow."""
    without_log = re.compile(r'<ol class="plain" data-live id="received".*?</ol>', re.DOTALL)
    return [
        re.sub(r'data-version="\d+"', "", without_log.sub("", harbour.page(path))).strip() for path in PAGES
    ]


@pytest.mark.parametrize(("action", "item", "parameters"), ASKED)
def test_what_is_asked_for_shows_and_taking_it_back_restores_exactly_what_was_there(
    harbour: Harbour, action: str, item: dict[str, str], parameters: dict[str, Any]
) -> None:
    before = what_people_see(harbour)
    data = enforcement(action, item, **parameters)

    assert harbour.deliver("enforcement.requested", data).status_code == 200
    assert what_people_see(harbour) != before

    assert harbour.deliver("enforcement.reversed", data).status_code == 200
    assert what_people_see(harbour) == before


def test_a_removed_post_disappears_for_readers_and_its_author_is_told_why(harbour: Harbour) -> None:
    assert WORDS in harbour.page("/")
    data = enforcement("remove", POST)

    harbour.deliver("enforcement.requested", data)

    assert WORDS not in harbour.page("/")
    author = harbour.page("/accounts/acct-tarek")
    assert WORDS not in author
    assert data["statement"]["text"] in author
    assert "ACDEF-12345" in author


def test_a_removal_in_one_country_leaves_the_post_for_readers_elsewhere(harbour: Harbour) -> None:
    harbour.deliver("enforcement.requested", enforcement("remove", POST, territories=("EG",)))

    assert WORDS not in harbour.page("/?country=EG")
    assert WORDS in harbour.page("/?country=JP")
    assert WORDS in harbour.page("/")


def test_a_locked_account_sees_the_statement_in_its_language_and_where_to_appeal(harbour: Harbour) -> None:
    data = enforcement("lock_account", AUTHOR, until=None)

    harbour.deliver("enforcement.requested", data)

    page = harbour.page("/accounts/acct-tarek")
    assert '<html lang="ar" dir="rtl">' in page
    assert f'<blockquote class="statement" lang="ar" dir="rtl">{data["statement"]["text"]}' in page
    assert 'href="http://127.0.0.1:9/appeal/x/"' in page
    assert "ACDEF-12345" in page
    assert WORDS not in page


def test_a_closed_account_sees_why_and_where_to_appeal_and_its_posts_are_gone(harbour: Harbour) -> None:
    data = enforcement("terminate_account", AUTHOR)

    harbour.deliver("enforcement.requested", enforcement("lock_account", AUTHOR))
    harbour.deliver("enforcement.requested", data)

    page = harbour.page("/accounts/acct-tarek")
    assert "<h1>حسابك مغلق نهائيًا</h1>" in page
    assert f'<blockquote class="statement" lang="ar" dir="rtl">{data["statement"]["text"]}' in page
    assert 'href="http://127.0.0.1:9/appeal/x/"' in page
    everything = harbour.page("/")
    assert WORDS not in everything
    assert '<span class="tag bad">closed</span>' in everything

    harbour.deliver("enforcement.reversed", data | {"reason": "appeal"})
    assert "<h1>حسابك مقفل</h1>" in harbour.page("/accounts/acct-tarek")


def test_an_account_with_limited_visibility_is_not_shown_to_everybody(harbour: Harbour) -> None:
    harbour.deliver("enforcement.requested", enforcement("restrict", AUTHOR, how="limit_visibility"))

    assert WORDS not in harbour.page("/")
    own = harbour.page("/accounts/acct-tarek")
    assert WORDS in own
    assert "seen by followers only" in own


def test_what_was_demonetised_earns_nothing_and_its_author_reads_why(harbour: Harbour) -> None:
    data = enforcement("demonetise", AUTHOR)
    harbour.deliver("enforcement.requested", data)

    everything = harbour.page("/")
    assert WORDS in everything
    card = everything.split('id="post-010"')[1].split("</article>")[0]
    assert "earns nothing" in card
    assert data["statement"]["text"] in harbour.page("/accounts/acct-tarek")


@pytest.mark.parametrize(
    ("action", "parameters"),
    [("remove", {}), ("restrict", {"how": "demote"}), ("demonetise", {})],
)
def test_what_its_author_has_deleted_is_answered_as_gone_however_often_it_is_delivered(
    harbour: Harbour, action: str, parameters: dict[str, Any]
) -> None:
    assert harbour.http.post("/posts/post-010/delete").status_code == 303
    before = what_people_see(harbour)
    data = enforcement(action, POST, **parameters)

    answers = [
        harbour.deliver("enforcement.requested", data, webhook_id=webhook_id)
        for webhook_id in ("one", "one", "two")
    ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert {answer.json()["result"] for answer in answers} == {"already_gone"}
    assert what_people_see(harbour) == before
    assert harbour.deliver("enforcement.reversed", data).status_code == 200
    assert what_people_see(harbour) == before


def test_a_post_that_its_author_deletes_is_gone_with_its_words_and_only_that_one(harbour: Harbour) -> None:
    with harbour.store.reading() as db:
        before = db.execute("SELECT count(*) FROM posts").fetchone()[0]

    harbour.http.post("/posts/post-010/delete")

    for path in PAGES:
        assert WORDS not in harbour.page(path)
    assert "Its author has deleted this post" in harbour.page("/posts/post-010")
    with harbour.store.reading() as db:
        assert db.execute("SELECT text FROM posts WHERE id = 'post-010'").fetchone()["text"] == ""
        assert db.execute("SELECT count(*) FROM posts").fetchone()[0] == before
        assert db.execute("SELECT count(*) FROM posts WHERE deleted_at IS NOT NULL").fetchone()[0] == 1
    assert harbour.http.post("/posts/no-such/delete").status_code == 404


def test_an_authors_warning_and_account_are_not_gone_with_her_post(harbour: Harbour) -> None:
    harbour.http.post("/posts/post-010/delete")

    for data in (enforcement("warn", POST), enforcement("lock_account", AUTHOR)):
        answer = harbour.deliver("enforcement.requested", data)
        assert answer.json().get("result") is None

    assert "حسابك مقفل" in harbour.page("/accounts/acct-tarek")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("overridden", "no longer removed: another decision took its place"),
        ("appeal", "no longer removed: the appeal was won"),
        ("expired", "no longer removed: its time is over"),
        ("the moon is full", "no longer removed<"),
    ],
)
def test_why_something_was_taken_back_is_said(harbour: Harbour, reason: str, words: str) -> None:
    data = enforcement("remove", POST)
    harbour.deliver("enforcement.requested", data)
    harbour.deliver("enforcement.reversed", data | {"reason": reason})
    assert words in harbour.page("/")


def test_news_of_a_case_say_whether_it_was_decided_anew_and_what_waits(harbour: Harbour) -> None:
    first = {
        "item": POST,
        "outcome": "action_taken",
        "overrides": None,
        "awaiting_approval": ["terminate_account"],
    }
    harbour.deliver("case.closed", first)
    assert "case closed: action taken; waits for a second person: account closed" in harbour.page("/")

    harbour.deliver(
        "case.closed", first | {"overrides": "7", "outcome": "no_violation", "awaiting_approval": []}
    )
    assert "case decided anew: no violation<" in harbour.page("/")


def test_a_harbour_from_before_posts_could_be_deleted_goes_on(tmp_path: Path) -> None:
    with running_harbour(tmp_path) as first, first.store.reading() as db:
        db.execute("ALTER TABLE posts DROP COLUMN deleted_at")
        db.execute("ALTER TABLE webhooks DROP COLUMN result")
    with running_harbour(tmp_path) as second:
        assert WORDS in second.page("/")
        second.http.post("/posts/post-010/delete")
        assert WORDS not in second.page("/")


def test_a_lock_with_an_end_is_over_when_its_time_is(harbour: Harbour) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()

    harbour.deliver("enforcement.requested", enforcement("lock_account", AUTHOR, until=past))

    assert "حسابك مقفل" not in harbour.page("/accounts/acct-tarek")


def test_one_of_two_enforcements_taken_back_leaves_the_other(harbour: Harbour) -> None:
    first, second = enforcement("lock_account", AUTHOR), enforcement("lock_account", AUTHOR)
    for data in (first, second):
        harbour.deliver("enforcement.requested", data)

    harbour.deliver("enforcement.reversed", first)
    assert "حسابك مقفل" in harbour.page("/accounts/acct-tarek")

    harbour.deliver("enforcement.reversed", second)
    assert "حسابك مقفل" not in harbour.page("/accounts/acct-tarek")


def test_the_same_webhook_twice_has_one_effect(harbour: Harbour) -> None:
    data = enforcement("remove", POST)
    harbour.deliver("enforcement.requested", data, webhook_id="one")
    harbour.deliver("enforcement.reversed", data, webhook_id="two")

    again = harbour.deliver("enforcement.requested", data, webhook_id="one")

    assert again.status_code == 200
    assert WORDS in harbour.page("/")
    with harbour.store.reading() as db:
        assert db.execute("SELECT count(*) FROM webhooks").fetchone()[0] == 2


def test_a_reversal_that_overtook_its_request_still_wins(harbour: Harbour) -> None:
    data = enforcement("remove", POST)

    harbour.deliver("enforcement.reversed", data)
    harbour.deliver("enforcement.requested", data)

    assert WORDS in harbour.page("/")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"secret": "whsec_" + "A" * 32},
        {"age": timedelta(minutes=6)},
        {"age": timedelta(minutes=-6)},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense"},
        {"webhook-signature": "v1,not base64 at all"},
        {"webhook-id": "another"},
        {"webhook-timestamp": "yesterday"},
    ],
)
def test_a_webhook_that_is_not_genuine_is_refused_and_changes_nothing(
    harbour: Harbour, spoilt: dict[str, Any]
) -> None:
    refused = harbour.deliver("enforcement.requested", enforcement("remove", POST), **spoilt)

    assert refused.status_code == 401
    assert WORDS in harbour.page("/")
    with harbour.store.reading() as db:
        assert db.execute("SELECT count(*) FROM webhooks").fetchone()[0] == 0


def test_a_webhook_without_a_signature_is_refused(harbour: Harbour) -> None:
    assert harbour.http.post("/webhooks/fairlead", json={"type": "enforcement.requested"}).status_code == 401


def test_a_changed_body_does_not_pass_with_the_signature_of_the_first(harbour: Harbour) -> None:
    genuine = harbour.deliver("case.closed", {"item": POST}).request

    changed = genuine.content.replace(b"post-010", b"post-011")
    headers = {name: value for name, value in genuine.headers.items() if name != "content-length"}
    refused = harbour.http.post("/webhooks/fairlead", content=changed, headers=headers)

    assert refused.status_code == 401


def test_a_type_that_nobody_knows_yet_is_taken_and_shown(harbour: Harbour) -> None:
    assert harbour.deliver("referral.opened", {"item": POST}).status_code == 200
    assert "referral.opened" in harbour.page("/")


@pytest.mark.parametrize(
    "data",
    [
        enforcement("terminate_galaxy", POST),
        enforcement("restrict", POST, how="paint_it_blue"),
        enforcement("lock_account", AUTHOR, until="the day after tomorrow"),
        enforcement("terminate_account", POST),
        enforcement("remove", AUTHOR),
        enforcement("restrict", POST, how="limit_visibility"),
        {"action": "remove"},
    ],
)
def test_what_harbour_cannot_do_is_said_so_that_it_does_not_look_done(
    harbour: Harbour, data: dict[str, Any]
) -> None:
    answer = harbour.deliver("enforcement.requested", data)

    assert answer.status_code == 422
    with harbour.store.reading() as db:
        assert db.execute("SELECT count(*) FROM webhooks").fetchone()[0] == 0


def test_news_of_an_appeal_is_shown_to_the_person(harbour: Harbour) -> None:
    harbour.deliver("enforcement.requested", enforcement("lock_account", AUTHOR))
    harbour.deliver("appeal.received", {"item": AUTHOR, "status_url": "http://127.0.0.1:9/appeal/x/status/"})
    harbour.deliver("appeal.decided", {"item": AUTHOR, "outcome": "overturned", "flag_id": None})

    page = harbour.page("/accounts/acct-tarek")
    assert "appeal received" in page
    assert 'href="http://127.0.0.1:9/appeal/x/status/"' in page
    assert "appeal decided: overturned" in page


def answer(flag_id: str = "notice-1", notifier: str = "acct-layla", **changes: Any) -> dict[str, Any]:
    """An answer to a notice in the shape that docs/webhooks.md has."""
    fields = {
        "flag_id": flag_id,
        "notifier": notifier,
        "outcome": "not_acted",
        "language": "ar",
        "direction": "rtl",
        "text": "نظرنا فيما أبلغت عنه",
        "appeal_url": "http://127.0.0.1:9/appeal/hers/",
        "appeal_code": "ACDEF-54321",
        "appeal_until": "2027-05-22T00:00:00Z",
    }
    return fields | changes


def closed(*answers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    fields = {"item": POST, "outcome": "no_violation", "decision_id": "7", "notices": list(answers)}
    return fields | changes


def test_whoever_reported_something_reads_what_came_of_it_and_nobody_else_does(harbour: Harbour) -> None:
    harbour.deliver("case.closed", closed(answer()))
    page = harbour.page("/accounts/acct-layla")
    assert '<blockquote class="statement" id="answer-notice-1" lang="ar" dir="rtl">نظرنا فيما' in page
    assert 'href="http://127.0.0.1:9/appeal/hers/"' in page
    assert "ACDEF-54321" in page
    assert "ما أبلغت عنه" in page
    for path in ("/accounts/acct-tarek", "/accounts/acct-sam", "/", "/posts/post-010"):
        assert "appeal/hers" not in harbour.page(path)
        assert "ACDEF-54321" not in harbour.page(path)


def test_a_later_answer_takes_the_place_of_the_one_before(harbour: Harbour) -> None:
    harbour.deliver("case.closed", closed(answer()))
    acted: dict[str, Any] = {
        "appeal_url": None,
        "appeal_code": None,
        "appeal_until": None,
        "outcome": "acted",
    }
    told: list[tuple[str, dict[str, Any]]] = [
        ("case.closed", closed(answer(text="first", **acted), overrides="7", decision_id="8")),
        ("notice.answered", {"item": POST, "decision_id": "9", "notices": [answer(text="second", **acted)]}),
        (
            "appeal.decided",
            {
                "item": POST,
                "outcome": "overturned",
                "new_decision_id": "10",
                "notices": [answer(text="third", **acted)],
            },
        ),
    ]
    for type_, data in told:
        assert harbour.deliver(type_, data).status_code == 200
        page = harbour.page("/accounts/acct-layla")
        assert page.count('class="statement"') == 1
        assert data["notices"][0]["text"] in page
        assert "ACDEF-54321" not in page


def test_news_of_an_appeal_by_whoever_reported_are_hers_and_not_the_authors(harbour: Harbour) -> None:
    harbour.deliver("case.closed", closed(answer()))
    news = {"item": POST, "flag_id": "notice-1", "status_url": "http://127.0.0.1:9/appeal/hers/status/"}
    for type_, more in (
        ("appeal.received", {}),
        ("appeal.question", {"question": "<b>متى</b> حدث ذلك؟", "language": "ar", "direction": "rtl"}),
        ("appeal.answered", {}),
        ("appeal.withdrawn", {}),
        ("appeal.decided", {"outcome": "inadmissible"}),
    ):
        assert harbour.deliver(type_, news | more).status_code == 200
    page = harbour.page("/accounts/acct-layla")
    for words in (
        "appeal received",
        '<bdi lang="ar" dir="rtl">&lt;b&gt;متى&lt;/b&gt; حدث ذلك؟</bdi>',
        "answer it",
        "the question was answered",
        "appeal taken back",
        "appeal decided: inadmissible",
    ):
        assert words in page, words
    author = harbour.page("/accounts/acct-tarek")
    assert "appeal/hers" not in author
    assert "appeal received" not in author


def test_nobody_complains_in_the_name_of_whoever_reported(harbour: Harbour) -> None:
    harbour.deliver("case.closed", closed(answer()))
    words = {"decision": "7", "flag_id": "notice-1", "text": "It does attack them."}
    for account, changes in (
        ("acct-sam", {}),
        ("acct-layla", {"decision": "8"}),
        ("acct-layla", {"flag_id": "notice-2"}),
        ("acct-layla", {"flag_id": ""}),
    ):
        sent = harbour.http.post(f"/accounts/{account}/appeals", data=words | changes)
        assert sent.status_code == 404, (account, changes)


def test_a_report_by_nobody_is_refused(harbour: Harbour) -> None:
    sent = {"policy": "spam", "says": "x", "by": "acct-nobody"}
    assert harbour.http.post("/posts/post-001/report", data=sent).status_code == 400


def test_a_form_on_another_site_cannot_press_our_buttons(harbour: Harbour) -> None:
    refused = harbour.http.post(
        "/posts", data={"by": "acct-sam", "text": "x"}, headers={"Origin": "http://elsewhere.example"}
    )
    assert refused.status_code == 403


@pytest.mark.parametrize("path", ["/posts/nothing", "/accounts/nobody", "/batches/7", "/nowhere"])
def test_what_is_not_there_is_said_on_a_page_of_harbours_own(harbour: Harbour, path: str) -> None:
    answer = harbour.http.get(path)
    assert answer.status_code == 404
    assert "<main>" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_post_stays_on_harbour_and_says_so_when_fairlead_does_not_answer(harbour: Harbour) -> None:
    answer = harbour.http.post("/posts", data={"by": "acct-sam", "text": "Rain at last <b>"}, timeout=60)

    assert answer.status_code == 303
    page = harbour.page(answer.headers["location"])
    assert "Rain at last &lt;b&gt;" in page
    assert "Fairlead does not answer" in page


def test_the_state_outlives_a_restart(tmp_path: Path) -> None:
    with running_harbour(tmp_path) as first:
        first.deliver("enforcement.requested", enforcement("remove", POST))
    with running_harbour(tmp_path) as second:
        assert WORDS not in second.page("/")
