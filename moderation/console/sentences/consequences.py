"""What decisions do: enforcements and strikes."""

from typing import Final

from django.utils.translation import gettext_lazy as _

CONSEQUENCES: Final = {
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
    "strike_rules.changed": _("{who} changed the weights and thresholds of strikes"),
}
