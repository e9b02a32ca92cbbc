"""The Message-IDs of mail to staff: they say what it is about, and are signed, so that only we can have sent it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Iterator

NOTICE = "notice"
MOST_NAMED = 10
_KEY = re.compile(r"([a-z0-9-]{1,120})\.([0-9a-f]{40})")


def name_notices(row_ids: Iterable[int], attempt: str) -> str:
    """Return what a mail is about that covers notices, the first ten of them; each attempt is a mail of its own."""
    return "-".join((NOTICE, *map(str, [*row_ids][:MOST_NAMED]), f"x{attempt}"))


def read_notices(about: str) -> list[int]:
    """Return the notices that a mail covers, none if it is about something else."""
    kind, *named = about.split("-")
    return [int(name) for name in named if name.isdecimal()] if kind == NOTICE else []


def sign_staff_mail(about: str, secret: str) -> str:
    """Return the local part of a Message-ID.

    Args:
        about: what the mail is about: lower-case letters, digits, and hyphens.
        secret: the service's.
    """
    return f"{about}.{_sign(about, secret)}"


def find_staff_mail(keys: Iterable[str], secrets: Collection[str]) -> Iterator[str]:
    """Yield what the mails to staff are about that are among these local parts of Message-IDs."""
    for found in filter(None, map(_KEY.fullmatch, keys)):
        if any(hmac.compare_digest(_sign(found[1], secret), found[2]) for secret in secrets):
            yield found[1]


def _sign(about: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"staff mail {about}".encode(), hashlib.sha256).hexdigest()[:40]
