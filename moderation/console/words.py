"""What the console says in words: events, evidence, and the facts that platforms send as JSON."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.actions import ACTIONS
from moderation.console import taking

MOST_FACTS: Final = 60
LONGEST_VALUE: Final = 400

EVENTS: Final = {
    "item.received": _("sent it in"),
    "flag.received": _("flagged it"),
    "case.opened": _("opened the case"),
    "case.queued": _("put it into its lane"),
    "case.rerouted": _("routed it again"),
    "case.claimed": _("claimed it"),
    "case.released": _("put it back into its lane"),
    "case.consulted": _("asked a colleague"),
    "case.advised": _("answered what a colleague asked"),
    "case.paused": _("waits for an answer of the person"),
    "case.resumed": _("let it go on"),
    "case.withdrawn": _("closed it: the appeal was taken back"),
    "case.decided": _("decided it"),
    "evidence.viewed": _("looked at the evidence"),
    "enforcement.requested": _("asked the platform to carry it out"),
    "enforcement.delivered": _("told the platform"),
    "enforcement.reversal_requested": _("asked the platform to take it back"),
    "enforcement.reversed": _("told the platform to take it back"),
    "decision.undone": _("took the decision back at once"),
    "case.reopened": _("opened it to be decided anew"),
    "enforcement.held": _("let an action wait for a second person"),
    "enforcement.kept": _("kept what was in force"),
    "enforcement.withdrawn": _("withdrew an action before it went out"),
    "enforcement.restored": _("let it be in force again"),
    "enforcement.already_gone": _("heard that it was gone already"),
    "approval.asked": _("asked a second person to agree"),
    "approval.approved": _("agreed as the second person"),
    "approval.rejected": _("refused as the second person"),
    "approval.amended": _("decides otherwise as the second person"),
    "approval.withdrawn": _("took the question to a second person back"),
    "referral.made": _("referred it to law enforcement"),
    "referral.approved": _("let the referral be sent: a second person agreed"),
    "referral.withdrawn": _("withdrew the referral"),
    "referral.viewed": _("looked at the referral"),
    "referral.edited": _("wrote in the case file"),
    "referral.sent": _("recorded that it was sent to the authority"),
    "referral.answered": _("recorded the authority's answer"),
    "referral.closed": _("closed the referral"),
    "referral.packed": _("made a signed package"),
    "referral.package_taken": _("downloaded a package"),
    "hold.placed": _("placed a legal hold"),
    "hold.viewed": _("looked at the legal hold"),
    "hold.lift_asked": _("asked to lift the legal hold"),
    "hold.lifted": _("lifted the legal hold as the second person"),
    "hold.kept": _("turned down the wish to lift the legal hold"),
    "hold.extended": _("extended the legal hold"),
    "hold.expired": _("ended the legal hold: its time was over"),
    "file.kept": _("fetched a file and keeps it"),
    "file.failed": _("could not fetch a file"),
    "file.retried": _("had files fetched again"),
    "file.viewed": _("looked at a kept file"),
    "file.destroyed": _("destroyed the copies of a hold that had ended"),
    "appeal.filed": _("appealed"),
    "appeal.decided": _("decided the appeal"),
}
# How a case went back to its lane (the Event's "how").
HOW: Final = {
    "released": _("released"),
    "skipped": _("skipped"),
    "expired": _("the hold ran out"),
    "escalated": _("escalated"),
    "language set": _("its language was set"),
    "took part": _("who held it has a part in the decision"),
    "again": _("once more"),
    "rules": _("the rules were changed"),
}


def event(kind: str, data: dict[str, Any]) -> str:
    """An Event in words; its plain kind where we have none, so that nothing is hidden."""
    words = str(EVENTS.get(kind, kind))
    if how := data.get("how"):
        words = f"{words}: {HOW.get(str(how), how)}"
    if kind == "case.claimed" and (taken := taking.in_words(data.get("lane"))):
        words = f"{words} ({taken})"
    if reason := data.get("reason") or data.get("why"):
        words = f"{words} – {reason}" if isinstance(reason, str) else words
    return words


def action_label(judged: dict[str, Any]) -> str:
    """A decided action in the interface's words; its slug where the plugin that brought it is gone."""
    action = ACTIONS.get(judged.get("action", ""))
    return str(action.label) if action else str(judged.get("action", ""))


def facts(data: Any, _path: str = "") -> list[tuple[str, str]]:
    """JSON as rows of (path, value): ``{"ip": {"country": "TH"}}`` → ``[("ip.country", "TH")]``. Cut at MOST_FACTS."""
    rows: list[tuple[str, str]] = []
    if isinstance(data, dict):
        for key, value in data.items():
            rows += facts(value, f"{_path}.{key}" if _path else str(key))
    elif isinstance(data, list) and any(isinstance(each, dict | list) for each in data):
        for number, value in enumerate(data, 1):
            rows += facts(value, f"{_path} {number}")
    elif isinstance(data, list):
        rows.append((_path, ", ".join(scalar(each) for each in data)[:LONGEST_VALUE]))
    else:
        rows.append((_path, scalar(data)))
    return rows[:MOST_FACTS]


def scalar(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)[:LONGEST_VALUE]


def matches(evidence: dict[str, Any]) -> list[dict[str, Any]]:
    """The well-formed matches of a flag's evidence: ``[{"term", "start", "end"}, …]``; offsets may be missing."""
    found = evidence.get("matches")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def spans(evidence: dict[str, Any]) -> list[tuple[int, int]]:
    """(start, end) in code points of every match that has them."""
    return [
        (each["start"], each["end"])
        for each in matches(evidence)
        if type(each.get("start")) is int and type(each.get("end")) is int
    ]


def terms(evidence: dict[str, Any]) -> list[tuple[str, int]]:
    """The terms that matched and how often, in order of first appearance."""
    counts: dict[str, int] = {}
    for each in matches(evidence):
        if isinstance(term := each.get("term"), str):
            counts[term[:200]] = counts.get(term[:200], 0) + 1
    return list(counts.items())
