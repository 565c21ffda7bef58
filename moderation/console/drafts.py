"""Drafts: what is typed on a case is kept a second after it is typed, whoever holds the case by then."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from moderation import access
from moderation.console.request import Typed, moderator, typed
from moderation.models import Case, Decision, Draft


def save_draft(request: HttpRequest, case_id: int) -> HttpResponse:
    user = moderator(request)
    keep(access.case_for(user, case_id), user, typed(request))
    return HttpResponse(status=204)


def keep(case: Case, user: User, fields: Typed) -> None:
    """Keep the form as typed. An empty one keeps nothing new; nor does one that was submitted: a late save must not
    bring it back."""
    if not fields or Decision.objects.filter(case=case, decided_by=user).exists():
        return
    Draft.objects.update_or_create(case=case, moderator=user, defaults={"fields": fields})


def kept(case: Case, user: User) -> Typed:
    draft = Draft.objects.filter(case=case, moderator=user).first()
    return draft.fields if draft else {}
