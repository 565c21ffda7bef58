"""API keys: made by the command, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.api_keys import authenticate, create_key, revoke
from accounts.models import ApiKey, Platform, Scope
from moderation.models import Event

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("api_key", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_key_is_shown_once_and_kept_as_a_digest(platform: Platform) -> None:
    made, key = create_key(platform, "ours", [Scope.FLAGS_WRITE, "flags:write", "cases:read"])
    made.refresh_from_db()
    assert key.startswith("fl_")
    assert made.prefix == key[:9]
    assert made.digest == hashlib.sha256(key.encode()).hexdigest()
    assert made.scopes == ["cases:read", "flags:write"]
    assert key not in [str(value) for value in ApiKey.objects.filter(pk=made.pk).values()[0].values()]
    assert authenticate(key) == made


def test_a_key_is_recognised_only_while_it_is_valid(platform: Platform) -> None:
    made, key = create_key(platform, "ours", Scope.values, timezone.now() + timedelta(minutes=1))
    assert authenticate(key) == made
    assert authenticate(key[:-1]) is None
    ApiKey.objects.update(expires_at=timezone.now())
    assert authenticate(key) is None
    made, key = create_key(platform, "ours", Scope.values)
    revoke(made)
    first = made.revoked_at
    revoke(made)
    assert made.revoked_at == first
    assert authenticate(key) is None


def test_a_launcher_may_choose_a_key_of_the_right_form(platform: Platform) -> None:
    _, key = create_key(platform, "ours", Scope.values, key="fl_" + "a" * 20)
    assert key == "fl_" + "a" * 20
    for wrong in ("fl_short", "xx_" + "a" * 30, "fl_" + "ä" * 30, "fl_" + "a" * 129, "fl_" + "a" * 30 + "\n"):
        with pytest.raises(ValueError, match="A key is"):
            create_key(platform, "ours", Scope.values, key=wrong)


@pytest.mark.parametrize("scopes", [[], ["everything"]])
def test_a_key_needs_scopes_that_there_are(platform: Platform, scopes: list[str]) -> None:
    with pytest.raises(ValueError):
        create_key(platform, "ours", scopes)
    assert not ApiKey.objects.exists()


def test_the_command_makes_lists_and_revokes_and_each_is_an_event(platform: Platform) -> None:
    key = run("create", "harbour", "first", "--scope", "flags:write", "--days", "30").strip()
    made = ApiKey.objects.get()
    assert authenticate(key) == made
    assert made.expires_at is not None
    assert made.scopes == ["flags:write"]
    assert key not in run("list")
    assert "flags:write  first" in run("list")
    run("revoke", str(made.pk))
    assert authenticate(key) is None
    assert "This key was revoked." in run("list")
    latest = Event.objects.order_by("-id").values_list("kind", flat=True)[:2]
    assert list(latest) == ["api_key.revoked", "api_key.created"]


def test_the_command_gives_all_scopes_by_default_and_can_make_the_platform() -> None:
    key = run("create", "lagoon", "first", "--new-platform", "Lagoon").strip()
    made = authenticate(key)
    assert made is not None
    assert (made.platform.name, made.scopes) == ("Lagoon", sorted(Scope.values))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "nowhere", "x"), "There is no platform “nowhere”; there are: harbour"),
        (("create", "harbour", "x", "--days", "0"), "at least a day"),
        (("revoke", "999"), "There is no key 999"),
    ],
)
def test_the_command_says_what_is_wrong(platform: Platform, arguments: tuple[str, ...], words: str) -> None:
    before = Event.objects.count()
    with pytest.raises(CommandError, match=words):
        run(*arguments)
    assert not ApiKey.objects.exists()
    assert Event.objects.count() == before
