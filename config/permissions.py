"""Who may open which screen with which method: one table, enforced for every view, and tested cell by cell.

A view that is not in the table cannot be opened by anybody. Which *case* or *item* a person may open is decided
by the access functions of the stages; this table decides about screens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from accounts.models import Role
from config.errors import wrong_method
from moderation.console.request import go

ANYONE: Final = frozenset({"anyone"})
# The view asks for an API key itself (moderation/api/keys.py) and answers in problem details.
API_KEY: Final = frozenset({"API key"})
MODERATORS: Final = frozenset({Role.MODERATOR, Role.ADMIN})
ADMINS: Final = frozenset({Role.ADMIN})

# URL name (with its namespace) → method → who. HEAD follows GET; OPTIONS is answered to nobody.
SCREENS: Final[dict[str, dict[str, frozenset[str]]]] = {
    "healthz": {"GET": ANYONE},
    "api:api-root": {"GET": ANYONE},
    "api:openapi-json": {"GET": ANYONE},
    "api:openapi-view": {"GET": ANYONE},
    "api:flags": {"POST": API_KEY},
    "api:flags-batch": {"POST": API_KEY},
    "api:items": {"POST": API_KEY},
    "api:items-batch": {"POST": API_KEY},
    "api:item": {"GET": API_KEY},
    "api:case": {"GET": API_KEY},
    "api:decisions": {"GET": API_KEY},
    "api:appeals": {"POST": API_KEY},
    "sign-in": {"GET": ANYONE, "POST": ANYONE},
    "sign-out": {"POST": ANYONE},
    "interface-language": {"POST": ANYONE},
    "change-password": {"GET": MODERATORS, "POST": MODERATORS},
    "board": {"GET": MODERATORS},
    "board-figures": {"GET": MODERATORS},
    "next-case": {"POST": MODERATORS},
    "history": {"GET": MODERATORS},
    "case": {"GET": MODERATORS},
    "case-options": {"POST": MODERATORS},
    "take-proposal": {"POST": MODERATORS},
    "statement-preview": {"POST": MODERATORS},
    "case-translation": {"GET": MODERATORS},
    "case-draft": {"POST": MODERATORS},
    "heartbeat": {"POST": MODERATORS},
    "claim-case": {"POST": MODERATORS},
    "release-case": {"POST": MODERATORS},
    "skip-case": {"POST": MODERATORS},
    "decide-case": {"POST": MODERATORS},
    "escalate-case": {"POST": MODERATORS},
    "set-case-language": {"POST": MODERATORS},
    "ask-colleague": {"POST": MODERATORS},
    "case-consultations": {"GET": MODERATORS},
    "asked": {"GET": MODERATORS},
    "answer-consultation": {"POST": MODERATORS},
    "answer-draft": {"POST": MODERATORS},
    "undo-decision": {"POST": MODERATORS},
    "reconsider-decision": {"POST": MODERATORS},
    "approvals": {"GET": MODERATORS},
    "approval": {"GET": MODERATORS},
    "approve-decision": {"POST": MODERATORS},
    "reject-decision": {"POST": MODERATORS},
    "amend-decision": {"POST": MODERATORS},
    "account": {"GET": MODERATORS},
    "strike-rules": {"GET": ADMINS, "POST": ADMINS},
    "keep-decision": {"POST": ADMINS},
    "policies": {"GET": ADMINS},
    "new-policy": {"GET": ADMINS, "POST": ADMINS},
    "policy": {"GET": ADMINS, "POST": ADMINS},
    "policy-version": {"GET": ADMINS},
    "keyword-lists": {"GET": ADMINS},
    "new-keyword-list": {"GET": ADMINS, "POST": ADMINS},
    "keyword-list": {"GET": ADMINS, "POST": ADMINS},
    "routing-rules": {"GET": ADMINS, "POST": ADMINS},
    "new-routing-rule": {"GET": ADMINS, "POST": ADMINS},
    "routing-rule": {"GET": ADMINS, "POST": ADMINS},
    "routing-versions": {"GET": ADMINS},
    "roll-back-routing-rules": {"POST": ADMINS},
    "export-routing-rules": {"GET": ADMINS},
    "import-routing-rules": {"GET": ADMINS, "POST": ADMINS},
    "queues": {"GET": ADMINS},
    "new-queue": {"GET": ADMINS, "POST": ADMINS},
    "queue": {"GET": ADMINS, "POST": ADMINS},
    "pause-queue": {"POST": ADMINS},
    "people": {"GET": ADMINS},
    "new-person": {"GET": ADMINS, "POST": ADMINS},
    "people-many": {"GET": ADMINS, "POST": ADMINS},
    "people-csv": {"GET": ADMINS, "POST": ADMINS},
    "people-csv-file": {"GET": ADMINS},
    "person": {"GET": ADMINS, "POST": ADMINS},
    "person-password": {"POST": ADMINS},
    "clearances": {"GET": ADMINS, "POST": ADMINS},
    "remove-clearance": {"POST": ADMINS},
    "grants": {"GET": ADMINS, "POST": ADMINS},
    "remove-grant": {"POST": ADMINS},
    # Of these, everything answers 404 without the clearance: moderation/referrals/access.py.
    "referrals": {"GET": MODERATORS},
    "referral": {"GET": MODERATORS, "POST": MODERATORS},
    "referral-sent": {"POST": MODERATORS},
    "referral-answer": {"POST": MODERATORS},
    "close-referral": {"POST": MODERATORS},
    "make-package": {"POST": MODERATORS},
    "download-package": {"GET": MODERATORS},
    "holds": {"GET": MODERATORS, "POST": MODERATORS},
    "hold": {"GET": MODERATORS},
    "ask-to-lift": {"POST": MODERATORS},
    "lift-hold": {"POST": MODERATORS},
    "extend-hold": {"POST": MODERATORS},
    "retry-files": {"POST": MODERATORS},
    "held-file": {"GET": MODERATORS},
    "held-file-content": {"GET": MODERATORS},
    # The list itself is no secret.
    "authorities": {"GET": ADMINS, "POST": ADMINS},
    "authority": {"GET": ADMINS, "POST": ADMINS},
    "cyber-tip": {"GET": MODERATORS, "POST": MODERATORS},
    "deliveries": {"GET": ADMINS},
    "replay-delivery": {"POST": ADMINS},
    "replay-deliveries": {"GET": ADMINS, "POST": ADMINS},
    "delivery-log": {"GET": ADMINS},
    "delivery": {"GET": ADMINS},
    "new-endpoint": {"GET": ADMINS, "POST": ADMINS},
    "rotate-secret": {"POST": ADMINS},
    "retire-secret": {"POST": ADMINS},
    "switch-endpoint": {"POST": ADMINS},
    "audit": {"GET": ADMINS},
    "retention": {"GET": ADMINS, "POST": ADMINS},
    "data-requests": {"GET": ADMINS, "POST": ADMINS},
    "data-copy": {"GET": ADMINS},
    "foresights": {"GET": ADMINS},
    "foresight": {"GET": ADMINS},
    "start-foresight": {"POST": ADMINS},
    "explain-case": {"GET": MODERATORS},
    "explain-person": {"GET": MODERATORS},
    "coverage": {"GET": ADMINS},
    "coverage-hours": {"GET": ADMINS},
    "figures": {"GET": ADMINS},
    "appeal-enter": {"GET": ANYONE, "POST": ANYONE},
    "appeal": {"GET": ANYONE, "POST": ANYONE},
    "appeal-status": {"GET": ANYONE, "POST": ANYONE},
    "appeal-withdraw": {"GET": ANYONE, "POST": ANYONE},
    "appeal-copy": {"GET": ANYONE},
    "letters": {"GET": ADMINS},
    "retry-letters": {"POST": ADMINS},
    "appeal-figures": {"GET": ADMINS},
    "misuse": {"GET": ADMINS},
    "misuse-of": {"GET": ADMINS, "POST": ADMINS},
    "lift-measure": {"POST": ADMINS},
    "disputes": {"GET": ADMINS},
    "new-dispute": {"GET": ADMINS, "POST": ADMINS},
    "dispute": {"GET": ADMINS, "POST": ADMINS},
    "dispute-bodies": {"GET": ADMINS, "POST": ADMINS},
    "dispute-body": {"GET": ADMINS, "POST": ADMINS},
    "correct-text": {"GET": ANYONE, "POST": ANYONE},
    "corrections": {"GET": ADMINS},
    "answer-correction": {"POST": ADMINS},
    "corrections-file": {"GET": ADMINS},
    "appeal-file": {"GET": ANYONE},
    "appeal-file-review": {"GET": MODERATORS},
    "appeal-review": {"GET": MODERATORS},
    "appeal-translation": {"GET": MODERATORS},
    "appeal-options": {"POST": MODERATORS},
    "appeal-preview": {"POST": MODERATORS},
    "appeal-ask": {"POST": MODERATORS},
    "appeal-conclude": {"POST": MODERATORS},
}


class PermissionMiddleware:
    """Refuses whatever the table does not allow. A signed-out person is sent to sign in and brought back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        methods = SCREENS.get(match.view_name, {}) if match else {}
        allowed = methods.get("GET" if request.method == "HEAD" else str(request.method))
        if allowed is None:
            return wrong_method(request, methods) if methods else HttpResponse(status=403)
        if allowed in (ANYONE, API_KEY):
            return None
        if not request.user.is_authenticated:
            if request.headers.get("HX-Request"):
                # A fragment must not be replaced by a sign-in page: the page's script says that the session ended.
                return HttpResponse(status=401)
            return redirect_to_login(request.get_full_path())
        if request.user.role not in allowed:
            raise PermissionDenied
        if request.user.must_change_password and (not match or match.view_name != "change-password"):
            return go(request, reverse("change-password"))
        return None
