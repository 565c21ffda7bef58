"""What leaves Fairlead goes to public addresses, and to exactly those that were checked."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from django.core import checks
from pytest_django import Settings

from moderation import outgoing
from moderation.outgoing import AddressRefused, check_host, client, refused, sync_client

Get = Callable[[str], httpx.Response]


def get_async(url: str) -> httpx.Response:
    async def get() -> httpx.Response:
        async with client(5) as it:
            return await it.get(url)

    return asyncio.run(get())


def get_sync(url: str) -> httpx.Response:
    with sync_client(5) as it:
        return it.get(url)


both = pytest.mark.parametrize("get", [get_async, get_sync])


@pytest.fixture(autouse=True)
def _nothing_private(settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []


@pytest.fixture
def hosts() -> Iterator[list[str]]:
    """A server on loopback, and the Host header of each request that reached it."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Host"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: the test reads what was received."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.append(str(server.server_port))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield seen
    server.shutdown()
    server.server_close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """Names, and the addresses that each look-up in turn finds; the last one goes on. Other names are looked up."""
    known: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host) not in known:
            return real(host, port, *args, **kwargs)
        answers = known[str(host)]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [each for address in found for each in real(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
        *("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "198.18.0.1", "192.0.2.1"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "100::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "::8.8.8.8"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::1"),
        *("2001::1", "2001:db8::1", "3fff::1", "5f00::1", "4000::1"),
    ],
)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert refused(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "172.15.0.1",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_what_is_public_is_called(address: str) -> None:
    assert not refused(address)


def test_a_network_that_is_allowed_is_called_however_its_address_is_written(settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["10.1.0.0/16", "fd00:1::/32"]
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00:1::5"):
        assert not refused(address)
    for address in ("10.2.0.1", "::ffff:10.2.0.1", "fd00:2::1", "127.0.0.1"):
        assert refused(address)


@both
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0",
        "[::ffff:127.0.0.1]",
        "127.0.0.1.",
        "017700000001",
    ],
)
def test_no_way_to_write_a_private_address_reaches_it(get: Get, host: str, hosts: list[str]) -> None:
    with pytest.raises(httpx.ConnectError):
        get(f"http://{host}:{hosts[0]}/")
    assert len(hosts) == 1


@both
def test_an_allowed_network_is_reached_under_its_name(
    get: Get, hosts: list[str], names: dict[str, list[list[str]]], settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    names["platform.example"] = [["127.0.0.1"]]
    assert get(f"http://platform.example:{hosts[0]}/").status_code == 204
    assert hosts[1] == f"platform.example:{hosts[0]}"


@both
def test_one_private_address_among_public_ones_is_enough(
    get: Get, hosts: list[str], names: dict[str, list[list[str]]]
) -> None:
    names["platform.example"] = [["8.8.8.8", "127.0.0.1"]]
    with pytest.raises(AddressRefused, match=r"platform\.example \(127\.0\.0\.1\) is not a public address"):
        get(f"http://platform.example:{hosts[0]}/")


@both
def test_a_name_that_changes_between_look_up_and_connection_leads_nowhere_else(
    get: Get, hosts: list[str], names: dict[str, list[list[str]]], settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.2/32"]
    names["rebinding.example"] = [["127.0.0.2"], ["127.0.0.1"]]
    with pytest.raises(httpx.ConnectError) as refused_by:
        get(f"http://rebinding.example:{hosts[0]}/")  # only 127.0.0.1 listens
    assert not isinstance(refused_by.value, AddressRefused)
    assert len(hosts) == 1
    # The next connection looks it up, and checks it, again.
    with pytest.raises(AddressRefused):
        get(f"http://rebinding.example:{hosts[0]}/")


@both
def test_where_one_address_does_not_answer_the_next_one_is_tried(
    get: Get, hosts: list[str], names: dict[str, list[list[str]]], settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    names["two.example"] = [["127.0.0.2", "127.0.0.1"]]
    assert get(f"http://two.example:{hosts[0]}/").status_code == 204


@both
def test_a_proxy_of_the_environment_is_not_used(
    get: Get, hosts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{hosts[0]}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(AddressRefused):
        get("http://10.0.0.1/")
    assert len(hosts) == 1


def test_a_host_is_checked_before_anybody_connects(names: dict[str, list[list[str]]]) -> None:
    names["inner.example"] = [["192.168.0.7"]]
    names["public.example"] = [["8.8.8.8", "2606:4700::1111"]]
    with pytest.raises(AddressRefused, match=r"inner\.example"):
        check_host("inner.example")
    check_host("public.example")
    check_host("a" * 70 + ".example")  # not found: whoever connects is told


def test_a_name_that_nobody_answers_for_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def never(*_: object) -> list[str]:
        answered.wait()
        return []

    monkeypatch.setattr(outgoing, "_look_up", never)

    async def get() -> None:
        async with client(0.2) as it:
            await it.get("http://silent.example/")

    try:
        with pytest.raises(httpx.ConnectTimeout):
            asyncio.run(get())
    finally:
        answered.set()


@pytest.mark.parametrize("network", ["10.1.2.3/8", "harbour", ""])
def test_a_desk_that_allows_what_is_no_network_does_not_start(network: str, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["10.0.0.0/8", network]
    assert [each.id for each in checks.run_checks()] == ["fairlead.E006"]
