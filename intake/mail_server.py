"""The server that email goes out through, as `SMTP_URL` names it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from intake.loopback import is_loopback

_EXPECTED = "expected smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465"
_PORTS = {"smtp": 587, "smtps": 465}


class Encryption(StrEnum):
    """When the connection is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where the server listens, how the connection to it is protected, and who signs in."""

    host: str
    port: int
    encryption: Encryption
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_mail_server(url: str) -> MailServer:
    """Read `smtp://user:password@host:587` (STARTTLS, but for this machine itself) or `smtps://…:465` (TLS).

    User and password are percent-encoded, as in every address.

    Raises:
        ValueError: it is neither. The message does not repeat it, as it may hold a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")  # as the resolver will
    except ValueError:
        raise ValueError(_EXPECTED) from None
    if parts.scheme not in _PORTS or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(_EXPECTED)
    if bool(parts.username) != bool(parts.password):
        raise ValueError(f"{_EXPECTED}; a user needs a password, and a password a user")
    return MailServer(
        host=host,
        port=port or _PORTS[parts.scheme],
        encryption=_encryption(parts.scheme, host),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _encryption(scheme: str, host: str) -> Encryption:
    if scheme == "smtps":
        return Encryption.TLS
    return Encryption.NONE if is_loopback(host) else Encryption.STARTTLS
