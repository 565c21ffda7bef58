"""The statement as it is shown before a decision is made, and as it is kept when it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from moderation import plugins, reopening
from moderation.hookspecs import Redress
from moderation.judgements import Judgement, Measure, Reading
from moderation.models import Case, Decision, Flag, Statement
from moderation.outbox.posting import iso
from moderation.statements.composing import NOT_YET, StatementText, compose
from moderation.statements.grounds import Grounds, recipient_of, replaced

__all__ = ["NOT_YET", "preview", "previews", "redress_for", "redresses_for", "write"]


def preview(case: Case, judgement: Judgement) -> StatementText:
    """What the person would be told first: ``previews`` says when there is more."""
    return previews(case, judgement)[0]


def previews(case: Case, judgement: Judgement) -> list[StatementText]:
    """What the person would be told: of what is done at once, and apart from it, of what a second person approves.

    What cannot be done is left out; link, code and date are NOT_YET. One statement at least, however unfinished.
    """
    reading = Reading(case, judgement)
    now = Grounds(
        case=case,
        policy=reading.policy,
        measures=[measure for measure in reading.measures if not measure.action.held],
        reasoning=judgement.reasoning,
        automated=False,
        redress=None,
        ground=reading.ground,
        legal_ground=reading.legal_ground,
        replaces=replaced(judgement.overrides or reopening.replaced_by(case)),
    )
    held = [measure for measure in reading.measures if measure.action.held and measure.action.restricts]
    later = [compose(replace(now, measures=held, approved=True))] if held else []
    return [compose(now), *later] if now.measures or not held else later


def write(decision: Decision, case: Case, measures: Sequence[Measure]) -> tuple[Statement, Redress]:
    """Compose a statement about these measures of a decision and keep it: at once of those that hold at once, and of
    those that were held for a second person when she has approved them. Call it in the transaction of either.
    """
    redress = redress_for(decision)
    told = compose(
        Grounds(
            case=case,
            policy=decision.policy,
            measures=[measure for measure in measures if measure.action.restricts],
            reasoning=decision.reasoning,
            automated=decision.automated,
            redress=redress,
            ground=decision.ground,
            legal_ground=decision.legal_ground,
            approved=any(measure.action.held for measure in measures),
            replaces=replaced(decision.overrides),
        )
    )
    statement = Statement.objects.create(
        decision=decision,
        recipient=recipient_of(case.item),
        language=told.language,
        direction=told.direction,
        text=told.text,
        appeal_code=redress.code,
        appeal_until=redress.until,
    )
    return statement, redress


def redress_for(decision: Decision, notice: Flag | None = None) -> Redress:
    """Where the person affected can complain about it, or whoever sent this ``notice``."""
    return redresses_for(decision, [notice])[0]


def redresses_for(decision: Decision, notices: Sequence[Flag | None]) -> Sequence[Redress]:
    """The same for many at once, from the hook. A system check says so before it is missing here."""
    redresses: Sequence[Redress] | None = plugins.manager().hook.redress(decision=decision, notices=notices)
    if redresses is None:
        raise ImproperlyConfigured("No plugin implements the hook redress: nobody could appeal")
    return redresses


def as_json(statement: Statement, redress: Redress) -> dict[str, Any]:
    """A statement as the platform is told of it (docs/webhooks.md)."""
    return {
        "language": statement.language,
        "direction": statement.direction,
        "text": statement.text,
        "appeal_url": redress.url,
        "appeal_code": statement.appeal_code,
        "appeal_until": iso(statement.appeal_until),
    }
