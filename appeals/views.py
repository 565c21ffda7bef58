"""How an appeal stands. No sign-in, no script."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from appeals import opening, words
from appeals.page import party_by, public_page, see_other, show


@public_page
def status(request: HttpRequest, token: str) -> HttpResponse:
    """How the appeal stands, and its outcome. Also after the time to appeal is over: the answer may come later."""
    party = party_by(request, token)
    filed = opening.latest_appeal(party)
    if filed is None:
        return see_other("appeal", token)
    return show(
        request,
        "status",
        appeal=filed,
        party=party,
        token=token,
        filed_on=words.day(filed.filed_at),
        decided_on=words.day(filed.decided_at) if filed.decided_at else "",
        due_on=words.day(filed.case.due_at) if filed.case.due_at else "",
        what_was_done=words.what_was_done(party.decision),
    )
