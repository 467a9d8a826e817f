"""Which addresses may be spoken to: HTTPS, and never the inside of the machine's own network plumbing.

An address comes from a project file or a vendor's token reply; either could point credentials at a place that was
not meant.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from samtale.core.problems import Problem, SamtaleError

#: Names under which cloud providers answer with a machine's own credentials.
METADATA_HOSTS = frozenset({"metadata.google.internal", "metadata.goog", "instance-data", "metadata"})
#: Addresses of such services that are not link-local.
METADATA_ADDRESSES = frozenset({"fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"})


def check_address(system: str, url: str, *, allow_internal: bool = False) -> str:
    """The address without a trailing slash. Looks nothing up.

    ``allow_internal`` lets link-local addresses pass. Raises SamtaleError for anything but https (http on loopback
    is fine), for an address with a user, a query or a fragment, and for link-local, metadata, multicast and
    unspecified hosts.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _unsafe(system, "It is not a web address.") from None
    if parts.scheme not in ("https", "http") or not host:
        raise _unsafe(system, "It does not begin with https:// and a host name.")
    if parts.username is not None or parts.query or parts.fragment:
        raise _unsafe(system, "It holds a user name, a query or a fragment.")
    if parts.scheme == "http" and not is_loopback(host):
        raise _unsafe(system, "It begins with http://, so credentials and records would travel in the clear.")
    if not allow_internal:
        check_host(system, host)
    return url.strip().rstrip("/")


def check_host(system: str, host: str) -> None:
    """Refuse a host that is, by its name or number, no business system. Raises SamtaleError."""
    if host.rstrip(".").lower() in METADATA_HOSTS:
        raise _unsafe(system, "It names the metadata service of a cloud provider.")
    address = _number(host)
    if address is not None and _internal(address):
        raise _unsafe(system, "It is a link-local, metadata, multicast or unspecified address.")


def check_resolved(system: str, host: str, port: int) -> None:
    """Refuse a name that leads to such an address.

    Names that lead nowhere pass: connecting tells that better. Raises SamtaleError.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return
    for *_, where in found:
        check_host(system, str(where[0]).split("%")[0])


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its number or as localhost."""
    address = _number(host)
    return address.is_loopback if address is not None else host.rstrip(".").lower() == "localhost"


def same_origin(one: str, other: str) -> bool:
    """Whether two absolute addresses share scheme, host and port."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, parts.hostname, port or {"https": 443, "http": 80}.get(parts.scheme)


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _odd_number(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _odd_number(host: str) -> ipaddress.IPv4Address | None:
    """IPv4 in the shapes that resolvers still take: ``0x7f.1``, ``2852039166``."""
    if not host or not all(c in "0123456789abcdefxABCDEFX." for c in host) or not host[0].isdigit():
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _internal(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_link_local or address.is_multicast or address.is_unspecified or str(address) in METADATA_ADDRESSES


def _unsafe(system: str, why: str) -> SamtaleError:
    return SamtaleError(
        Problem(
            code="unsafe_address",
            summary=f"The address of {system} cannot be used.",
            why=why,
            remedy="Give the system's https:// address as base_url in samtale.yaml; without it, the vendor's is used.",
        )
    )
