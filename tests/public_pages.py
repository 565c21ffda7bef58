"""The pages of somebody who appeals, in each of the states in which she can come to see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import LanguageSkill, User
from appeals import drafting, links, questions, review
from appeals.models import Appeal, AppealDraft, DisputeBody, Misuse
from appeals.opening import READABLE, affected
from appeals.withdrawing import withdraw
from moderation import approvals, audit, revisions
from moderation.actions import Place
from moderation.decisions import JudgedAction, decide
from moderation.models import Statement
from tests.appealing import Told, appealed, claimed_by, make_reader, make_told
from tests.deciding import judgement
from tests.factories import make_policy, make_user
from tests.reviewing import by_notifier

# What people wrote, in Esperanto, so that whatever is in English was left so.
WRITTEN = "Zamenhof skribis: ĉiu homo rajtas esti aŭdata."
ALL = ["no_violation", "remove", "restrict", "warn", "demonetise", "lock_account", "terminate_account"]


@dataclass(frozen=True)
class Visit:
    """Coming to a page: by its address, or by sending a form to it."""

    name: str
    path: str
    sent: dict[str, Any] | None = field(default=None, hash=False)
    status: int = 200


def every(language: str) -> list[Visit]:
    """All of them, on decisions whose statements are in this language (a BCP 47 tag)."""
    make_policy("bulk-messaging", allowed_actions=ALL)
    return [*ways_in(), *forms(language), *closed(language), *dialogue(language), *outcomes(language)]


def ways_in() -> Iterator[Visit]:
    enter, correct = reverse("appeal-enter"), reverse("correct-text")
    yield Visit("enter", enter)
    yield Visit("enter: nothing typed", enter, {}, 422)
    yield Visit("enter: mistyped", enter, {"code": "AAAAA", "account": WRITTEN}, 422)
    unknown = {"code": links.new_code(), "account": WRITTEN}
    yield Visit("enter: unknown", enter, unknown, 422)
    yield Visit("unknown link", reverse("appeal", args=["nothing"]), None, 404)
    yield Visit("correct a text", correct)
    yield Visit("correct a text: nothing typed", correct, {"send": "1"}, 422)
    yield Visit("correct a text: thanks", f"{correct}?thanks=1")


def forms(language: str) -> Iterator[Visit]:
    told = told_in(language, post=WRITTEN)
    yield Visit("form", told.path)
    yield Visit("form: nothing typed", told.path, {"text": "", "contact": "nobody"}, 422)
    yield Visit("form: too long", told.path, {"text": "x" * 60_000}, 422)
    ended = told_in(language)
    drafting.keep(affected(ended.decision), {"text": WRITTEN, "background": ""}, language)
    AppealDraft.objects.update(began_at=timezone.now() - timedelta(days=5))
    Statement.objects.filter(pk=ended.statement.pk).update(appeal_until=timezone.now() - timedelta(days=1))
    yield Visit("form: begun in time", ended.path)
    closed_for_good = terminated(language)
    yield Visit("form: once more", closed_for_good.path)
    notice = by_notifier()
    assert notice.reply is not None
    token = links.token_for(notice.decision_id, notice.reply.flag_id)
    yield Visit("status: of whoever reported it", reverse("appeal-status", args=[token]))


def closed(language: str) -> Iterator[Visit]:
    late = told_in(language, until=timedelta(days=-9))
    yield Visit("too late", late.path, {"text": WRITTEN}, 410)
    replaced = told_in(language)
    anew = revisions.reconsider(replaced.decision.pk, replaced.decider)
    assert anew.lease_token is not None
    better = judgement("warn", policy=replaced.decision.policy.slug, reasoning=WRITTEN)
    decide(anew.pk, replaced.decider, anew.lease_token, better)
    yield Visit("replaced", replaced.path, None, 410)
    suspended = told_in(language)
    now, by = timezone.now(), make_user()
    fields = {"account": suspended.account, "of": Misuse.Of.COMPLAINTS, "reasons": WRITTEN, "by": by}
    Misuse.objects.create(measure=Misuse.Measure.WARNING, **fields)
    Misuse.objects.create(measure=Misuse.Measure.SUSPENSION, until=now + timedelta(days=30), **fields)
    yield Visit("suspended", suspended.path, {"text": WRITTEN}, 403)
    old = told_in(language)
    appeal = appealed(old, WRITTEN, language)
    Appeal.objects.filter(pk=appeal.pk).update(
        status="decided", outcome="upheld", decided_at=now - READABLE - timedelta(days=1)
    )
    Statement.objects.filter(pk=old.statement.pk).update(appeal_until=now - timedelta(days=400))
    claimed_by(reader(language), appeal)
    yield Visit("too old", old.status_path, None, 410)


def dialogue(language: str) -> Iterator[Visit]:
    received = told_in(language)
    receive(received, language)
    yield Visit("status: received", received.status_path)
    yield Visit("take it back?", reverse("appeal-withdraw", args=[links.token_for(received.decision.pk)]))
    yield Visit("copy", reverse("appeal-copy", args=[links.token_for(received.decision.pk)]))
    asked = told_in(language)
    question(asked, language)
    yield Visit("status: question", asked.status_path)
    yield Visit("status: no answer typed", asked.status_path, {"answer": ""}, 422)
    answered = told_in(language)
    appeal = question(answered, language)
    questions.answer(appeal, WRITTEN)
    claimed_by(reader(language), appeal)
    yield Visit("status: answered", answered.status_path)
    taken_back = told_in(language)
    withdraw(appealed(taken_back, WRITTEN, language), audit.APPELLANT)
    yield Visit("status: taken back", taken_back.status_path)


def outcomes(language: str) -> Iterator[Visit]:
    won = told_in(language)
    conclude(won, language, "overturned")
    yield Visit("status: overturned", won.status_path)
    partly = told_in(language)
    limited = JudgedAction("restrict", {"how": "limit_visibility"}, on=Place.AUTHOR)
    conclude(partly, language, "partially_overturned", actions=[limited])
    yield Visit("status: partly overturned", partly.status_path)
    lost = told_in(language)
    conclude(lost, language, "upheld")
    yield Visit("status: upheld", lost.status_path)
    refused = told_in(language)
    appeal = conclude(refused, language, "inadmissible", ground="manifestly_unfounded")
    fields = {"account": refused.account, "of": Misuse.Of.COMPLAINTS, "reasons": WRITTEN, "by": make_user()}
    Misuse.objects.create(measure=Misuse.Measure.WARNING, **fields)
    assert appeal.outcome == "inadmissible"
    yield Visit("status: inadmissible", refused.status_path)
    final = terminated(language)
    conclude(final, language, "upheld")
    DisputeBody.objects.get_or_create(
        name="Ĝusta", defaults={"url": "https://body.example/", "languages": ["de", "mt"]}
    )
    yield Visit("status: once more", final.status_path)


def told_in(language: str, **judged: Any) -> Told:
    return make_told(language, **({"reasoning": WRITTEN} | judged))


def terminated(language: str) -> Told:
    """An account that was closed for good, with somebody who agreed."""
    actions = [JudgedAction("lock_account"), JudgedAction("terminate_account")]
    told = told_in(language, actions=actions)
    approvals.approve(told.decision.approval.pk, approver(language))
    return told


def reader(language: str) -> User:
    """Who reads what people wrote, too: an appeal goes to somebody who reads it and what it is about."""
    user = make_reader(language)
    LanguageSkill.objects.get_or_create(moderator=user, tag="eo", defaults={"level": 5})
    return user


def approver(language: str) -> User:
    reads: dict[str, Any] = {language.replace("-", "_"): 5}
    return make_user(clearances=("approval",), **reads)


def receive(told: Told, language: str) -> Appeal:
    """She appealed, and somebody has it in hand, so that nobody is given it in place of another."""
    appeal = appealed(told, WRITTEN, language)
    claimed_by(reader(language), appeal)
    return appeal


def question(told: Told, language: str) -> Appeal:
    appeal = appealed(told, WRITTEN, language)
    moderator = reader(language)
    token = claimed_by(moderator, appeal).lease_token
    assert token is not None
    questions.ask(appeal, moderator, token, WRITTEN)
    return appeal


def conclude(told: Told, language: str, outcome: str, **answer: Any) -> Appeal:
    appeal = appealed(told, WRITTEN, language)
    moderator = reader(language)
    token = claimed_by(moderator, appeal).lease_token
    assert token is not None
    review.conclude(appeal, moderator, token, review.Answer(outcome, WRITTEN, **answer))
    appeal.refresh_from_db()
    return appeal
