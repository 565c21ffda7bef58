"""Who calls: a platform, by the API key in its Authorization header, within the key's scopes."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from ninja.security.http import HttpAuthBase

from accounts import api_keys
from accounts.models import ApiKey, Scope
from moderation.api import limits
from moderation.api.problems import FORBIDDEN, UNAUTHORIZED, Problem


class ApiRequest(HttpRequest):
    """A request that BearerKey let through."""

    auth: ApiKey


class BearerKey(HttpAuthBase):
    """The access check of every call: a valid key, its scope, its calls a minute, the size of the body.

    In that order, and before any of the body is read.
    """

    openapi_scheme = "bearer"
    openapi_description = "An API key (`fl_…`) of your platform, made by `manage.py api_key create`"

    def __init__(self, scope: Scope, *, batch: bool = False) -> None:
        super().__init__()
        self.scope = scope
        self.batch = batch

    def __call__(self, request: HttpRequest) -> ApiKey:
        """Raises Problem (401, 403, 411, 413, 429)."""
        key = _known_key(request.headers.get("Authorization", ""))
        if self.scope not in key.scopes:
            raise Problem(
                FORBIDDEN,
                f"This call needs the scope {self.scope.value}; the key has {', '.join(key.scopes)}",
                headers={
                    "WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self.scope.value}"'
                },
            )
        limits.count_call(key)
        if request.method == "POST":
            most = settings.API_BATCH_BYTES if self.batch else settings.API_BODY_BYTES
            limits.check_length(request, most, required=not self.batch)
        return key


def _known_key(header: str) -> ApiKey:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise _unauthorized("Send your API key as Authorization: Bearer fl_…", "Bearer")
    key = api_keys.look_up(value.strip())
    if key is None:
        raise _unauthorized("There is no such key.", 'Bearer error="invalid_token"')
    if reason := api_keys.refusal(key):
        raise _unauthorized(reason, 'Bearer error="invalid_token"')
    return key


def _unauthorized(detail: str, challenge: str) -> Problem:
    return Problem(UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge})
