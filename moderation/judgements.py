"""What a moderator judged, as she gave it, and the check that it can be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext
from pydantic import ValidationError

from moderation.actions import ACTIONS, Action, NoViolation, Parameters, refusal
from moderation.countries import COUNTRIES
from moderation.models import Case, Decision, Item, Policy
from moderation.routing.triage import awaits_language

# As much as the DSA database takes for the facts of a decision.
MOST_CHARACTERS: Final = 5000
# As much as it takes for the law that is named.
MOST_LAW: Final = 500
SEVERITIES: Final = range(1, 6)


@dataclass(frozen=True)
class JudgedAction:
    """An action as chosen: its slug, its parameters (JSON), and ISO 3166-1 codes (none: everywhere).

    ``on``: a Place, ``item`` or ``author``; empty for the action's own.
    """

    action: str
    parameters: dict[str, Any] = field(default_factory=dict)
    territories: list[str] = field(default_factory=list)
    on: str = ""


@dataclass(frozen=True)
class Judgement:
    """What a moderator submits. ``policy`` is a slug; ``reasoning`` is public, ``note`` private.

    ``severity`` (1 to 5), ``ground`` (a Policy.Ground) and ``legal_ground`` are the policy's own where left out.
    On an appeal: no actions where the decision stands, or where the appeal is not looked into (``inadmissible`` is the
    ground); ``overrides`` and ``no_violation`` where it is taken back, or other actions where another takes its place.
    On a revision that somebody began because she thought better of it: no actions where the decision stands.
    """

    policy: str
    actions: list[JudgedAction]
    reasoning: str
    note: str = ""
    overrides: Decision | None = None
    severity: int | None = None
    ground: str = ""
    legal_ground: str = ""
    inadmissible: str = ""


@dataclass(frozen=True)
class Measure:
    """One action of a judgement, checked: what is done, to what, how and where."""

    action: Action
    target: Item
    parameters: dict[str, Any]
    territories: list[str]
    on: str = ""

    def as_json(self) -> dict[str, Any]:
        said = {
            "action": self.action.slug,
            "parameters": {} if self.action.confidential else self.parameters,
            "territories": self.territories,
        }
        return said | {"on": self.on} if self.on else said


class InvalidJudgement(Exception):
    """It cannot be done as it was given. ``errors``: ``[{"loc": ["actions", 0, "parameters", "until"], "msg": …}]``."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors))
        self.errors = errors


class Reading:
    """A judgement read against its case: the measures that can be taken, and what is wrong with the rest."""

    def __init__(self, case: Case, judgement: Judgement) -> None:
        self.case = case
        self.judgement = judgement
        self.errors: list[dict[str, Any]] = []
        self.policy = self._policy()
        self.severity = self._severity()
        self.ground, self.legal_ground = self._ground()
        self.measures = [
            measure
            for number, chosen in enumerate(judgement.actions)
            if (measure := self._measure(number, chosen)) is not None
        ]
        self._check_language()
        self._check_combination()
        self._check_override()
        self._check_words()

    @property
    def restricts(self) -> bool:
        return any(measure.action.restricts for measure in self.measures)

    @property
    def at_once(self) -> list[Measure]:
        """What does not wait for a second person."""
        return [measure for measure in self.measures if not measure.action.held]

    @property
    def restricts_at_once(self) -> bool:
        return any(measure.action.restricts for measure in self.at_once)

    def _wrong(self, message: str, *loc: str | int) -> None:
        self.errors.append({"loc": list(loc), "msg": message})

    def _policy(self) -> Policy:
        policy = Policy.objects.filter(slug=self.judgement.policy).first()
        if policy is None:
            self._wrong(gettext("There is no such policy"), "policy")
        return policy or self.case.policy

    def _severity(self) -> int:
        severity = self.judgement.severity
        if severity is None:
            return self.policy.severity
        if severity not in SEVERITIES:
            self._wrong(gettext("Choose how grave it is, from 1 to 5"), "severity")
        return severity

    def _ground(self) -> tuple[str, str]:
        ground = self.judgement.ground or self.policy.ground
        if ground not in Policy.Ground.values:
            self._wrong(gettext("Choose whether it breaks our terms or the law"), "ground")
            return self.policy.ground, self.policy.legal_ground
        if ground != Policy.Ground.LAW:
            return ground, ""
        law = self.judgement.legal_ground.strip() or self.policy.legal_ground
        if not law and self.judgement.actions:
            self._wrong(gettext("Name the law that it breaks"), "legal_ground")
        return ground, law

    def _measure(self, number: int, chosen: JudgedAction) -> Measure | None:
        at = ("actions", number)
        action = ACTIONS.get(chosen.action)
        if action is None:
            self._wrong(gettext("There is no such action"), *at, "action")
            return None
        if not action.decides:
            self._wrong(gettext("This moves the case and cannot be part of a decision"), *at, "action")
            return None
        if no := refusal(action, self.case, self.policy):
            self._wrong(no, *at, "action")
            return None
        target = action.target(self.case.item, chosen.on)
        if target is None:
            self._wrong(str(action.no_target), *at, "on")
            return None
        parameters = self._parameters(action, chosen, *at)
        territories = self._territories(action, chosen, parameters, *at)
        if parameters is None or territories is None:
            return None
        if wrong := action.check(target, parameters):
            self._wrong(wrong, *at, "parameters")
            return None
        return Measure(action, target, parameters.model_dump(mode="json"), territories, chosen.on)

    def _parameters(self, action: Action, chosen: JudgedAction, *at: str | int) -> Parameters | None:
        try:
            return action.parameters.model_validate(chosen.parameters)
        except ValidationError as error:
            for each in error.errors(include_url=False, include_context=False):
                self._wrong(each["msg"].removeprefix("Value error, "), *at, "parameters", *each["loc"])
            return None

    def _territories(
        self, action: Action, chosen: JudgedAction, parameters: Parameters | None, *at: str | int
    ) -> list[str] | None:
        known = True
        for number, code in enumerate(chosen.territories):
            if code not in COUNTRIES:
                self._wrong(gettext("This is not a country code (ISO 3166-1)"), *at, "territories", number)
                known = False
        if chosen.territories and not action.territorial:
            self._wrong(gettext("This action holds everywhere: it takes no countries"), *at, "territories")
            return None
        if parameters and action.needs_territories(parameters) and not chosen.territories:
            self._wrong(gettext("Name the countries where this holds"), *at, "territories")
            return None
        return sorted(set(chosen.territories)) if known else None

    def _check_language(self) -> None:
        if awaits_language(self.case):
            self._wrong(gettext("Say first which language it is: nobody has yet"), "language")

    def _check_combination(self) -> None:
        chosen = [each.action for each in self.judgement.actions]
        if not chosen and not may_stand(self.case):
            self._wrong(gettext("Choose what to do"), "actions")
        if NoViolation.slug in chosen and len(chosen) > 1:
            self._wrong(gettext("“No violation” cannot be combined with other actions"), "actions")
        if self.judgement.inadmissible and (chosen or self.case.origin != Case.Origin.APPEAL):
            self._wrong(gettext("What is not looked into changes nothing"), "inadmissible")
        # A restriction in two ways is two actions, and so is one on the content and on its author.
        keys = [(each.action, each.on, each.parameters.get("how")) for each in self.judgement.actions]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                self._wrong(gettext("This action was chosen twice"), "actions", number)

    def _check_override(self) -> None:
        overridden = self.judgement.overrides
        if self.case.origin == Case.Origin.REVISION:
            return
        taken_back = self.case.origin == Case.Origin.APPEAL and bool(self.judgement.actions)
        if overridden is None:
            if taken_back:
                self._wrong(gettext("Name the decision that is taken back"), "overrides")
            return
        if not taken_back:
            self._wrong(gettext("Only an appeal that is won takes a decision back"), "overrides")
        elif overridden.item_id != self.case.item_id:
            self._wrong(gettext("That decision was about something else"), "overrides")

    def _check_words(self) -> None:
        reasoning = self.judgement.reasoning
        if not reasoning.strip() and (self.restricts or self.case.origin == Case.Origin.APPEAL):
            self._wrong(gettext("Write the reasons: the person affected has a right to them"), "reasoning")
        for name, text, most in (
            ("reasoning", reasoning, MOST_CHARACTERS),
            ("note", self.judgement.note, MOST_CHARACTERS),
            ("legal_ground", self.judgement.legal_ground, MOST_LAW),
        ):
            if len(text) > most:
                self._wrong(gettext("At most %(most)s characters") % {"most": most}, name)
            if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
                self._wrong(gettext("There is a character in it that cannot be stored"), name)


def may_stand(case: Case) -> bool:
    """Whether a judgement without actions means something here: that the decision in question stands."""
    return case.origin == Case.Origin.APPEAL or case.revised == Case.Revised.RECONSIDERED


def check(case: Case, judgement: Judgement) -> Reading:
    """The judgement's reading. Raises InvalidJudgement with everything that is wrong with it."""
    reading = Reading(case, judgement)
    if reading.errors:
        raise InvalidJudgement(reading.errors)
    return reading
