"""Where raw mail is taken in, from whom, and on whose word: what `MAIL_LISTEN` and its companions mean."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal

from intake.loopback import is_loopback

MailProtocol = Literal["lmtp", "smtp"]
Network = IPv4Network | IPv6Network
WIDEST_TRUSTED = 8  # bits of a network whose members may vouch for a sender


@dataclass(frozen=True, slots=True)
class MailDoor:
    """Where and how mail is taken in.

    Attributes:
        host: the address to listen on.
        port: the port to listen on.
        protocol: what is spoken there.
        peers: the networks that may connect.
        largest: the largest message in bytes.
        trusted: the mail servers whose Authentication-Results count.
        certificate: the file with the certificate, if the connection can be encrypted.
        key: the file with its key; None if that is in the same file.
    """

    host: str
    port: int
    protocol: MailProtocol
    peers: tuple[Network, ...]
    largest: int
    trusted: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None

    @property
    def must_encrypt(self) -> bool:
        """Whether mail is taken only over an encrypted connection: everywhere but on this machine."""
        return not is_loopback(self.host)

    def admits(self, address: str) -> bool:
        """Return whether a client with this address may connect."""
        try:
            client = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(client, "ipv4_mapped", None)
        return any((mapped or client) in peer for peer in self.peers)


def parse_address(value: str) -> tuple[str, int]:
    """Return the host and the port of `HOST:PORT`.

    Raises:
        ValueError: it is something else.
    """
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ValueError("expected HOST:PORT, such as 127.0.0.1:2424")
    return host, int(port)


def parse_peers(value: str) -> tuple[Network, ...]:
    """Return the networks in a comma-separated list.

    Raises:
        ValueError: one of them is neither an IP address nor a network.
    """
    return tuple(_network(part.strip()) for part in value.split(",") if part.strip())


def parse_server_names(value: str) -> tuple[str, ...]:
    """Return the names in a comma-separated list."""
    return tuple(part.strip().lower() for part in value.split(",") if part.strip())


def check_door(door: MailDoor) -> None:
    """Refuse a door through which mail would come in unprotected, or that anyone could vouch for themselves at.

    Raises:
        ValueError: the message says what to change.
    """
    if door.must_encrypt and door.certificate is None:
        raise ValueError(
            "MAIL_LISTEN is reached over a network, where patients' mail must be encrypted; set MAIL_CERTIFICATE_FILE,"
            " or listen on 127.0.0.1"
        )
    if door.trusted and any(peer.prefixlen < WIDEST_TRUSTED for peer in door.peers):
        raise ValueError(
            "MAIL_TRUSTED_SERVERS is set, but MAIL_PEERS admits anyone, who could write these servers' results"
            " themselves; name only your own mail servers in MAIL_PEERS"
        )


def _network(value: str) -> Network:
    try:
        return ip_network(value)
    except ValueError:
        raise ValueError("expected IP addresses or networks, such as 10.0.0.5, 10.0.1.0/24") from None
