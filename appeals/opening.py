"""What may be appealed now, by whom, at which level and until when. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from appeals import links
from appeals.models import Appeal, AppealDraft, Misuse
from moderation import reopening
from moderation.actions import TerminateAccount
from moderation.models import Case, Decision, Item, NoticeReply, Statement

# What was begun in time may be sent for so much longer: nobody loses her words to a clock.
BEGUN_IN_TIME: Final = timedelta(days=3)
# An answer stays readable for as long as an out-of-court body or a court may take to ask for it.
READABLE: Final = timedelta(days=366)
# What the public pages show of a decision.
_RELATED: Final = (
    "decision__case__snapshot",
    "decision__item__author",
    "decision__item__platform",
    "decision__policy",
)


@dataclass(frozen=True)
class Party:
    """Somebody with a right to appeal: against what, and as whom.

    ``told``: the last statement of reasons, or the answer to a notice, that she was sent.
    """

    decision: Decision
    told: Statement | NoticeReply
    reply: NoticeReply | None = None

    @property
    def account(self) -> Item | None:
        """Hers on the platform."""
        return self.reply.flag.notifier if self.reply else self.told.recipient  # type: ignore[union-attr]

    @property
    def code(self) -> str:
        return self.told.appeal_code or ""


@dataclass(frozen=True)
class Way:
    """The way is open: at this level, until then."""

    party: Party
    level: int
    until: datetime


class AppealClosed(Exception):
    """There is nothing to appeal, or the time for it is over (``until`` says since when)."""

    def __init__(self, until: datetime | None = None) -> None:
        super().__init__(until)
        self.until = until


class AlreadyAppealed(Exception):
    """The decision has its appeal; here it is."""

    def __init__(self, appeal: Appeal) -> None:
        super().__init__(appeal)
        self.appeal = appeal


class Replaced(Exception):
    """Another decision took the place of this one before anybody appealed; here it is."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision)
        self.decision = decision


class Suspended(Exception):
    """Her appeals are not looked at until then: she was warned, and went on (DSA Art. 23(2))."""

    def __init__(self, misuse: Misuse) -> None:
        super().__init__(misuse)
        self.misuse = misuse


def party_of(decision_id: int, notice: int | None) -> Party | None:
    """Who has a link to this decision: the person affected, or who sent the notice (a flag's id). None: nobody."""
    if notice is not None:
        reply = (
            NoticeReply.objects.select_related(*_RELATED, "flag__notifier")
            .filter(decision=decision_id, flag=notice, appeal_code__isnull=False)
            .first()
        )
        return Party(reply.decision, reply, reply) if reply else None
    # What was approved later has a statement of its own, and the time counts from the last that she was told.
    statement = (
        Statement.objects.select_related(*_RELATED, "recipient")
        .filter(decision=decision_id)
        .order_by("pk")
        .last()
    )
    return Party(statement.decision, statement) if statement else None


def affected(decision: Decision) -> Party:
    """The person affected by a decision. Raises AppealClosed where it held nothing against anybody."""
    party = party_of(decision.pk, None)
    if party is None:
        raise AppealClosed
    return party


def way_for(party: Party) -> Way:
    """How she may appeal now. Raises AlreadyAppealed, Replaced, Suspended, AppealClosed."""
    latest = latest_appeal(party)
    if latest is not None:
        if latest.status in Appeal.OPEN or not may_go_on(latest):
            raise AlreadyAppealed(latest)
        way = Way(party, 2, links.appeal_until(latest.decided_at or timezone.now()))
    else:
        newer = reopening.in_force_now(party.decision)
        if newer != party.decision:
            raise Replaced(newer)
        way = Way(party, _first_level(party), party.told.appeal_until or timezone.now())
    suspension = suspended(party.account)
    if suspension is not None:
        raise Suspended(suspension)
    if way.until < timezone.now():
        until = _longer(way)
        if until is None or until < timezone.now():
            raise AppealClosed(way.until)
        return replace(way, until=until)
    return way


def latest_appeal(party: Party) -> Appeal | None:
    """The last appeal of hers that was not taken back."""
    return (
        Appeal.objects.select_related("decision__case", "case")
        .filter(decision=party.decision, reply=party.reply)
        .exclude(status=Appeal.Status.WITHDRAWN)
        .order_by("-level")
        .first()
    )


def may_go_on(appeal: Appeal) -> bool:
    """Whether there is a second level: an account was closed for good, and the first review left it so."""
    return (
        appeal.level == 1
        and not appeal.by_notifier
        and appeal.outcome == Appeal.Outcome.UPHELD
        and terminates(appeal.decision)
    )


def terminates(decision: Decision) -> bool:
    return any(each["action"] == TerminateAccount.slug for each in decision.actions)


def readable_until(party: Party) -> datetime:
    """Until when the link opens anything: the time to appeal, or a year after the answer."""
    times = [party.told.appeal_until or timezone.now()]
    latest = Appeal.objects.filter(decision=party.decision, reply=party.reply).order_by("-pk").first()
    if latest is not None:
        times.append((latest.decided_at or timezone.now()) + READABLE)
    return max(times)


def suspended(account: Item | None) -> Misuse | None:
    """What keeps her appeals from being looked at now, if anything."""
    if account is None:
        return None
    return (
        Misuse.objects.filter(
            account=account,
            of=Misuse.Of.COMPLAINTS,
            measure=Misuse.Measure.SUSPENSION,
            until__gt=timezone.now(),
            lifted_at=None,
        )
        .order_by("-until")
        .first()
    )


def _first_level(party: Party) -> int:
    """A decision made on somebody's own appeal is final for her, but for an account that is closed for good.

    Made on the appeal of the other side it is her first. That this comes to an end is seen to where the answers to
    notices are written: a notifier gets no second link to a decision made on an appeal (moderation/notices).
    """
    decision = party.decision
    appeal = Appeal.objects.filter(case=decision.case_id).first() if _on_appeal(decision) else None
    if appeal is None or appeal.by_notifier != (party.reply is not None):
        return 1
    if party.reply is None and appeal.level == 1 and terminates(decision):
        return 2
    raise AppealClosed


def _on_appeal(decision: Decision) -> bool:
    return decision.case.origin == Case.Origin.APPEAL


def _longer(way: Way) -> datetime | None:
    draft = AppealDraft.objects.filter(decision=way.party.decision, reply=way.party.reply).first()
    return way.until + BEGUN_IN_TIME if draft is not None and draft.began_at <= way.until else None
