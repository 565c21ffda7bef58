"""The guard on every HTTP request that leaves Fairlead: none goes to an address that is not public.

Addresses of platforms, media and authorities are written by people or come with items. Without a guard they could
lead into the network that Fairlead runs in: to a database, another service, the cloud's metadata. ``client`` and
``sync_client`` make clients of httpx that look up a name once, refuse it with ``AddressRefused`` where *any* of its
addresses is not public, and connect to exactly the addresses that were checked, so that a name which changes between
the look-up and the connection leads nowhere. Host header, SNI and the certificate's check stay with the name.

Networks in ``settings.WEBHOOK_ALLOWED_NETWORKS`` (CIDR) are let through. Proxies of the environment are not used: a
proxy would look the name up again. Redirects are not followed unless the caller asks; each goes through the guard.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import httpcore
import httpx
from django.conf import settings

Address = IPv4Address | IPv6Address
SocketOptions = Iterable[httpcore.SOCKET_OPTION] | None

# What Python's ipaddress calls global (in some of its versions) and what yet leads to nothing public.
NEVER: Final = (
    ip_network("168.63.129.16/32"),  # Azure's virtual host: metadata and more, on a public address
    ip_network("192.0.0.0/24"),  # protocol assignments (RFC 6890); a cloud has its metadata there
    ip_network("192.88.99.0/24"),  # relays of 6to4, withdrawn (RFC 7526)
    ip_network("2001::/23"),  # protocol assignments, Teredo among them (RFC 2928)
    ip_network("3fff::/20"),  # documentation (RFC 9637)
)
# Of IPv6 only this is handed out as public (RFC 4291 §2.4, IANA).
PUBLIC_IPV6: Final = ip_network("2000::/3")
# Where an IPv6-only network finds the addresses of IPv4 (RFC 6052): the last 32 bits are one.
NAT64: Final = ip_network("64:ff9b::/96")

# Look-ups have threads of their own: names that nobody answers for must not keep others waiting, nor the loop's end.
LOOKUPS: Final = 64
# An idle connection is closed after so long.
KEPT_SECONDS: Final = 5.0
_lookups = ThreadPoolExecutor(LOOKUPS, "look-up")


class AddressRefused(httpx.ConnectError):
    """A host has an address that Fairlead does not call."""


def client(timeout: float) -> httpx.AsyncClient:
    """A guarded client. ``timeout`` in seconds is for each step; put a deadline on the whole exchange yourself."""
    return httpx.AsyncClient(timeout=timeout, trust_env=False, transport=_AsyncTransport())


def sync_client(timeout: float) -> httpx.Client:
    """The same for code that is not async."""
    return httpx.Client(timeout=timeout, trust_env=False, transport=_Transport())


def check_host(host: str) -> None:
    """Look a host up and raise AddressRefused where it leads to what is not public.

    For telling a person early: whoever connects checks again. A host that is not found (yet) passes.
    """
    try:
        _checked(host, _look_up(host, 0))
    except (OSError, UnicodeError):
        return


def refused(address: str) -> bool:
    """Whether Fairlead does not call an IP address."""
    forms = _forms(ip_address(address))
    if any(each in network for each in forms for network in _allowed()):
        return False
    return not _public(forms[-1])


def _forms(address: Address) -> list[Address]:
    """An address as it is written and, where it carries one of IPv4, that one: last, as that is where it leads."""
    if isinstance(address, IPv4Address):
        return [address]
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return [address, inner] if inner else [address]


def _public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in PUBLIC_IPV6:
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in NEVER)
    )


def _allowed() -> list[IPv4Network | IPv6Network]:
    return [ip_network(each) for each in settings.WEBHOOK_ALLOWED_NETWORKS]


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _checked(host: str, addresses: list[str]) -> list[str]:
    for address in addresses:
        if refused(address):
            named = host if host == address else f"{host} ({address})"
            raise AddressRefused(f"{named} is not a public address")
    return addresses


def _share(until: float | None, left: int) -> float | None:
    """The time for the next of ``left`` addresses: one that does not answer leaves some for those after it."""
    return None if until is None else max(until - time.monotonic(), 0.001) / left


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to checked addresses alone."""

    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions = None,
    ) -> httpcore.AsyncNetworkStream:
        until = None if timeout is None else time.monotonic() + timeout
        looking = asyncio.get_running_loop().run_in_executor(_lookups, _look_up, host, port)
        try:
            found = await asyncio.wait_for(looking, timeout)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"{host} was not found in time") from None
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} is not found: {error}") from error
        addresses = _checked(host, found)
        for left in range(len(addresses), 0, -1):
            try:
                return await self._network.connect_tcp(
                    addresses[-left], port, _share(until, left), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
        raise httpcore.ConnectError(f"{host} has no address")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class _Backend(httpcore.NetworkBackend):
    """The same for code that is not async."""

    def __init__(self) -> None:
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions = None,
    ) -> httpcore.NetworkStream:
        until = None if timeout is None else time.monotonic() + timeout
        try:
            found = _look_up(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} is not found: {error}") from error
        addresses = _checked(host, found)
        for left in range(len(addresses), 0, -1):
            try:
                return self._network.connect_tcp(
                    addresses[-left], port, _share(until, left), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
        raise httpcore.ConnectError(f"{host} has no address")


class _AsyncTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over connections of ours. Their number has no limit here: whoever hangs on to many must
    not keep others from theirs."""

    def __init__(self) -> None:
        context = httpx.create_ssl_context()
        super().__init__(verify=context)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=None,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=_AsyncBackend(),
        )


class _Transport(httpx.HTTPTransport):
    """The same for code that is not async."""

    def __init__(self) -> None:
        context = httpx.create_ssl_context()
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=None,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=_Backend(),
        )
