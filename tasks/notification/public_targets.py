"""Letting a notice reach the public internet and the hosts that the operator listed, and nothing else.

Every connection that this thread opens inside `only_public()` is checked when it is made, with the very address that is
connected to. A name that resolves to one address for a check and to another for the connection gains nothing. See
docs/adr/0017-where-notices-may-go.md.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from intake.notice_hosts import IPAddress, NoticeHost

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class ForbiddenTargetError(OSError):
    """A notice was about to go to an address inside the network."""


@dataclass(slots=True)
class TargetCheck:
    """The check of the connections that one notice opens.

    Attributes:
        allowed: hosts inside the network that the operator listed.
        has_refused: whether a connection was refused.
    """

    allowed: Collection[NoticeHost]
    has_refused: bool = field(default=False)

    def check_target(self, target: object) -> None:
        """Check the target of a connection.

        Raises:
            ForbiddenTargetError: it is neither public nor listed.
        """
        if isinstance(target, tuple) and len(target) >= 2 and self._may_reach(_ip_address(target[0]), target[1]):
            return
        self.has_refused = True
        raise ForbiddenTargetError("a notice may not go to this address; see NOTICE_HOSTS in docs/configuration.md")

    def _may_reach(self, address: IPAddress | None, port: object) -> bool:
        if address is None:
            return False
        return is_public(address) or any(host.covers(address, port) for host in self.allowed)


def is_public(address: IPAddress) -> bool:
    """Return whether an address is one of the public internet, and is no other address in disguise."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:  # how a network without IPv4 reaches it
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.ipv4_mapped or address.sixtofour or address.teredo or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_unspecified)


@contextmanager
def only_public(allowed: Collection[NoticeHost]) -> Iterator[TargetCheck]:
    """Check every connection that is opened inside the block.

    Args:
        allowed: hosts inside the network that the operator listed.
    """
    check = TargetCheck(allowed)
    token = _checks.set(check)
    try:
        yield check
    finally:
        _checks.reset(token)


def _ip_address(host: object) -> IPAddress | None:
    """Return an IP address; None for a name, which is yet to be resolved."""
    try:
        return ipaddress.ip_address(host) if isinstance(host, str) else None
    except ValueError:
        return None


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event in _SENDING:
        check = _checks.get()
        if check is not None:
            check.check_target(arguments[1])


_checks: ContextVar[TargetCheck | None] = ContextVar("target_check", default=None)
sys.addaudithook(_audit)  # Python calls it before each connection; it cannot be removed, and costs nothing elsewhere
