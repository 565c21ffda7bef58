"""What appeals keep of people goes with the content they are about, and each has a copy of what is hers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from appeals import drafting, filing, letters, withdrawing
from appeals.files import keeping
from appeals.models import Appeal, AppealDraft, AppealFile, Dispute, DisputeBody, Letter, Misuse, Question
from appeals.opening import Party, affected, party_of
from moderation import audit
from moderation.decisions import decide
from moderation.models import Case, Decision, Flag, NoticeReply
from moderation.retention.export import held_about
from tests import evidence_files as made
from tests.deciding import claim, hold, judgement
from tests.factories import make_flag, make_item, make_user
from tests.retaining import (
    SECRET,
    days_ago,
    decided_ago,
    is_purged,
    make_account,
    place_hold,
    purge,
    written_by,
)

pytestmark = pytest.mark.django_db

LONG_AGO = 400
ADDRESS = "mali@example.org"


def appeal_with_everything(party: Party) -> Appeal:
    """Words, an address, a file, a letter, and a question that was answered."""
    draft = drafting.keep(party, {"text": SECRET}, "en")
    keeping.add(draft, f"{SECRET}.pdf", made.PDF + SECRET.encode())
    appeal = filing.file_appeal(
        party, SECRET, "en", Appeal.FiledBy.PERSON, audit.APPELLANT, background=SECRET, contact=ADDRESS
    )
    Question.objects.create(
        appeal=appeal,
        text=SECRET,
        language="en",
        asked_by=make_user(),
        answer_by=timezone.now(),
        status=Question.Status.ANSWERED,
        answer=SECRET,
        answered_at=timezone.now(),
    )
    if not appeal.letters.exists():
        Letter.objects.create(
            appeal=appeal,
            kind=letters.Kind.RECEIVED,
            to=ADDRESS,
            language="en",
            subject="We got your appeal",
            body=SECRET,
            next_attempt_at=timezone.now(),
        )
    return appeal


def answered(appeal: Appeal) -> Appeal:
    Case.objects.filter(pk=appeal.case_id).update(queued_at=timezone.now() - timedelta(minutes=5))
    case, moderator, token = claim(make_user(en=5), appeal.case)
    decide(case.pk, moderator, token, judgement("no_violation", overrides=appeal.decision))
    appeal.refresh_from_db()
    return appeal


def everything(appeal: Appeal) -> str:
    """All that the tables of appeals hold, as one text."""
    rows: list[Any] = []
    for model in (Appeal, AppealDraft, AppealFile, Question, Letter):
        rows += model._default_manager.values_list()
    rows += [bytes(each.content or b"").decode(errors="replace") for each in AppealFile.objects.all()]
    return repr(rows)


def test_all_that_an_appeal_kept_goes_with_what_it_was_about() -> None:
    decision = decided_ago(LONG_AGO)
    with days_ago(LONG_AGO):
        appeal = answered(appeal_with_everything(affected(decision)))
    assert SECRET in everything(appeal)
    purged = purge().purged
    assert (purged["appeals"], purged["appeal_files"]) == (1, 1)
    left = everything(appeal)
    assert SECRET not in left
    assert ADDRESS not in left
    appeal.refresh_from_db()
    assert (appeal.outcome, bool(appeal.outcome_reasons)) == (Appeal.Outcome.OVERTURNED, True)
    (file,) = appeal.files.all()
    assert (file.content, file.media_type, len(file.sha256)) == (None, "application/pdf", 64)
    assert appeal.purged_at is not None
    assert file.purged_at is not None


def test_an_appeal_that_was_taken_back_goes_as_well() -> None:
    decision = decided_ago(LONG_AGO)
    with days_ago(LONG_AGO):
        appeal = withdrawing.withdraw(appeal_with_everything(affected(decision)), audit.APPELLANT)
    assert purge().purged["appeals"] == 1
    assert SECRET not in everything(appeal)
    assert is_purged(decision)


def test_what_was_never_sent_goes_too() -> None:
    decision = decided_ago(LONG_AGO)
    with days_ago(LONG_AGO):
        draft = drafting.keep(affected(decision), {"text": SECRET, "contact": ADDRESS}, "en")
        keeping.add(draft, "x.png", made.photo())
    assert purge().purged["appeal_drafts"] == 1
    assert not AppealDraft.objects.exists()
    assert not AppealFile.objects.exists()


def test_an_appeal_that_is_not_answered_keeps_everything() -> None:
    decision = decided_ago(LONG_AGO)
    with days_ago(LONG_AGO):
        appeal_with_everything(affected(decision))
    assert purge().purged == {}
    assert AppealFile.objects.get().content is not None


def test_a_legal_hold_keeps_all_of_it() -> None:
    decision = decided_ago(LONG_AGO)
    with days_ago(LONG_AGO):
        appeal = answered(appeal_with_everything(affected(decision)))
        drafting.keep(affected(decision), {"text": SECRET}, "en")
    place_hold(decision.item)
    assert "appeals" not in purge().purged
    assert everything(appeal).count(SECRET) >= 7
    assert Question.objects.get().answer == SECRET
    assert AppealDraft.objects.exists()


def test_another_appeal_is_left_alone() -> None:
    decision = decided_ago(LONG_AGO)
    young = decided_ago(30)
    with days_ago(LONG_AGO):
        answered(appeal_with_everything(affected(decision)))
    with days_ago(20):
        other = answered(appeal_with_everything(affected(young)))
    purge()
    other.refresh_from_db()
    assert (other.text, other.contact, other.files.get().purged_at) == (SECRET, ADDRESS, None)
    assert other.letters.first().to == ADDRESS  # type: ignore[union-attr]


@pytest.mark.parametrize(("late", "goes"), [(29, False), (31, True)])
def test_content_stays_a_month_longer_than_a_notifier_can_complain(late: int, goes: bool) -> None:
    decision, _notifier = noticed(LONG_AGO)
    NoticeReply.objects.update(appeal_until=timezone.now() - timedelta(days=late))
    purge()
    assert is_purged(decision) is goes


def test_her_copy_has_her_appeals_with_everything_in_them() -> None:
    account = make_account()
    decision = decided_ago(3, account=account)
    appeal = answered(appeal_with_everything(affected(decision)))
    Misuse.objects.create(
        account=account,
        of=Misuse.Of.COMPLAINTS,
        measure=Misuse.Measure.WARNING,
        reasons="Ten of them",
        by=make_user(),
    )
    dispute_about(decision)
    copy = held_about(account)
    (row,) = copy["appeals"]
    assert (row["appeal"], row["text"], row["background"], row["contact"]) == (
        appeal.reference,
        SECRET,
        SECRET,
        ADDRESS,
    )
    (file,) = row["files"]
    assert (file["name"], file["type"], file["sha256"]) == (
        f"{SECRET}.pdf",
        "application/pdf",
        appeal.files.get().sha256,
    )
    assert (row["question"]["question"], row["question"]["answer"]) == (SECRET, SECRET)
    assert {each["to"] for each in row["letters"]} == {ADDRESS}
    assert [(each["measure"], each["reasons"]) for each in copy["measures"]] == [("warned", "Ten of them")]
    assert [(each["body"], each["reference"]) for each in copy["disputes"]] == [("Ombuds", "D-1")]
    assert "for us alone" not in repr(copy)


def test_her_copy_has_what_she_has_not_sent_yet() -> None:
    account = make_account()
    draft = drafting.keep(affected(decided_ago(3, account=account)), {"text": "Half a"}, "en")
    keeping.add(draft, "x.pdf", made.PDF)
    (row,) = held_about(account)["appeal_drafts"]
    assert (row["text"], [each["name"] for each in row["files"]]) == ("Half a", ["x.pdf"])


def test_each_of_two_sides_has_her_own_appeal_and_dispute_in_her_copy() -> None:
    decision, notifier = noticed(3)
    theirs = party_of(decision.pk, Flag.objects.get(notifier=notifier).pk)
    assert theirs is not None
    appeal_with_everything(theirs)
    dispute_about(decision)
    copy = held_about(notifier)
    assert [each["text"] for each in copy["appeals"]] == [SECRET]
    assert [each["reference"] for each in copy["disputes"]] == ["D-1"]
    author = decision.item.author
    assert author is not None
    assert (held_about(author)["appeals"], held_about(author)["disputes"]) == ([], [])


def test_what_her_reporter_appealed_is_not_in_the_copy_of_the_person_affected() -> None:
    notifier = make_item(kind="account", text="")
    case, decider, token = hold(item=written_by(make_account()))
    notice = make_flag(case, source=Flag.Source.USER_NOTICE, detector="", notifier=notifier, flag_id="N-1")
    decision = decide(case.pk, decider, token, judgement("remove"))
    # Less was done than the notice asked for.
    NoticeReply.objects.update_or_create(
        decision=decision,
        flag=notice,
        defaults={
            "language": "en",
            "direction": "ltr",
            "text": "",
            "appeal_code": "X",
            "appeal_until": timezone.now() + timedelta(9),
        },
    )
    theirs = party_of(decision.pk, notice.pk)
    assert theirs is not None
    appeal_with_everything(theirs)
    author = decision.item.author
    assert author is not None
    assert decision.statements.get().recipient == author
    assert (held_about(author)["appeals"], len(held_about(notifier)["appeals"])) == ([], 1)


def test_a_dispute_that_either_of_two_could_have_brought_is_in_nobodys_copy() -> None:
    decision, notifier = noticed(3, both=True)
    dispute_about(decision)
    assert held_about(notifier)["disputes"] == []


def noticed(days: int, *, both: bool = False) -> tuple[Decision, Any]:
    """A decision not to act on what an account (or two) reported, and the first of these."""
    notifiers = [make_item(kind="account", text="") for _ in range(2 if both else 1)]
    with days_ago(days):
        case, decider, token = hold(item=written_by(make_account()))
        for notifier in notifiers:
            make_flag(
                case,
                source=Flag.Source.USER_NOTICE,
                detector="",
                notifier=notifier,
                flag_id=f"N-{notifier.pk}",
            )
        decision = decide(case.pk, decider, token, judgement("no_violation"))
    return decision, notifiers[0]


def dispute_about(decision: Decision) -> Dispute:
    return Dispute.objects.create(
        decision=decision,
        body=DisputeBody.objects.create(name="Ombuds", url="https://ombuds.example/"),
        reference="D-1",
        opened_on=date(2026, 11, 1),
        remarks="for us alone",
        recorded_by=make_user(),
    )
