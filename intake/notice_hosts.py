"""Hosts inside the network that staff notices may go to, as `NOTICE_HOSTS` lists them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class NoticeHost:
    """A host, at one port or at all."""

    address: IPAddress
    port: int | None

    def covers(self, address: IPAddress, port: object) -> bool:
        """Return whether a notice may go to this address and port."""
        return self.address == address and self.port in (None, port)


def parse_notice_hosts(value: str) -> tuple[NoticeHost, ...]:
    """Read `10.0.0.5:8080, 10.0.0.6, [fd00::5]:25`.

    Raises:
        ValueError: an entry is no IP address. Names are refused, because whoever answers for a name could let it lead
            anywhere.
    """
    return tuple(_parse_host(entry.strip()) for entry in value.split(",") if entry.strip())


def _parse_host(entry: str) -> NoticeHost:
    try:
        parts = urlsplit(f"//{entry}")
        if parts.netloc != entry:
            raise ValueError
        return NoticeHost(ipaddress.ip_address(parts.hostname or ""), parts.port)
    except ValueError:
        raise ValueError("expected IP addresses, each with a port if only that one is meant: 10.0.0.5:8080") from None
