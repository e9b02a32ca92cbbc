"""What rows, views, and the snooze menu say and do, decided from values alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from inbox.models import ConversationState
from intake.practices import Practice
from intake.vocabulary import Priority
from staff.conversations.filters import Filters, Order, View
from staff.conversations.row_words import initials, topic, wait, waits_too_long
from staff.conversations.snooze import snooze_choices, snooze_end
from staff.conversations.view_counts import ConversationGroup, sum_counts

ZONE = ZoneInfo("America/New_York")
WEDNESDAY = datetime(2026, 7, 1, 10, 0, tzinfo=ZONE)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def practice(**values: object) -> Practice:
    return Practice.model_validate(
        {
            "slug": "demo",
            "name": "Maple Street",
            "phone": "+12025550100",
            "widget_key": "key",
            "time_zone": "America/New_York",
            "hours": {day: ["09:00-17:00"] for day in WEEKDAYS},
            **values,
        }
    )


# ---- what it is about

BILLING = "billing_inquiry"


@pytest.mark.parametrize(
    ("intent", "route", "guess", "confidence", "corrected", "said"),
    [
        (BILLING, BILLING, BILLING, 0.9, False, "Billing question"),
        (None, "review", BILLING, 0.9, False, "Not sure"),
        ("complaint", "review", BILLING, 0.7, False, "Not sure"),
        (BILLING, BILLING, BILLING, 0.49, False, "Not sure"),
        (BILLING, BILLING, BILLING, 0.5, False, "Billing question"),
        ("complaint", "acknowledgement", BILLING, 0.3, False, "Complaint"),
        (None, "acknowledgement", BILLING, 0.3, False, "No reply needed"),
        ("person", "person", BILLING, 0.3, False, "Asks for a person"),
        (BILLING, "follow_up", BILLING, 0.3, False, "Billing question"),
        ("complaint", "review", BILLING, 0.3, True, "Complaint"),
        (None, None, None, None, False, ""),
    ],
)
def test_a_row_says_what_it_is_about_only_if_that_is_known(
    intent: str | None, route: str | None, guess: str | None, confidence: float | None, corrected: bool, said: str
) -> None:
    assert topic(intent, route=route, guess=guess, confidence=confidence, corrected=corrected) == said


def test_an_answered_question_is_said_to_be_one_however_sure_the_model_is() -> None:
    guess = {"route": "review", "guess": BILLING, "confidence": 0.3, "reply": "common_question"}

    assert topic(BILLING, corrected=False, **guess) == "Common question"  # type: ignore[arg-type]
    assert topic("complaint", corrected=True, **guess) == "Complaint"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Robin Hood", "RH"),
        ("maria del carmen lópez", "ML"),
        ("Cher", "C"),
        ("Dr. Amy Nguyen", "AN"),
        ("Mr", "M"),
        ("+1 202 555 0123", ""),
        ("ana@patient.example", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_initials_are_those_of_a_name(name: str | None, letters: str) -> None:
    assert initials(name) == letters


# ---- how long someone waits


@pytest.mark.parametrize(
    ("minutes", "said"), [(-1, "now"), (0, "now"), (59, "59 min"), (60, "1 h"), (1439, "23 h"), (2881, "2 d")]
)
def test_a_wait_is_said_in_one_unit(minutes: int, said: str) -> None:
    assert wait(WEDNESDAY - timedelta(minutes=minutes), WEDNESDAY) == said


@pytest.mark.parametrize(
    ("priority", "hour", "waited", "late"),
    [
        (Priority.URGENT, 10, timedelta(minutes=9), False),
        (Priority.URGENT, 10, timedelta(minutes=10), True),
        (Priority.HIGH, 10, timedelta(minutes=60), True),
        (Priority.HIGH, 3, timedelta(minutes=60), True),  # at night, too
        (Priority.NORMAL, 14, timedelta(hours=3, minutes=59), False),
        (Priority.NORMAL, 14, timedelta(hours=4), True),
        (Priority.NORMAL, 10, timedelta(hours=14), False),  # wrote last night; the doors opened an hour ago
        (Priority.NORMAL, 13, timedelta(hours=14), True),
        (Priority.NORMAL, 22, timedelta(hours=12), False),  # nobody is there
        (None, 14, timedelta(hours=4), True),
        (Priority.LOW, 14, timedelta(hours=5), False),
    ],
)
def test_a_wait_is_too_long_by_how_pressing_it_is_and_the_night_does_not_count(
    priority: Priority | None, hour: int, waited: timedelta, late: bool
) -> None:
    moment = WEDNESDAY.replace(hour=hour)

    assert waits_too_long(moment - waited, priority, practice(), moment) is late


def test_a_practice_without_opening_hours_counts_every_hour() -> None:
    assert waits_too_long(WEDNESDAY - timedelta(hours=4), Priority.NORMAL, practice(hours={}), WEDNESDAY)


def test_a_weekend_does_not_count() -> None:
    friday = datetime(2026, 7, 10, 16, 30, tzinfo=ZONE)

    assert not waits_too_long(friday, Priority.NORMAL, practice(), datetime(2026, 7, 13, 10, 0, tzinfo=ZONE))
    assert waits_too_long(friday, Priority.NORMAL, practice(), datetime(2026, 7, 13, 13, 0, tzinfo=ZONE))


# ---- until when it is snoozed


@pytest.mark.parametrize(
    ("wanted", "moment", "end"),
    [
        ("later", WEDNESDAY, datetime(2026, 7, 1, 13, 0, tzinfo=ZONE)),
        ("tomorrow", WEDNESDAY, datetime(2026, 7, 2, 8, 0, tzinfo=ZONE)),
        ("tomorrow", datetime(2026, 7, 1, 23, 59, tzinfo=ZONE), datetime(2026, 7, 2, 8, 0, tzinfo=ZONE)),
        ("monday", WEDNESDAY, datetime(2026, 7, 6, 8, 0, tzinfo=ZONE)),
        ("monday", datetime(2026, 7, 6, 7, 0, tzinfo=ZONE), datetime(2026, 7, 13, 8, 0, tzinfo=ZONE)),
        ("monday", datetime(2026, 7, 5, 7, 0, tzinfo=ZONE), datetime(2026, 7, 6, 8, 0, tzinfo=ZONE)),
        ("2026-07-09T09:30", WEDNESDAY, datetime(2026, 7, 9, 9, 30, tzinfo=ZONE)),
        ("2026-07-01T09:59", WEDNESDAY, None),
        ("2027-08-01T09:00", WEDNESDAY, None),
        ("2026-07-09T09:30+02:00", WEDNESDAY, None),
        ("never", WEDNESDAY, None),
        ("", WEDNESDAY, None),
    ],
)
def test_a_snooze_ends_when_its_name_says_by_the_practices_clock(
    wanted: str, moment: datetime, end: datetime | None
) -> None:
    assert snooze_end(wanted, moment.astimezone(UTC), "America/New_York") == end


def test_a_snooze_for_hours_ends_at_the_next_quarter() -> None:
    moment = WEDNESDAY.replace(minute=31, second=5)

    assert snooze_end("later", moment, "America/New_York") == datetime(2026, 7, 1, 13, 45, tzinfo=ZONE)


def test_the_choices_say_when_they_end_unless_time_zones_differ() -> None:
    monday = datetime(2026, 7, 6, 7, 0, tzinfo=ZONE)
    chosen = {choice.name: choice.ends for choice in snooze_choices(monday, ["America/New_York"])}

    assert chosen == {
        "In 3 hours": "Mon, Jul 6, 10:00 AM",
        "Tomorrow morning": "Tue, Jul 7, 8:00 AM",
        "Monday morning": "Mon, Jul 13, 8:00 AM",
    }
    both = snooze_choices(monday, ["America/New_York", "America/Chicago"])
    assert [choice.ends for choice in both] == ["", "Tue, Jul 7, 8:00 AM", "Mon, Jul 13, 8:00 AM"]


# ---- the address


def test_filters_survive_being_written_into_an_address_and_read_again() -> None:
    filters = Filters(
        View.MINE, "complaint", "same_day", "high", "billing", "sms", "demo", True, Order.WAITING, "1-2", "token"
    )

    assert Filters.read(filters.whole_query(), ["demo"]) == filters
    assert Filters.read({}, ["demo"]).whole_query() == {}


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ({"mine": "1"}, View.MINE),
        ({"state": "waiting"}, View.WAITING),
        ({"state": "closed"}, View.CLOSED),
        ({"state": "all"}, View.EVERY),
        ({"state": "open"}, View.ALL),
        ({"view": "nonsense"}, View.ALL),
    ],
)
def test_addresses_from_before_there_were_views_lead_to_the_same_list(query: dict[str, str], view: View) -> None:
    assert Filters.read(query, []).view is view


# ---- counts


def test_groups_are_counted_in_every_view_that_shows_them() -> None:
    open_, waiting = ConversationState.OPEN, ConversationState.WAITING
    counts = sum_counts(
        [
            ConversationGroup(open_, "nobody", "billing", False, False, 5, 3),
            ConversationGroup(open_, "me", "clinical", True, False, 2, 0),
            ConversationGroup(open_, "others", None, False, False, 1, 1),
            ConversationGroup(waiting, "me", "billing", False, False, 4, 0),
            ConversationGroup(open_, "me", "billing", True, True, 7, 7),
        ]
    )

    assert counts.views == {
        View.ALL: 12,
        View.UNASSIGNED: 5,
        View.URGENT: 2,
        View.MINE: 2,
        View.WAITING: 4,
        View.SNOOZED: 7,
    }
    assert counts.teams == {"billing": 9, "clinical": 2}
    assert counts.unread == 4
