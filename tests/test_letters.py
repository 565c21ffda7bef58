"""Letters: written with what they tell, sent by a worker to a real mail server, never lost, and given up in sight."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings as fairlead
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from appeals import letters
from appeals.letters import sending
from appeals.models import Appeal, Letter
from moderation import audit, languages
from moderation.models import Event
from tests.appealing import appealed, make_told
from tests.postbox import Postbox, open_postbox

pytestmark = pytest.mark.django_db

HERS = "Somchai@example.org"


@pytest.fixture
def postbox(settings: Settings) -> Iterator[Postbox]:
    with open_postbox(settings) as it:
        yield it


def an_appeal(told: str = "en", contact: str = HERS) -> Appeal:
    """Of somebody who was told in this language: each has a lane of its own."""
    appeal = appealed(make_told(told))
    Appeal.objects.filter(pk=appeal.pk).update(contact=contact)
    appeal.refresh_from_db()
    return appeal


def a_letter(told: str = "en") -> Letter:
    letter = letters.write(an_appeal(told), letters.Kind.RECEIVED)
    assert letter is not None
    return letter


def again(letter: Letter) -> Letter:
    """The letter as it is now, due at once."""
    Letter.objects.filter(pk=letter.pk).update(next_attempt_at=timezone.now())
    letter.refresh_from_db()
    return letter


def test_a_letter_arrives_as_plain_text_that_no_machine_answers(postbox: Postbox) -> None:
    letter = a_letter()
    assert sending.send_due() == 1
    (message,) = postbox.messages
    assert (message["To"], message["From"]) == (HERS, "Harbour <appeals@harbour.example>")
    assert message["Subject"] == f"We got your appeal {letter.appeal.reference}"
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message["Message-ID"].endswith("@harbour.example>")
    assert "/appeal/" in message.get_content()
    letter.refresh_from_db()
    assert (letter.status, letter.error) == ("sent", "")
    assert letter.sent_at is not None
    assert sending.send_due() == 0


def test_a_letter_says_nothing_that_only_she_may_read_and_opens_nothing(postbox: Postbox) -> None:
    appeal = an_appeal()
    appeal.outcome_reasons = "A secret reason"
    letters.write(appeal, letters.Kind.DECIDED)
    sending.send_due()
    text = postbox.raw[0].decode()
    for secret in (appeal.text, "A secret reason", appeal.decision.statement.appeal_code, "/status/"):
        assert secret not in text


def test_a_letter_arrives_in_each_language_as_it_was_written(postbox: Postbox) -> None:
    appeal = an_appeal()
    for code, _ in fairlead.LANGUAGES:
        appeal.language = languages.normalise(code)
        letter = letters.write(appeal, letters.Kind.DECIDED)
        assert letter is not None
        assert sending.send_due() == 1
        message = postbox.messages[-1]
        assert message["Content-Language"] == appeal.language, code
        # The header may be folded right after its name.
        assert message["Subject"].strip() == letter.subject, code
        assert message.get_content().replace("\r\n", "\n").strip() == letter.body, code
        # Seven bits in the headers (RFC 2047), and no line longer than a server must take (RFC 5321).
        assert postbox.raw[-1].partition(b"\r\n\r\n")[0].isascii(), code
        assert max(len(line) for line in postbox.raw[-1].split(b"\r\n")) <= 998, code
        letter.delete()


def test_where_there_is_no_address_or_no_mail_server_none_is_written(settings: Settings) -> None:
    settings.EMAIL_URL = ""
    assert letters.write(an_appeal(), letters.Kind.RECEIVED) is None
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    assert letters.write(an_appeal("th", contact=""), letters.Kind.RECEIVED) is None
    assert not Letter.objects.exists()
    settings.EMAIL_URL = ""
    assert (sending.send_due(), sending.sweep_letters()) == (0, False)


def test_one_letter_of_each_kind_is_written_however_often_it_is_asked_for(postbox: Postbox) -> None:
    appeal = an_appeal()
    first = letters.write(appeal, letters.Kind.RECEIVED)
    assert letters.write(appeal, letters.Kind.RECEIVED) == first
    assert sending.send_due() == 1
    assert len(postbox.messages) == 1


def test_a_worker_is_rung_for_once_it_is_written_down(
    postbox: Postbox,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    rung: list[tuple[str, str]] = []
    monkeypatch.setattr("moderation.bells.ring", lambda function, queue: rung.append((function, queue)))
    with django_capture_on_commit_callbacks(execute=True):
        a_letter()
        assert not rung
    assert ("appeals.letters.sending.send_due", "letters") in rung


def test_a_server_that_says_later_is_asked_later_and_the_letter_stays_the_same(postbox: Postbox) -> None:
    letter = a_letter()
    postbox.refusals = ["451 4.7.1 Greylisted, Somchai@Example.ORG, come back"]
    assert sending.send_due() == 0
    letter.refresh_from_db()
    assert (letter.status, letter.attempts) == ("pending", 1)
    assert letter.next_attempt_at > timezone.now() + timedelta(seconds=50)
    assert letter.error == "451 4.7.1 Greylisted, …, come back"
    again(letter)
    postbox.answers = ["452 4.2.2 Mailbox full"]
    assert sending.send_due() == 0
    again(letter)
    assert letter.error == "452 4.2.2 Mailbox full"
    assert sending.send_due() == 1


def test_an_address_that_does_not_exist_is_given_up_at_once_and_others_get_theirs(postbox: Postbox) -> None:
    letter, other = a_letter(), a_letter("th")
    postbox.refusals = ["550 5.1.1 No such user"]
    assert sending.send_due() == 1
    letter.refresh_from_db()
    other.refresh_from_db()
    assert (letter.status, letter.error, other.status) == ("failed", "550 5.1.1 No such user", "sent")
    event = Event.objects.get(kind="letter.given_up")
    assert event.case_id == letter.appeal.case_id
    assert HERS not in str(event.data)


def test_what_the_server_holds_against_us_is_tried_for_three_days_and_then_given_up(postbox: Postbox) -> None:
    letter = a_letter()
    waited = timedelta()
    while again(letter).status == "pending":
        postbox.answers = ["554 5.7.1 Not from you"]
        assert sending.send_due() == 0
        letter.refresh_from_db()
        waited += max(letter.next_attempt_at - timezone.now(), timedelta())
    assert (letter.status, letter.error, letter.attempts) == ("failed", "554 5.7.1 Not from you", 10)
    assert timedelta(days=2.5) < waited < timedelta(days=3.5)


@pytest.mark.parametrize("took_it", [False, True])
def test_a_server_that_dies_in_the_middle_is_sent_the_same_letter_again(
    postbox: Postbox, took_it: bool
) -> None:
    letter = a_letter()
    postbox.deaths = [took_it]
    assert sending.send_due() == 0
    letter.refresh_from_db()
    assert letter.status == "pending"
    again(letter)
    assert sending.send_due() == 1
    assert len(postbox.messages) == 1 + took_it
    # By it a mailbox knows that it has it.
    assert len({message["Message-ID"] for message in postbox.messages}) == 1
    assert len(set(postbox.raw)) == 1


def test_a_server_that_is_away_is_not_asked_for_each_letter_that_waits(settings: Settings) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.EMAIL_URL = "smtp://127.0.0.1"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = nobody.getsockname()
        first, second = a_letter(), a_letter("th")
        assert sending.send_due() == 0
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.attempts, second.attempts) == (1, 0)
    assert "Connection refused" in first.error
    assert sending.sweep_letters()


def test_a_worker_that_is_killed_leaves_its_letter_to_the_next_one(postbox: Postbox) -> None:
    letter = a_letter()
    assert sending._take() is not None
    # Nobody else has it while it may still be under way.
    assert (sending.send_due(), sending.sweep_letters()) == (0, False)
    letter.refresh_from_db()
    assert letter.status == "pending"
    again(letter)
    assert sending.sweep_letters()
    assert sending.send_due() == 1


def test_nothing_is_open_in_the_database_while_the_mail_server_is_spoken_to(
    postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_letter()
    depths: list[int] = []
    before = sending._Post.send

    def watching(self: sending._Post, letter: Letter) -> None:
        depths.append(len(connection.savepoint_ids))
        before(self, letter)

    outside = len(connection.savepoint_ids)
    monkeypatch.setattr(sending._Post, "send", watching)
    assert sending.send_due() == 1
    assert depths == [outside]


def test_one_connection_serves_all_that_is_due(postbox: Postbox) -> None:
    for told in ("en", "th", "ar"):
        a_letter(told)
    assert sending.send_due() == 3
    assert postbox.connections == 1


def test_of_one_appeal_the_first_letter_goes_first(postbox: Postbox) -> None:
    appeal = an_appeal()
    first = letters.write(appeal, letters.Kind.RECEIVED)
    assert first is not None
    Letter.objects.filter(pk=first.pk).update(next_attempt_at=timezone.now() + timedelta(hours=1))
    letters.write(appeal, letters.Kind.DECIDED)
    assert sending.send_due() == 0
    again(first)
    assert sending.send_due() == 2
    assert [message["Subject"].split()[0] for message in postbox.messages] == ["We", "Your"]


def test_what_was_given_up_can_be_sent_again_and_what_was_purged_cannot(postbox: Postbox) -> None:
    letter = a_letter()
    postbox.refusals = ["550 5.1.1 No such user"]
    sending.send_due()
    sending.retry(letter, audit.SYSTEM)
    again(letter)
    assert (letter.status, letter.attempts) == ("pending", 0)
    assert Event.objects.filter(kind="letter.retried").count() == 1
    Letter.objects.update(to="")
    assert sending.send_due() == 0
    letter.refresh_from_db()
    assert (letter.status, letter.error) == ("failed", "The address was deleted")
    sending.retry(letter, audit.SYSTEM)
    letter.refresh_from_db()
    assert letter.status == "failed"
    assert not postbox.messages
