"""Flags, cases, decisions, approvals and appeals."""

from typing import Final

from django.utils.translation import gettext_lazy as _

CASES: Final = {
    "item.received": _("{who} sent in {item}"),
    "flag.received": _("{who} flagged {item} under {policy} (case {case})"),
    "case.opened": _("Case {case} was opened about {item} under {policy}"),
    "case.queued": _("Case {case} about {item} was put into the queue {queue} in {language}"),
    "case.rerouted": _("Case {case} about {item} was routed again to {queue} in {language}"),
    "case.rerouted/rules": _(
        "Case {case} about {item} was routed to {queue} in {language} by version {version} of the rules"
    ),
    "case.claimed": _("{who} claimed case {case} about {item}"),
    "case.claimed/again": _("{who} took case {case} about {item} once more"),
    "case.released": _("{who} put case {case} about {item} back into its queue"),
    "case.released/skipped": _("{who} skipped case {case} about {item}"),
    "case.released/expired": _("The hold on case {case} about {item} ran out"),
    "case.released/escalated": _("{who} escalated case {case} about {item} to {queue}: {why}"),
    "case.released/language set": _("{who} set the language of case {case} about {item} to {language}"),
    "case.released/took part": _(
        "Case {case} about {item} went back into its queue: who held it has a part in the decision"
    ),
    "case.paused": _("{who} waits for an answer in case {case} about {item}"),
    "case.resumed": _("Case {case} about {item} goes on"),
    "case.withdrawn": _("Case {case} about {item} was closed: the appeal was taken back"),
    "case.withdrawn/settled": _(
        "Case {case} about {item} was closed: an appeal settled what was to be decided"
    ),
    "case.decided": _("{who} decided on {item} under {policy}: {actions} (case {case})"),
    "case.decided/no actions": _("{who} let the decision on {item} stand (case {case})"),
    "case.decided/no_violation": _("{who} found no violation by {item} of {policy} (case {case})"),
    "case.decided/remove": _("{who} removed {item} under {policy} (case {case})"),
    "case.decided/restrict": _("{who} restricted {item} under {policy} (case {case})"),
    "case.decided/warn": _("{who} warned about {item} under {policy} (case {case})"),
    "case.decided/demonetise": _("{who} demonetised {item} under {policy} (case {case})"),
    "case.consulted": _("{who} asked {person} about case {case}, about {item}"),
    "case.advised": _("{who} answered a question about case {case}, about {item}"),
    "case.reopened": _("{who} opened case {case} to decide on {item} again"),
    "decision.undone": _("{who} undid decision {decision_id} on {item} (case {case})"),
    "approval.asked": _("{who} asked for a second person to approve {actions} for {item} (case {case})"),
    "approval.approved": _("{who} approved decision {decision_id} on {item} (case {case})"),
    "approval.rejected": _("{who} rejected decision {decision_id} on {item} (case {case})"),
    "approval.amended": _(
        "{who} decided otherwise than decision {decision_id} on {item}, which waited for approval (case {case})"
    ),
    "approval.withdrawn": _(
        "Decision {decision_id} on {item} no longer waits for approval: {who} took it back (case {case})"
    ),
    "appeal.filed": _("{who} appealed against decision {decision_id} on {item} (case {case})"),
    "appeal.decided": _(
        "{who} decided the appeal against decision {decision_id} on {item}: {outcome} (case {case})"
    ),
    "appeal.question_asked": _("{who} asked whoever appealed a question about {item} (case {case})"),
    "appeal.question_answered": _("{who} answered the question about {item} (case {case})"),
    "appeal.question_lapsed": _("The question about {item} was not answered in time (case {case})"),
    "appeal.withdrawn": _(
        "{who} took back the appeal against decision {decision_id} on {item} (case {case})"
    ),
    "letter.given_up": _("A letter to whoever appealed about {item} could not be sent (case {case})"),
    "letter.retried": _("{who} had a letter to whoever appealed about {item} sent again (case {case})"),
    "evidence.viewed": _("{who} looked at the evidence about {item} (case {case})"),
    "evidence.viewed/by_api": _("{who} fetched the evidence about {item} by the API"),
    "evidence.viewed/a file": _("{who} opened file {file_id} of the appeal about {item} (case {case})"),
    "evidence.viewed/translated": _("{who} looked at {item} translated into {translated_into} (case {case})"),
    "account.viewed": _("{who} looked at the page of {item}"),
}
