"""Moderators of one language each, who decide what is theirs and change their minds; and what that should come to."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import httpx
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.utils import timezone

from accounts.models import User
from appeals.filing import file_appeal
from appeals.models import Appeal
from appeals.opening import AlreadyAppealed, AppealClosed, affected
from moderation import approvals, audit, revisions
from moderation.decisions import JudgedAction, Judgement, decide
from moderation.models import Case, Decision
from moderation.queueing.claim import claim_next
from tests.decision_model import Decided, Done, Model

POLICY: Final = "hate-speech"
HELD: Final = {"terminate_account"}
# What is chosen, and how often.
CHOICES: Final = {
    "no_violation": 25,
    "remove": 35,
    "demote": 10,
    "limit_visibility": 8,
    "warn": 12,
    "demonetise": 6,
    "lock_account": 10,
    "lock_for_seconds": 6,
    "terminate_account": 6,
}
MOST_URGENT: Final = 1_000_000
REASONS: Final = "It is against our rules."
TOKEN: Final = re.compile(r'name="token" value="([0-9a-f-]+)"')


class Group:
    """The moderators of one language, one of whom is at work at any moment. ``url``: through the web; else directly."""

    def __init__(self, language: str, people: list[User], share: int, seed: int, url: str = "") -> None:
        self.language = language
        self.people = people
        self.share = share
        self.model = Model()
        self.did: Counter[str] = Counter()
        self.errors: list[str] = []
        self._url = url
        self._sessions: dict[int, httpx.Client] = {}
        self._random = random.Random(seed)
        self.thread = threading.Thread(target=self._work, daemon=True)

    @property
    def decisions(self) -> int:
        return len(self.model.decisions)

    def _work(self) -> None:
        try:
            while self.decisions < self.share:
                person = self._random.choice(self.people)
                case = claim_next(person)
                if case is None:
                    time.sleep(0.05)
                    continue
                self._change_minds(self._judge(case, person, self._some()))
        except Exception as error:
            self.errors.append(f"{self.language}: {type(error).__name__}: {error}")
            raise
        finally:
            connections.close_all()

    def _change_minds(self, known: Decided) -> None:
        """What else comes of a decision, sometimes."""
        chance = self._random.random()
        if chance < 0.08:
            self._undo(known)
        elif chance < 0.16:
            self._reconsider(known)
        elif known.waits:
            self._answer(known)
        elif chance < 0.26:
            self._appeal(known)

    def _undo(self, known: Decided) -> None:
        person = self._person(known.by)
        try:
            case = revisions.undo(known.pk, person)
        except revisions.TooLate:
            self.did["undone too late"] += 1
            return
        self.did["undone"] += 1
        self.model.undo(known)
        self._judge(case, person, self._some(), before=known.before)

    def _reconsider(self, known: Decided) -> None:
        person = self._person(known.by)
        case = revisions.reconsider(known.pk, person)
        self.did["reconsidered"] += 1
        self._judge(case, person, self._some(), before=known)

    def _answer(self, known: Decided) -> None:
        approval = Decision.objects.get(pk=known.pk).approval
        person = next(each for each in self.people if each.pk != known.by)
        if self._random.random() < 0.7:
            approvals.approve(approval.pk, person)
            self.model.approve(known)
            self.did["approved"] += 1
            return
        case = approvals.amend(approval.pk, person)
        self.did["amended"] += 1
        self._judge(case, person, self._some(), before=known)

    def _appeal(self, known: Decided) -> None:
        decision = Decision.objects.get(pk=known.pk)
        try:
            appeal = file_appeal(
                affected(decision), "I greeted my friends.", "en", Appeal.FiledBy.PERSON, audit.APPELLANT
            )
        except (AlreadyAppealed, AppealClosed):
            return
        # Routed by the language that the appeal is in; here it stays with those who read the content.
        Case.objects.filter(pk=appeal.case_id).update(language=self.language, priority=MOST_URGENT)
        took_part = set(appeal.case.exclusions.values_list("moderator", flat=True))
        person = next(each for each in self.people if each.pk not in took_part)
        case = claim_next(person)
        if case is None or case.pk != appeal.case_id or case.lease_token is None:
            raise AssertionError(f"the appeal's case {appeal.case_id} was not given: {case}")
        won = self._random.random() < 0.5
        actions = [JudgedAction("no_violation")] if won else []
        made = decide(
            case.pk,
            person,
            case.lease_token,
            Judgement(POLICY, actions, "We looked again.", overrides=decision if won else None),
        )
        self.did["appealed"] += 1
        over = self.model.decide(made.pk, person.pk, 0, [], HELD, before=known if won else None)
        over.struck = False

    def _judge(self, case: Case, person: User, chosen: list[str], before: Decided | None = None) -> Decided:
        ends = timezone.now() + timedelta(seconds=self._random.uniform(2, 8))
        item = case.item
        author = item.author.external_id if item.author else item.external_id
        pk = self._submit(case, person, chosen, [_judged(each, ends.isoformat()) for each in chosen])
        done = [_done(each, item.external_id, author) for each in chosen if each != "no_violation"]
        made = self.model.decide(pk, person.pk, item.pk, done, HELD, before)
        for measure in made.measures:
            measure.over = measure.done[2] == "for seconds"
        return made

    def _submit(self, case: Case, person: User, chosen: list[str], actions: list[JudgedAction]) -> int:
        assert case.lease_token is not None
        if self._url and "lock_for_seconds" not in chosen:
            self._submit_by_web(case, person, actions)
            self.did["decided through the web"] += 1
            return Decision.objects.get(case=case.pk).pk
        return decide(case.pk, person, case.lease_token, Judgement(POLICY, actions, REASONS)).pk

    def _submit_by_web(self, case: Case, person: User, actions: list[JudgedAction]) -> None:
        """As her browser does, again and again while the web is killed under her."""
        form: dict[str, Any] = {"policy": POLICY, "reasoning": REASONS, "actions": [], "note": ""}
        for action in actions:
            form["actions"].append(action.action)
            for name, value in action.parameters.items():
                form[f"{action.action}.{name}"] = value or ""
            if action.on:
                form[f"{action.action}.on"] = action.on

        def submit() -> bool:
            http = self._session(person)
            page = http.get(f"/cases/{case.pk}/")
            token = TOKEN.search(page.text)
            if token:
                answer = http.post(
                    f"/cases/{case.pk}/decide/",
                    data=form | {"token": token[1]},
                    headers={"X-CSRFToken": http.cookies["csrftoken"], "Referer": f"{self._url}/"},
                )
                if answer.status_code not in (302, 409):
                    raise AssertionError(f"answered {answer.status_code}: {answer.text[:2000]}")
            return Decision.objects.filter(case=case.pk).exists()

        _again_and_again(submit)

    def _session(self, person: User) -> httpx.Client:
        """Her browser, signed in."""
        if person.pk not in self._sessions:
            session = SessionStore()
            session[SESSION_KEY] = str(person.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
            session[HASH_SESSION_KEY] = person.get_session_auth_hash()
            session.save()
            http = httpx.Client(base_url=self._url, timeout=30)
            http.cookies.set(settings.SESSION_COOKIE_NAME, str(session.session_key))
            self._sessions[person.pk] = http
        return self._sessions[person.pk]

    def _person(self, pk: int) -> User:
        return next(each for each in self.people if each.pk == pk)

    def _some(self) -> list[str]:
        many = self._random.choices([1, 2, 3], [6, 3, 1])[0]
        chosen = dict.fromkeys(self._random.choices(list(CHOICES), list(CHOICES.values()), k=many))
        if "no_violation" in chosen:
            return ["no_violation"]
        if "lock_for_seconds" in chosen:
            chosen.pop("lock_account", None)
        if "demote" in chosen:
            chosen.pop("limit_visibility", None)
        return list(chosen)


def _judged(choice: str, ends: str) -> JudgedAction:
    if choice == "demote":
        return JudgedAction("restrict", {"how": "demote"})
    if choice == "limit_visibility":
        return JudgedAction("restrict", {"how": "limit_visibility"}, on="author")
    if choice == "lock_for_seconds":
        return JudgedAction("lock_account", {"until": ends})
    return JudgedAction(choice)


def _done(choice: str, item: str, author: str) -> Any:
    action = _judged(choice, "")
    on_author = choice in ("limit_visibility", "lock_account", "lock_for_seconds", "terminate_account")
    how = "for seconds" if choice == "lock_for_seconds" else action.parameters.get("how", "")
    return (author if on_author else item, action.action, how)


def expected(groups: list[Group]) -> Counter[tuple[str, str, str]]:
    """What must be in force once everything has settled, by all that the groups decided."""
    total: Counter[Any] = Counter()
    for group in groups:
        total += group.model.in_force()
    return total


def _again_and_again(do: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            if do():
                return
        except httpx.HTTPError:
            time.sleep(0.2)
        if time.monotonic() > until:
            raise AssertionError("the web did not come back")


__all__ = ["Done", "Group", "expected"]
