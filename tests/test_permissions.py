"""The permission table, tested as the data that it is: every address, every method, everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Role
from config.permissions import ANYONE, API_KEY, SCREENS
from tests.factories import make_user

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NOBODY = "nobody signed in"
# Something that fits each kind of path segment, and that does not exist.
EXAMPLES = {"IntConverter": 2_000_000_000, "UUIDConverter": "00000000-0000-0000-0000-000000000000"}


def addresses(
    patterns: list[Any] | None = None, namespace: str = "", converters: dict[str, Any] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name with its namespace, path segments by name) of every address of the desk."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        segments = (converters or {}) | each.pattern.converters
        if isinstance(each, URLResolver):
            inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
            yield from addresses(each.url_patterns, inner, segments)
        elif isinstance(each, URLPattern):
            yield f"{namespace}{each.name}", segments


ADDRESSES = dict(addresses())


def path_of(name: str) -> str:
    kwargs = {
        segment: EXAMPLES.get(type(converter).__name__, "nothing")
        for segment, converter in ADDRESSES[name].items()
    }
    return reverse(name, kwargs=kwargs)


def refused(response: HttpResponseBase) -> bool:
    return response.status_code in (401, 403, 405) or "/sign-in/?next=" in response.get("Location", "")


@pytest.fixture
def clients(db: None) -> dict[str, Client]:
    found = {NOBODY: Client()}
    for role in Role:
        found[role] = Client()
        found[role].force_login(make_user(role=role))
    return found


def test_every_address_has_its_row_and_every_row_its_address() -> None:
    assert set(ADDRESSES) == set(SCREENS)


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_an_address_is_open_to_those_in_the_table_and_to_nobody_else(
    name: str, clients: dict[str, Client]
) -> None:
    row = SCREENS[name]
    for method in METHODS:
        allowed = row.get("GET" if method == "HEAD" else method)
        for who, client in clients.items():
            response = client.generic(method, path_of(name))
            cell = f"{method} by {who}: {response.status_code}"
            if allowed is None:
                assert response.status_code == 405, cell
                assert response.headers["Allow"] == ", ".join(row), cell
            elif allowed == API_KEY:
                # However she signed in: here only a key counts.
                assert response.status_code == 401, cell
            elif allowed == ANYONE or who in allowed:
                assert not refused(response), cell
            elif who == NOBODY:
                assert response.headers["Location"].startswith("/sign-in/?next="), cell
                assert (
                    client.generic(method, path_of(name), headers={"HX-Request": "true"}).status_code == 401
                )
            else:
                assert response.status_code == 403, cell


def test_an_address_that_is_not_in_the_table_is_open_to_nobody(
    clients: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(SCREENS, "board")
    assert {client.get("/").status_code for client in clients.values()} == {403}
