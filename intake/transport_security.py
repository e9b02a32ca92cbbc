"""Whether connections to Redis and PostgreSQL are encrypted where they leave this machine."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from intake.loopback import is_loopback

ENCRYPTED_MODES = ("require", "verify-ca", "verify-full")


def plain_redis(url: str) -> bool:
    """Return whether a connection to Redis crosses a network unencrypted, or to whoever answers."""
    parts = urlsplit(url)
    if parts.scheme == "rediss":
        return parse_qs(parts.query).get("ssl_cert_reqs", ["required"])[-1].lower() != "required"
    return parts.scheme == "redis" and not _is_local(parts.hostname or "localhost")


def plain_database(url: str) -> bool:
    """Return whether a connection to PostgreSQL crosses a network unencrypted."""
    if not url.startswith("postgresql"):
        return False
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    named = [*asked.get("host", []), *asked.get("hostaddr", [])] or [parts.netloc.rpartition("@")[2]]
    hosts = [host for value in named for host in unquote(value).split(",")]
    return not all(_is_local(_without_port(host)) for host in hosts) and (
        asked.get("sslmode", ["prefer"])[-1] not in ENCRYPTED_MODES
    )


def _without_port(host: str) -> str:
    return host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]


def _is_local(host: str) -> bool:
    """Return whether a host is this machine; a path is a socket, and so is no host at all."""
    return not host or host.startswith("/") or is_loopback(host)
