"""Addresses others give us to tell them things at: nobody's of our own network."""

import socket
from asyncio import shield, timeout, wrap_future
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from domain.decider import Refused

_HTTPS = 443


class NoAddress(Refused):
    """A webhook has an https address others can reach, without a password in it."""

    code = "invalid_value"


def check_address(url: str, *, anywhere: bool) -> None:
    """Raises NoAddress for what nobody should be told at."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 it raises
    except ValueError as malformed:
        raise NoAddress from malformed
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise NoAddress
    if parts.scheme != "https" and not (anywhere and parts.scheme == "http"):
        raise NoAddress
    if anywhere:
        return
    try:
        literal = ip_address(parts.hostname)
    except ValueError:
        return
    if not _is_public(literal):
        raise NoAddress


async def reached(url: str) -> tuple[str, str]:
    """The address by number, looked up once, and the host to name. Raises NoAddress.

    By number, for a name may be of this network when it is looked up a second time.
    """
    parts = urlsplit(url)
    assert parts.hostname is not None, "it was checked"
    port = parts.port or _HTTPS
    try:
        async with timeout(_LOOKED_UP_WITHIN_SECONDS):
            found = await _looked_up(parts.hostname, port)
    except OSError as unknown:
        raise NoAddress from unknown
    numbers = [ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not numbers or not all(_is_public(one) for one in numbers):
        raise NoAddress
    number = f"[{numbers[0]}]" if numbers[0].version == 6 else str(numbers[0])  # noqa: PLR2004 IPv6
    return parts._replace(netloc=f"{number}:{port}").geturl(), parts.netloc


async def _looked_up(host: str, port: int) -> Sequence[Any]:
    """By threads of their own, one a name: names that are slow to look up hold up themselves."""
    looking = _looking.get((host, port))
    if looking is None:
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        looking = _looking[host, port] = _threads.submit(ask)
        looking.add_done_callback(lambda _: _looking.pop((host, port), None))
    return await shield(wrap_future(looking))  # others wait for it as well


_LOOKED_UP_WITHIN_SECONDS = 10.0
_threads = ThreadPoolExecutor(64, "names")
_looking: dict[tuple[str, int], Future[Sequence[Any]]] = {}

_IN_OTHERS = (  # IPv6 in which an IPv4 address is, and what is no single machine's
    ip_network("64:ff9b::/96"),
    ip_network("64:ff9b:1::/48"),
    ip_network("2002::/16"),
    ip_network("2001::/32"),
    ip_network("::/96"),
    ip_network("::ffff:0:0/96"),
    ip_network("fec0::/10"),
)


def _is_public(number: IPv4Address | IPv6Address) -> bool:
    """Whether anybody on the internet could be meant."""
    embedded = any(number in network for network in _IN_OTHERS if network.version == number.version)
    return number.is_global and not number.is_multicast and not embedded
