"""Warning at the start of a Redis that others on the network may use without a password."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import structlog

from intake.loopback import is_loopback_name

log = structlog.get_logger(__name__)

WARNING = (
    "REDIS_URL names another machine and has no password: whoever reaches that Redis can delete waiting work, which"
    " delays it, and lift rate limits. Set a password there (requirepass, or a user) and in REDIS_URL."
)


def warn_if_redis_is_open(redis_url: str, say: Callable[[str], None]) -> None:
    """Log and print a warning if Redis is on another machine and asks for no password."""
    if is_open(redis_url):
        log.warning("redis_without_password")
        say(f"Warning: {WARNING}")


def is_open(redis_url: str) -> bool:
    """Return whether a Redis is on another machine and asks for no password."""
    parts = urlsplit(redis_url)
    has_password = bool(parts.password or parse_qs(parts.query).get("password"))
    return parts.scheme != "unix" and not has_password and not is_loopback_name(parts.hostname or "localhost")
