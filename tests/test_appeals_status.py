"""The status page: each step with its day, the dialogue, the outcome with what it undid, and what is still open."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from appeals import filing, links, opening, words
from appeals.models import Appeal, DisputeBody, Misuse
from moderation import approvals, audit
from moderation.actions import Place
from moderation.decisions import JudgedAction, decide
from moderation.models import Case, Enforcement, Flag, Item, NoticeReply, Strike, StrikeWeight
from tests.appealing import WHY, Told, an_hour_ago, appealed, make_told
from tests.deciding import hold, judgement
from tests.factories import make_flag, make_item, make_policy, make_queue, make_user
from tests.status_pages import REASONS, concluded, seen, text_of

pytestmark = pytest.mark.django_db

ALL = ["no_violation", "remove", "restrict", "warn", "demonetise", "lock_account", "terminate_account"]


@pytest.fixture
def told() -> Told:
    return make_told()


@pytest.fixture
def person() -> Client:
    return Client(enforce_csrf_checks=True)


def test_it_says_what_is_done_what_is_now_and_by_when(person: Client, told: Told) -> None:
    appeal = appealed(told)
    page = seen(person, told)
    assert f"We got your appeal {words.day(appeal.filed_at)} Another person looks at everything again" in page
    due = appeal.case.due_at
    assert due is not None
    assert f"We want to answer by {words.day(due)}." in page
    for each in (appeal.reference, told.statement.appeal_code, WHY, "This account sent the same message"):
        assert each in page
    assert person.get(told.status_path).content.count(b'aria-current="step"') == 1


def test_a_day_that_has_passed_is_not_promised(person: Client, told: Told) -> None:
    appeal = appealed(told)
    Case.objects.filter(pk=appeal.case_id).update(due_at=an_hour_ago())
    assert "We want to answer by" not in seen(person, told)


@pytest.mark.parametrize(
    ("outcome", "ground", "heading", "sentence"),
    [
        ("upheld", "", "The decision stays", "came to the same answer."),
        ("overturned", "", "We took the decision back", "You were right to ask."),
        ("inadmissible", "out_of_time", "We cannot decide about your appeal", "It came too late."),
        ("inadmissible", "already_decided", "We cannot decide", "We have already decided about this."),
        ("inadmissible", "not_entitled", "We cannot decide", "It is not about your account,"),
        ("inadmissible", "not_understandable", "We cannot decide", "We could not understand"),
        ("inadmissible", "manifestly_unfounded", "We cannot decide", "There was clearly no reason"),
        ("inadmissible", "abusive", "We cannot decide", "It only insults or threatens people."),
    ],
)
def test_each_outcome_is_said_with_its_reasons(
    person: Client, told: Told, outcome: str, ground: str, heading: str, sentence: str
) -> None:
    appeal = concluded(appealed(told), outcome, ground=ground)
    assert appeal.decided_at is not None
    page = seen(person, told)
    for each in (heading, sentence, REASONS, f"with the reasons {words.day(appeal.decided_at)}"):
        assert each in page, each
    assert ("What we undid" in page) is (outcome == "overturned")
    assert ("What you can still do" in page) is (outcome != "overturned")
    assert ("We looked at it once more" in page) is (outcome != "inadmissible")
    assert "Take back your appeal" not in page


@pytest.mark.parametrize(
    ("judged", "post", "undone"),
    [
        (JudgedAction("lock_account"), "", "You can use your account again."),
        (JudgedAction("remove"), "Buy now", "Your content is back."),
        (JudgedAction("warn", on=Place.AUTHOR), "", "The warning is gone."),
        (JudgedAction("demonetise", on=Place.ITEM), "Buy", "You can earn money with this content again."),
        (JudgedAction("demonetise", on=Place.AUTHOR), "Buy", "You can earn money with your account again."),
        (JudgedAction("restrict", {"how": "demote"}), "Buy", "The limits on your content are gone."),
        (
            JudgedAction("restrict", {"how": "limit_visibility"}, on=Place.AUTHOR),
            "",
            "The limits on your account are gone.",
        ),
    ],
)
def test_what_was_undone_is_said_for_each_action(
    person: Client, judged: JudgedAction, post: str, undone: str
) -> None:
    make_policy("bulk-messaging", allowed_actions=ALL)
    told = make_told(actions=[judged], post=post)
    concluded(appealed(told), "overturned")
    page = seen(person, told)
    assert undone in page
    assert ("This does not count against you any more." in page) is Strike.objects.exists()


def test_a_strike_that_was_taken_back_counts_no_more(person: Client) -> None:
    policy = make_policy("bulk-messaging")
    StrikeWeight.objects.create(policy=policy, severity=policy.severity, weight=2)
    told = make_told()
    assert Strike.objects.get().status == Strike.Status.ACTIVE
    concluded(appealed(told), "overturned")
    assert "This does not count against you any more." in seen(person, told)


def test_a_strike_that_took_the_place_of_the_first_still_counts(person: Client) -> None:
    policy = make_policy("bulk-messaging", allowed_actions=ALL)
    StrikeWeight.objects.create(policy=policy, severity=policy.severity, weight=2)
    told = make_told()
    limited = JudgedAction("restrict", {"how": "limit_visibility"}, on=Place.AUTHOR)
    concluded(appealed(told), "partially_overturned", actions=[limited])
    assert sorted(Strike.objects.values_list("status", flat=True)) == ["active", "taken_back"]
    page = seen(person, told)
    assert "You can use your account again." in page
    assert "This does not count against you any more." not in page


def test_what_something_else_still_holds_up_is_not_said_to_be_undone(person: Client, told: Told) -> None:
    concluded(appealed(told), "overturned")
    done = Enforcement.objects.get()
    another = make_told(post="Something else")
    Enforcement.objects.create(
        decision=another.decision, rests_on=another.decision, item=done.item, action="lock_account"
    )
    page = seen(person, told)
    assert "You can use your account again." not in page


def test_a_partial_outcome_says_what_was_undone_and_what_holds(person: Client) -> None:
    make_policy("bulk-messaging", allowed_actions=ALL)
    told = make_told()
    limited = JudgedAction("restrict", {"how": "limit_visibility"}, on=Place.AUTHOR)
    concluded(appealed(told), "partially_overturned", actions=[limited])
    page = seen(person, told)
    for each in (
        "We changed a part of the decision",
        "A part of the decision was wrong.",
        "What we undid You can use your account again.",
        "What holds now Only people who follow you can see your account and your posts.",
        "What you can still do",
    ):
        assert each in page, each
    assert "Ask once more" not in page


def terminated() -> Told:
    """An account that was closed for good, with somebody who agreed."""
    make_policy("bulk-messaging", allowed_actions=ALL)
    told = make_told(actions=[JudgedAction("lock_account"), JudgedAction("terminate_account")])
    approvals.approve(told.decision.approval.pk, make_user(en=5, clearances=("approval",)))
    return told


def test_where_the_account_stays_closed_she_may_ask_once_more(person: Client) -> None:
    told = terminated()
    first = concluded(appealed(told))
    page = person.get(told.status_path)
    assert "Your account was closed for good. That is why you can ask once more." in page.text
    assert f'href="{told.path}">Ask once more' in page.text
    until = opening.way_for(opening.affected(told.decision)).until
    assert f"You can ask once more until {words.day(until)}." in text_of(page)
    second = appealed(told, "Please look again.")
    assert second.level == 2
    read = seen(person, told)
    for each in (
        "You asked once more",
        first.reference,
        second.reference,
        WHY,
        "Please look again.",
        "We looked at it once more",
        REASONS,
    ):
        assert each in read, each
    assert read.count("You get the answer with the reasons") == 2
    concluded(second)
    assert "Ask once more" not in seen(person, told)


def test_nobody_is_told_that_her_account_is_closed_before_a_second_person_agreed(person: Client) -> None:
    make_policy("bulk-messaging", allowed_actions=ALL)
    told = make_told(actions=[JudgedAction("lock_account"), JudgedAction("terminate_account")])
    concluded(appealed(told))
    page = seen(person, told)
    assert "What you can still do" in page
    assert "closed for good" not in page


def test_where_a_part_was_wrong_but_the_account_is_closed_the_new_decision_has_its_page(
    person: Client,
) -> None:
    told = terminated()
    closed = JudgedAction("terminate_account")
    warned = JudgedAction("warn", on=Place.AUTHOR)
    appeal = concluded(appealed(told), "partially_overturned", actions=[closed, warned])
    newer = appeal.case.decision
    page = person.get(told.status_path)
    assert "What holds now We closed your account." in text_of(page)
    assert "What we undid You can use your account again." not in text_of(page), "it is closed"
    link = re.search(r'href="(/appeal/[^"]+)">Ask once more', page.text)
    assert link is not None
    assert link[1].startswith(f"/appeal/{newer.pk}.")
    assert person.get(link[1]).status_code == 200


def test_bodies_in_use_are_named_those_of_her_language_first(person: Client, told: Told) -> None:
    DisputeBody.objects.create(name="Ámbito", url="https://ambito.example/", languages=["es", "pt-BR"])
    DisputeBody.objects.create(name="Zeal", url="https://zeal.example/", languages=["en", "ca"])
    DisputeBody.objects.create(name="Gone", url="https://gone.example/", in_use=False)
    concluded(appealed(told))
    page = person.get(told.status_path)
    assert '<a href="https://zeal.example/" rel="noreferrer"><bdi>Zeal</bdi></a>' in page.text
    read = text_of(page).replace("\u2068", "").replace("\u2069", "")
    assert "Zeal Languages: English and Catalan Ámbito Languages: Spanish and Portuguese (Brazil)" in read
    assert "Gone" not in read
    assert "You can also go to court." in read
    person.get(told.status_path, {"language": "de"})
    assert "Spanisch und Portugiesisch (Brasilien)" in seen(person, told).replace("\u2068", "").replace(
        "\u2069", ""
    )


def test_without_bodies_it_says_where_there_are_some(person: Client, told: Told) -> None:
    concluded(appealed(told))
    assert "from a court, or in the European Union from an independent body" in seen(person, told)


@pytest.mark.parametrize(
    ("before", "lifted", "shown"), [(False, False, True), (True, False, False), (False, True, False)]
)
def test_a_warning_since_her_last_appeal_is_shown(
    person: Client, told: Told, before: bool, lifted: bool, shown: bool
) -> None:
    appeal = concluded(appealed(told), "inadmissible", ground="abusive")
    admin = make_user()
    misuse = Misuse.objects.create(
        account=told.account, of="complaints", measure="warning", reasons="Four of them.", by=admin
    )
    if before:
        Misuse.objects.update(at=appeal.filed_at - timedelta(days=1))
    if lifted:
        Misuse.objects.update(lifted_at=timezone.now(), lifted_by=admin)
    page = seen(person, told)
    assert ("If this goes on, we may stop looking at your appeals for some time." in page) is shown
    assert "Four of them." not in page
    assert misuse.pk


def test_a_year_after_the_answer_the_link_is_too_old(person: Client, told: Told) -> None:
    concluded(appealed(told))
    type(told.statement).objects.update(appeal_until=timezone.now() - timedelta(days=400))
    assert person.get(told.status_path).status_code == 200
    Appeal.objects.update(decided_at=timezone.now() - opening.READABLE - timedelta(hours=1))
    for path in (told.status_path, told.status_path.replace("status", "copy")):
        page = person.get(path)
        assert page.status_code == 410
        assert "This link is too old" in page.text
        assert REASONS not in page.text


def test_whoever_reported_something_reads_sentences_of_her_own(person: Client) -> None:
    make_queue("appeals", clearances=("appeals",))
    appeal, path = reported()
    page = text_of(person.get(path))
    assert "We looked at what you reported and decided not to act." in page
    # What was said to whom it was about may tell of that person.
    for shown in (page, person.get(path.replace("/status/", "/copy/")).text):
        for each in ("The secret post", "It is a joke."):
            assert each not in shown
    removing = JudgedAction("remove")
    concluded(appeal, "overturned", make_user(en=5, clearances=("appeals",)), actions=[removing])
    page = text_of(person.get(path))
    assert "You were right to ask. We are now acting on what you reported." in page
    for each in ("What we undid", "What holds now", "We removed your content", "The secret post"):
        assert each not in page, each


def reported() -> tuple[Appeal, str]:
    """Somebody's report led to nothing, and she appealed; the page of it."""
    post = make_item(author=make_item(kind="account", text=""), text="The secret post")
    case, moderator, token = hold(item=post)
    notice = make_flag(
        case,
        source=Flag.Source.USER_NOTICE,
        detector="",
        notifier=make_item(kind=Item.Kind.ACCOUNT, text=""),
        notifier_language="en",
    )
    decision = decide(case.pk, moderator, token, judgement("no_violation", reasoning="It is a joke."))
    reply = NoticeReply.objects.get()
    party = opening.party_of(decision.pk, notice.pk)
    assert party is not None
    assert party.reply == reply
    appeal = filing.file_appeal(party, "It is no joke.", "en", Appeal.FiledBy.PERSON, audit.APPELLANT)
    Case.objects.filter(pk=appeal.case_id).update(queued_at=an_hour_ago())
    return appeal, reverse("appeal-status", args=[links.token_for(decision.pk, notice.pk)])


def test_what_was_purged_is_not_there_and_the_page_says_when(person: Client, told: Told) -> None:
    concluded(appealed(told))
    when = timezone.now()
    Appeal.objects.update(text="", background="", purged_at=when)
    assert f"What you wrote was deleted on {words.day(when)}." in seen(person, told)
    copy = person.get(told.status_path.replace("status", "copy")).text
    assert f"What you wrote was deleted on {words.day(when)}." in copy


def test_the_page_asks_the_tables_a_fixed_number_of_things(
    person: Client, told: Told, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    appealed(told)
    with django_assert_num_queries(8):
        person.get(told.status_path)
