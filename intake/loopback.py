"""Whether a host is this machine."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, by its address or as `localhost`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_loopback_name(host: str) -> bool:
    """Return whether a host is this machine, also by a name below `localhost` (RFC 6761, section 6.3)."""
    return is_loopback(host) or host.endswith(".localhost")
