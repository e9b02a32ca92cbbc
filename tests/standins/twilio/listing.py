"""Reading the Messages list: filters, order and pages.

Source: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources. DateSent
filters are in GMT and inclusive. A message still in Twilio's queue has no date sent, and none of them
finds it; nor does a From filter while a messaging service has not chosen the sender.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.standins.twilio.errors import bad_request
from tests.standins.twilio.messages import Message

DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 1000

KNOWN = frozenset({"To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"})

_ONE_DAY = timedelta(days=1)

Keeps = Callable[[Message], bool]


def violations(query: Mapping[str, str]) -> list[str]:
    """Parameters that Twilio's list would silently ignore."""
    return [f"unknown list parameter {name}" for name in sorted(query.keys() - KNOWN)]


def page(
    path: str,
    query: Mapping[str, str],
    messages: list[Message],
    longest_page: int,
    redacted_body: str | None,
    *,
    redacts_numbers: bool,
) -> dict[str, Any]:
    """One page of the list answer's JSON, out of all visible messages, newest first.

    Args:
        path: the list's path.
        query: filters and paging parameters.
        messages: all visible messages.
        longest_page: the most messages on a page, however many are asked for.
        redacted_body: what stands in place of each body; None if bodies are not redacted.
        redacts_numbers: whether patients' numbers are masked, so that none of them finds anything.

    Raises:
        ApiError: a filter or paging parameter is malformed.
    """
    size = min(_page_size(query), longest_page)
    number = _number(query, "Page", 0)
    filters = _filters(query, redacts_numbers=redacts_numbers)
    found = [message for message in messages if all(keeps(message) for keeps in filters)]
    rest = _after(found, number, query.get("PageToken"))
    shown, more = rest[:size], len(rest) > size

    def uri(page: int, token: str | None = None) -> str:
        kept = {name: value for name, value in query.items() if name not in {"Page", "PageSize", "PageToken"}}
        position = {"PageSize": str(size), "Page": str(page)}
        return f"{path}?{urlencode(kept | position | ({'PageToken': token} if token else {}))}"

    start = number * size
    return {
        "first_page_uri": uri(0),
        "end": start + max(len(shown) - 1, 0),
        "previous_page_uri": None,
        "messages": [message.resource(redacted_body, redacts_numbers=redacts_numbers) for message in shown],
        "uri": uri(number, query.get("PageToken")),
        "page_size": size,
        "start": start,
        "next_page_uri": uri(number + 1, f"PA{shown[-1].sid}") if more else None,
        "page": number,
    }


def _filters(query: Mapping[str, str], *, redacts_numbers: bool) -> list[Keeps]:
    filters: list[Keeps] = []
    if to := query.get("To"):
        filters.append(lambda message: message.shown_numbers(redacts=redacts_numbers)[1] == to)
    if from_ := query.get("From"):
        filters.append(lambda message: message.shown_numbers(redacts=redacts_numbers)[0] == from_)
    if "DateSent" in query:
        filters.append(_sent_between(*_span(query["DateSent"])))
    if "DateSent>" in query:
        filters.append(_sent_between(_span(query["DateSent>"])[0], datetime.max.replace(tzinfo=UTC)))
    if "DateSent<" in query:
        filters.append(_sent_between(datetime.min.replace(tzinfo=UTC), _span(query["DateSent<"])[1]))
    return filters


def _sent_between(first: datetime, last: datetime) -> Keeps:
    return lambda message: message.date_sent is not None and first <= message.date_sent <= last


def _span(text: str) -> tuple[datetime, datetime]:
    """First and last moment meant by a date (the whole day) or by a time."""
    try:
        if "T" in text:
            moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            return moment, moment
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise bad_request(20422, "Invalid Parameter: DateSent is not a GMT date") from None
    return day, day + _ONE_DAY - timedelta(seconds=1)


def _after(found: list[Message], number: int, token: str | None) -> list[Message]:
    if token is None:
        if number > 0:
            raise bad_request(20422, "Invalid Parameter: a Page other than the first needs its PageToken")
        return found
    positions = [index for index, message in enumerate(found) if f"PA{message.sid}" == token]
    if not positions:
        raise bad_request(20422, "Invalid Parameter: PageToken")
    return found[positions[0] + 1 :]


def _page_size(query: Mapping[str, str]) -> int:
    size = _number(query, "PageSize", DEFAULT_PAGE_SIZE)
    if size > LARGEST_PAGE_SIZE:
        raise bad_request(20007, f"Page size too large: the most is {LARGEST_PAGE_SIZE}")
    if size < 1:
        raise bad_request(20422, "Invalid Parameter: PageSize")
    return size


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise bad_request(20422, f"Invalid Parameter: {name}")
    return int(text)
