"""Drafts: kept on the server until they are sent, never with older words in place of newer ones, then forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from appeals import drafting, links
from appeals.drafting import OlderWords, Typed
from appeals.files import keeping
from appeals.models import Appeal, AppealDraft, AppealFile
from appeals.opening import Party, affected
from moderation.models import Statement
from tests.appealing import Told, appealed, make_told

pytestmark = pytest.mark.django_db

PHONE, LIBRARY = "phone", "library"


@pytest.fixture
def told() -> Told:
    return make_told()


@pytest.fixture
def party(told: Told) -> Party:
    return affected(told.decision)


def says(text: str) -> dict[str, str]:
    return {"text": text}


def seconds(age: float) -> timedelta:
    return timedelta(seconds=age)


def test_there_is_one_draft_and_it_keeps_the_last_words(party: Party) -> None:
    assert drafting.draft_of(party) is None
    first = drafting.keep(party, says("one"), "th")
    drafting.keep(party, {"text": "two\0", "background": "b", "contact": "x" * 300}, "de")
    draft = AppealDraft.objects.get()
    assert (draft.pk, draft.text, draft.background, draft.contact) == (first.pk, "two", "b", "x" * 254)
    assert (draft.language, draft.began_at) == ("de", first.began_at)
    assert drafting.draft_of(party) == draft


def test_of_one_device_the_later_change_wins_in_whichever_order_they_come(party: Party) -> None:
    drafting.keep_if_newer(party, says("second"), "en", Typed(PHONE, 2))
    with pytest.raises(OlderWords) as caught:
        drafting.keep_if_newer(party, says("first"), "en", Typed(PHONE, 1))
    assert caught.value.draft.text == "second"
    # Sent twice, because the answer was lost: the same again does no harm.
    drafting.keep_if_newer(party, says("second"), "en", Typed(PHONE, 2, seconds(600)))
    assert AppealDraft.objects.get().text == "second"


def test_of_two_devices_what_was_typed_later_wins_whatever_their_clocks_say(party: Party) -> None:
    drafting.keep_if_newer(party, says("at the library"), "en", Typed(LIBRARY, 40))
    with pytest.raises(OlderWords):
        # A phone that was without a connection sends what it has kept for an hour.
        drafting.keep_if_newer(party, says("on the phone, before"), "en", Typed(PHONE, 90, seconds(3600)))
    AppealDraft.objects.update(saved_at=timezone.now() - seconds(7200))
    drafting.keep_if_newer(party, says("on the phone, after"), "en", Typed(PHONE, 91, seconds(3600)))
    assert AppealDraft.objects.get().text == "on the phone, after"


def test_what_was_typed_after_seeing_what_is_kept_is_newer(party: Party) -> None:
    draft = drafting.keep(party, says("without a script"), "en")
    seen = drafting.version_of(draft)
    with pytest.raises(OlderWords):
        drafting.keep_if_newer(party, says("never saw it"), "en", Typed(PHONE, 1, seconds(60), seen - 1))
    drafting.keep_if_newer(party, says("goes on from it"), "en", Typed(PHONE, 1, seconds(60), seen))
    assert AppealDraft.objects.get().text == "goes on from it"


def test_what_she_sends_herself_counts_as_the_newest(party: Party) -> None:
    drafting.keep_if_newer(party, says("by itself"), "en", Typed(PHONE, 7))
    drafting.keep(party, says("by the button"), "en", Typed(LIBRARY, 1, seconds(3600)))
    assert AppealDraft.objects.get().text == "by the button"


def test_once_it_is_sent_the_draft_is_gone_and_its_files_are_the_appeals(told: Told, party: Party) -> None:
    draft = drafting.keep(party, says("half"), "en")
    keeping.add(draft, "letter.pdf", b"%PDF-1.4 a letter")
    appeal = appealed(told)
    assert not AppealDraft.objects.exists()
    assert AppealFile.objects.get().appeal == appeal


def ended(told: Told, **ago: int) -> None:
    """The time to appeal was over so long ago, and nobody wrote anything since."""
    moment = timezone.now() - timedelta(**ago)
    Statement.objects.filter(decision=told.decision).update(appeal_until=moment)
    AppealDraft.objects.filter(decision=told.decision).update(saved_at=moment)


def test_a_draft_is_forgotten_with_its_files_when_its_time_is_well_over(told: Told, party: Party) -> None:
    draft = drafting.keep(party, says("half"), "en")
    keeping.add(draft, "letter.pdf", b"%PDF-1.4 a letter")
    other = make_told()
    drafting.keep(affected(other.decision), says("may still be sent"), "en")
    AppealDraft.objects.filter(decision=other.decision).update(saved_at=timezone.now() - timedelta(days=150))
    ended(told, days=drafting.FORGOTTEN_AFTER - 1)
    assert drafting.forget_old() == 0
    ended(told, days=drafting.FORGOTTEN_AFTER + 1)
    assert drafting.forget_old() == 1
    assert AppealDraft.objects.get().decision == other.decision
    assert not AppealFile.objects.exists()


def test_what_is_written_to_ask_once_more_counts_from_the_answer(told: Told, party: Party) -> None:
    appeal = appealed(told)
    drafting.keep(party, says("once more"), "en")
    ended(told, days=200)
    for days, forgotten in ((100, 0), (links.MONTHS * 31 + 40, 1)):
        moment = timezone.now() - timedelta(days=days)
        Appeal.objects.filter(pk=appeal.pk).update(status="decided", outcome="upheld", decided_at=moment)
        assert drafting.forget_old() == forgotten, days
