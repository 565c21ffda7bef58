"""What decisions do: enforcements and strikes."""

from typing import Final

from django.utils.translation import gettext_lazy as _

CONSEQUENCES: Final = {
    "misuse.warned": _("{who} warned {item}, who often sends {of} without ground: {reasons}"),
    "misuse.suspended": _(
        "{who} suspended {item}, who goes on sending {of} without ground, until {until}: {reasons}"
    ),
    "misuse.lifted": _("{who} lifted a measure against {item}: {measure}, {of}"),
    "dispute.recorded": _("{who} recorded the dispute {reference} before {body} about {item} (case {case})"),
    "dispute.changed": _("{who} wrote down what came of the dispute {reference} before {body} (case {case})"),
    "dispute_body.added": _("{who} added {body} to the dispute settlement bodies"),
    "dispute_body.changed": _("{who} changed the dispute settlement body {body}"),
    "enforcement.requested": _("{who} had the platform asked to carry out “{action}” for {item}"),
    "enforcement.held": _(
        "“{action}” for {item}, asked for by {who}, is held until a second person approves"
    ),
    "enforcement.delivered": _("The platform took the request to carry out “{action}” for {item}"),
    "enforcement.kept": _("“{action}” for {item} stays in force by decision {by_decision}"),
    "enforcement.withdrawn": _("“{action}” for {item} was withdrawn before it went out, by {who}"),
    "enforcement.restored": _("“{action}” for {item} is in force again, by {who}"),
    "enforcement.reversal_requested": _("{who} had the platform asked to take back “{action}” for {item}"),
    "enforcement.reversal_requested/expired": _(
        "“{action}” for {item} ran out, and the platform was asked to take it back"
    ),
    "enforcement.reversed": _("The platform took the request to take back “{action}” for {item}"),
    "enforcement.already_gone": _(
        "The platform answered that {item} is gone already: no “{action}” was needed"
    ),
    "strike.given": _("{item} got a strike of weight {weight} under {policy}, by {who}"),
    "strike.taken_back": _("A strike of weight {weight} of {item} under {policy} was taken back, by {who}"),
    "strike.restored": _("A strike of weight {weight} of {item} under {policy} counts again, by {who}"),
    "strike.void": _(
        "A strike of weight {weight} of {item} under {policy} never counted: it was void from the start"
    ),
    "decision.doubted": _(
        "Decision {decision_id} about {item} rested on a strike that was taken back: somebody should look at it again"
    ),
    "decision.sound_again": _("Decision {decision_id} about {item} rests on enough strikes again"),
    "decision.kept": _(
        "{who} kept decision {decision_id} about {item}, though strikes behind it were taken back"
    ),
    "strike_rules.changed": _("{who} changed the weights and thresholds of strikes"),
}
