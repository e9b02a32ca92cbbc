"""Turn the error responses of APIs into exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from training.llm.chat import RefusedError, UnavailableError

_TEMPORARY = frozenset((408, 409, 425, 429))
_NO_MONEY = frozenset(("insufficient_quota", "billing_hard_limit_reached"))


def classify_failure(
    provider: str, model: str, status: int, headers: Mapping[str, str], reason: str
) -> UnavailableError | RefusedError:
    """Return the exception to raise for an API's error response.

    Args:
        provider: The provider, such as "openai".
        model: The requested model.
        status: The HTTP status.
        headers: The response headers, with case-insensitive lookup.
        reason: The API's error code; never its message, which may quote the question.
    """
    key = f"{provider.upper()}_API_KEY"
    if reason in _NO_MONEY or status == 402:
        return RefusedError(f"the account behind {key} has no money left ({reason}): add some and run this again")
    if status in _TEMPORARY or status >= 500:
        wait = seconds_to_wait(headers.get("retry-after"), datetime.now(UTC))
        return UnavailableError(f"{provider} answered {status} ({reason})", retry_after=wait)
    if status in {401, 403}:
        return RefusedError(f"{provider} refuses the key in {key} ({status}, {reason}): set a key that may use {model}")
    if status == 404:
        return RefusedError(f"{provider} has no model {model!r} for this key ({reason}): choose another model")
    return RefusedError(
        f"{provider} refuses the request to {model} ({status}, {reason}): set {provider.upper()}_LOG=debug to see why"
    )


def seconds_to_wait(retry_after: str | None, now: datetime) -> float | None:
    """Parse a Retry-After header, in seconds or as a date; return None if it is missing or invalid."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
