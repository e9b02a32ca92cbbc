"""Two conversations of one patient become one: what the inbox says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from inbox.models import Conversation
from inbox.patients.row_merging import combine_conversations

MORNING, NOON = datetime(2026, 7, 1, 8, 0, tzinfo=UTC), datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def columns(**values: Any) -> dict[str, Any]:
    return dict.fromkeys(Conversation.__table__.columns.keys()) | {"state": "open", "line_type": "mobile"} | values


def test_who_waits_in_one_of_them_waits_since_the_first_time_and_stands_where_the_newest_does() -> None:
    merged = combine_conversations(
        columns(waiting_since=NOON, listed_at=MORNING), columns(waiting_since=MORNING, listed_at=NOON)
    )

    assert (merged["waiting_since"], merged["listed_at"]) == (MORNING, NOON)
    assert combine_conversations(columns(), columns(waiting_since=NOON))["waiting_since"] == NOON


def test_it_is_snoozed_only_if_both_are() -> None:
    assert combine_conversations(columns(snoozed_until=NOON), columns())["snoozed_until"] is None
    assert combine_conversations(columns(), columns(snoozed_until=NOON))["snoozed_until"] is None
    both = combine_conversations(columns(snoozed_until=NOON), columns(snoozed_until=MORNING))
    assert both["snoozed_until"] == MORNING


def test_it_is_answered_only_as_far_as_both_are() -> None:
    assert combine_conversations(columns(answered_up_to=5), columns(answered_up_to=3))["answered_up_to"] == 3
    assert combine_conversations(columns(answered_up_to=5), columns())["answered_up_to"] is None
