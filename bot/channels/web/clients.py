"""Who is asking: the client's address behind trusted proxies, and whether it speaks HTTPS."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Network

    from starlette.requests import HTTPConnection

SIXTY_FOUR = 64
"""Bits of an IPv6 address that one household or office shares."""


def client_of(request: HTTPConnection, trusted: tuple[str, ...]) -> str:
    """The address of the client, as far as it can be believed; for IPv6 its network.

    A forwarded-for header is read from its end: each proxy adds whom it heard from, so the first address that is
    no trusted proxy's is the client, and whatever stands before it anyone can have written.
    """
    heard = request.client.host if request.client else ""
    if _is_trusted(heard, trusted):
        for hop in reversed(_hops(request)):
            heard = hop
            if not _is_trusted(hop, trusted):
                break
    return _grouped(heard)


def is_https(request: HTTPConnection, trusted: tuple[str, ...]) -> bool:
    """Whether the browser reached us, or a trusted proxy of ours, by HTTPS."""
    if request.url.scheme == "https":
        return True
    peer = request.client.host if request.client else ""
    return _is_trusted(peer, trusted) and request.headers.get("x-forwarded-proto", "").strip().lower() == "https"


def _hops(request: HTTPConnection) -> list[str]:
    """The addresses a request is said to have come through, the client's first; those that are none left out."""
    said = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    return [hop.strip() for hop in said if _address(hop.strip()) is not None]


def _is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    found = _address(address)
    return found is not None and any(found in network for network in _networks(trusted))


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each, strict=False) for each in trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _grouped(address: str) -> str:
    found = _address(address)
    if isinstance(found, IPv6Address) and not found.is_loopback:
        return str(ip_network((found.packed, SIXTY_FOUR), strict=False))
    return str(found) if found is not None else address
