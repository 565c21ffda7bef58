"""The answers to notices: one for each that names its sender, written with the decision that answers it.

"Acted" is said when something restricts at once. Where all that would restrict waits for a second person, nobody is
told anything before she has answered: then the platform hears of it in a message of its own (``answer_later``), or
the decision that is made instead answers the notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import Q

from moderation import outbox
from moderation.actions import ACTIONS
from moderation.hookspecs import Redress
from moderation.models import Case, Decision, Flag, NoticeReply, Snapshot
from moderation.notices.composing import Answer, Composer
from moderation.outbox.posting import iso, name_of
from moderation.statements import known_language, redresses_for

# So many answers go in one message to the platform: what thousands reported must not make one that is too large.
MOST_AT_ONCE: Final = 100


@dataclass(frozen=True)
class Reply:
    """An answer as it was kept, and what of it is not: whether we acted, and where to complain where we did not."""

    kept: NoticeReply
    acted: bool
    redress: Redress | None


def write(decision: Decision) -> list[Reply]:
    """Answer the notices that led to this decision, in its transaction; none where it waits for a second person.

    Of a decision that is made anew or on an appeal, the notices of the case in which it all began. As many statements
    of SQL however many notices there are.
    """
    restricting = [action for each in decision.actions if (action := ACTIONS[each["action"]]).restricts]
    if restricting and all(action.held for action in restricting):
        return []
    return _write(decision, acted=bool(restricting))


def answer_later(decision: Decision) -> None:
    """A second person approved what restricts: tell those who were told nothing yet. In the approval's transaction."""
    restricts = any(ACTIONS[each["action"]].restricts for each in decision.actions)
    if restricts and not decision.notice_replies.exists():
        post(decision, _write(decision, acted=True))


def forget(decision: Decision) -> None:
    """The decision is undone before anybody heard of it."""
    NoticeReply.objects.filter(decision=decision).delete()


def post(decision: Decision, replies: Sequence[Reply], after: datetime | None = None) -> None:
    """Owe the platform ``notice.answered`` for these answers, some in each message; not before ``after``."""
    for start in range(0, len(replies), MOST_AT_ONCE):
        data = {
            "decision_id": str(decision.pk),
            "item": name_of(decision.item),
            "decided_at": iso(decision.decided_at),
            "notices": as_json(replies[start : start + MOST_AT_ONCE]),
        }
        outbox.post("notice.answered", decision.item, data, decision=decision, after=after)


def as_json(replies: Iterable[Reply]) -> list[dict[str, Any]]:
    """Answers as the platform passes them on (docs/webhooks.md)."""
    return [
        {
            "flag_id": reply.kept.flag.flag_id,
            "notifier": reply.kept.flag.notifier.external_id if reply.kept.flag.notifier else None,
            "outcome": "acted" if reply.acted else "not_acted",
            "language": reply.kept.language,
            "direction": reply.kept.direction,
            "text": reply.kept.text,
            "appeal_url": reply.redress.url if reply.redress else None,
            "appeal_code": reply.redress.code if reply.redress else None,
            "appeal_until": iso(reply.redress.until) if reply.redress else None,
        }
        for reply in replies
    ]


def _write(decision: Decision, *, acted: bool) -> list[Reply]:
    began = _where_it_began(decision)
    notices = Flag.objects.filter(case=began, notifier__isnull=False)
    flags = list(notices.select_related("notifier").order_by("pk"))
    if not flags:
        return []
    before = _told_before(began) if began.pk != decision.case_id else {}
    redresses: dict[int, Redress] = {}
    if not acted:
        may = [flag for flag in flags if not _is_final(decision, before.get(flag.pk, []))]
        redresses = dict(zip([flag.pk for flag in may], redresses_for(decision, may), strict=True))
    hers = _languages(flags)
    composer = Composer()
    replies = []
    for flag in flags:
        redress = redresses.get(flag.pk)
        told = max((each.decided_at for each in before.get(flag.pk, [])), default=None)
        text = composer.compose(Answer(flag.flag_id, acted, redress, told), hers[flag.pk])
        kept = NoticeReply(
            decision=decision,
            flag=flag,
            language=text.language,
            direction=text.direction,
            text=text.text,
            appeal_code=redress.code if redress else None,
            appeal_until=redress.until if redress else None,
        )
        replies.append(Reply(kept, acted, redress))
    NoticeReply.objects.bulk_create(reply.kept for reply in replies)
    return replies


def _where_it_began(decision: Decision) -> Case:
    """The case of flags that this decision, or the first of those before it, was made on."""
    case = decision.case
    while case.origin != Case.Origin.FLAG:
        before = case.revises if case.origin == Case.Origin.REVISION else decision.overrides
        if before is None:
            break
        decision, case = before, before.case
    return case


def _told_before(began: Case) -> dict[int, list[Decision]]:
    """The decisions that the sender of each notice (a flag's id) was told of."""
    told: dict[int, list[Decision]] = {}
    for reply in NoticeReply.objects.filter(flag__case=began).select_related("decision__case"):
        told.setdefault(reply.flag_id, []).append(reply.decision)
    return told


def _is_final(decision: Decision, before: Sequence[Decision]) -> bool:
    """Whether it ends there: of the decisions made on appeals, she may complain about the first that does not act.

    Otherwise she and the person affected could appeal in turns for ever.
    """
    on_appeal = decision.case.origin == Case.Origin.APPEAL
    return on_appeal and any(each.case.origin == Case.Origin.APPEAL for each in before)


def _languages(flags: Sequence[Flag]) -> dict[int, str]:
    """The language of each answer, as a BCP 47 tag by the flag's id: what came with the notice, else what the platform
    says of the account, else the desk's own.
    """
    asked = {flag.notifier_id for flag in flags if not flag.notifier_language}
    said = {}
    if asked:
        telling = Q(metadata__has_key="language") | ~Q(language="")
        latest = Snapshot.objects.filter(telling, item__in=asked).order_by("item", "-pk").distinct("item")
        for item, metadata, language in latest.values_list("item", "metadata", "language"):
            said[item] = known_language(metadata.get("language"), language)
    return {
        flag.pk: flag.notifier_language or said.get(flag.notifier_id or 0) or settings.LANGUAGE_CODE
        for flag in flags
    }
