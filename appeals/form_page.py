"""What was decided and why; and the form to say that it is wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from appeals import filing, opening, words
from appeals.forms import AppealForm
from appeals.models import Appeal
from appeals.page import party_by, public_page, see_other, show
from moderation import audit
from moderation.isolates import isolate
from moderation.models import Decision, Policy
from moderation.policies import as_it_was
from moderation.statements import name_of_rule


@public_page
def appeal(request: HttpRequest, token: str) -> HttpResponse:
    """What was decided and why; and the form to say that it is wrong."""
    party = party_by(request, token)
    try:
        way = opening.way_for(party)
        if request.method != "POST":
            return _form_page(request, token, way, AppealForm())
        if "change_language" in request.POST:
            # Only the page's words change. Hers stay as they are, and are not judged yet.
            return _form_page(request, token, way, AppealForm(initial=request.POST.dict()))
        form = AppealForm(request.POST)
        if not form.is_valid():
            return _form_page(request, token, way, form, 422)
        filing.file_appeal(
            party,
            form.cleaned_data["text"],
            request.LANGUAGE_CODE,
            Appeal.FiledBy.PERSON,
            audit.APPELLANT,
            background=form.cleaned_data["background"],
        )
    except opening.AppealClosed as closed:
        return show(request, "late", 410, until=words.day(closed.until) if closed.until else "")
    except opening.AlreadyAppealed:
        # Also where she pressed twice: the first one counts, and its page is where she wants to be.
        return see_other("appeal-status", token)
    return see_other("appeal-status", token)


def _form_page(
    request: HttpRequest, token: str, way: opening.Way, form: AppealForm, code: int = 200
) -> HttpResponse:
    decision: Decision = way.party.decision
    return show(
        request,
        "appeal",
        code,
        form=form,
        token=token,
        decision=decision,
        snapshot=decision.case.snapshot,
        platform=decision.item.platform,
        what_was_done=words.what_was_done(decision),
        rule=isolate(name_of_rule(as_it_was(decision), get_language() or way.party.told.language)),
        law=isolate(decision.legal_ground) if decision.ground == Policy.Ground.LAW else "",
        # What a second person approved later was told in a message of its own.
        told=[(each, words.day(each.created_at)) for each in decision.statements.order_by("pk")],
        on_what=words.on_what(decision.item),
        by_whom=words.by_whom(decision),
        decided_on=words.day(decision.decided_at),
        until=words.day(way.until),
        # The choice of language is sent with the form, so that nothing typed is lost without a script.
        language_form="appeal-form",
    )
