"""Warning at the start of a Redis that does not answer, or that others on the network may use without a password."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import structlog

from intake.loopback import is_loopback_name
from tasks.queues.queue import connect
from tasks.queues.redis_outages import MEANINGS, UNREACHABLE, find_trouble

log = structlog.get_logger(__name__)

WARNING = (
    "REDIS_URL names another machine and has no password: whoever reaches that Redis can delete waiting work, which"
    " delays it, and lift rate limits. Set a password there (requirepass, or a user) and in REDIS_URL."
)
_PORT = 6379


def warn_if_redis_is_open(redis_url: str, say: Callable[[str], None]) -> None:
    """Log and print a warning if Redis is on another machine and asks for no password."""
    if is_open(redis_url):
        log.warning("redis_without_password")
        say(f"Warning: {WARNING}")


def warn_if_redis_is_away(redis_url: str, say: Callable[[str], None]) -> None:
    """Print a warning that names the Redis, without its password, if it cannot be used."""
    client = connect(redis_url)
    try:
        trouble = find_trouble(client)
    finally:
        client.close()
    if not trouble:
        return
    say(
        f"Warning: Redis at {_place(redis_url)} {_describe(trouble)}. Until that is put right, messages are stored, and"
        " nobody is answered or notified, not even of emergencies."
    )


def _describe(trouble: str) -> str:
    if trouble == UNREACHABLE:
        return "does not answer"
    if trouble == "NOAUTH":
        return "refuses the password of REDIS_URL"
    return f"refuses work ({trouble}: {MEANINGS.get(trouble, 'see its log')})"


def _place(redis_url: str) -> str:
    """Return where a Redis is: its host and port, or the path of its socket."""
    parts = urlsplit(redis_url)
    return parts.path if parts.scheme == "unix" else f"{parts.hostname or 'localhost'}:{parts.port or _PORT}"


def is_open(redis_url: str) -> bool:
    """Return whether a Redis is on another machine and asks for no password."""
    parts = urlsplit(redis_url)
    has_password = bool(parts.password or parse_qs(parts.query).get("password"))
    return parts.scheme != "unix" and not has_password and not is_loopback_name(parts.hostname or "localhost")
