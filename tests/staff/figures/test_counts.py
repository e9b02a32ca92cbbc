"""What the database counts for the figures page; `tests/postgres/test_figures.py` asks PostgreSQL the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from inbox.accounts.members import add_member
from inbox.models import DeliveryState, Escalation, OptOut, Review, ReviewReason, Role
from inbox.storage.database import Database
from intake.practices import Practice
from staff.figures.arrivals import part_minutes, read_arrivals
from staff.figures.period import Period
from staff.figures.queries import Consents, Figures, Kind, WaitingGroup, Writer, read_figures
from tasks.samples import add_samples
from tests.staff.figures.day import add_answer, add_conversation, add_message, at, practice_in

QUERIES = 8
WEEK = Period(
    date(2026, 3, 2), date(2026, 3, 8), "America/New_York"
)  # Monday to Sunday, on which the clock goes forward
NOON = at("2026-03-03 17:00")  # Tuesday
MINUTES, HOURS, DAYS = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))


def read(session: Session, period: Period = WEEK, practice: Practice | None = None) -> Figures:
    return read_figures(session, practice or practice_in(), period, at("2026-03-08 20:00"))


def hours(session: Session, period: Period) -> dict[tuple[int, int], int]:
    """How many messages came in by weekday and hour."""
    counts: Counter[tuple[int, int]] = Counter()
    for arrivals in read_arrivals(session, practice_in(period.zone), period):
        counts[arrivals.weekday, arrivals.hour] += arrivals.count
    return dict(counts)


def member_of(session: Session, name: str) -> int:
    member = add_member(session, f"{name.lower()}@maple.example", name, Role.STAFF, ["demo"], None)
    session.flush()
    return member.id


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that the database gets meanwhile."""
    found: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement != "BEGIN":  # which SQLite is asked for explicitly
            found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield found
    event.remove(database.engine, "before_cursor_execute", note)


# ---- the wall clock


def test_the_hour_that_a_clock_goes_through_twice_counts_twice(database: Database) -> None:
    """On November 1, 2026, 1:59 in New York is followed by 1:00."""
    sunday = Period(date(2026, 11, 1), date(2026, 11, 1), "America/New_York")
    with database.write() as session:
        for moment in ("04:30", "05:30", "06:30", "07:30"):  # 0:30, 1:30, 1:30 once more, 2:30
            add_message(session, at(f"2026-11-01 {moment}"))

        assert hours(session, sunday) == {(6, 0): 1, (6, 1): 2, (6, 2): 1}


def test_the_hour_that_a_clock_skips_has_nothing(database: Database) -> None:
    """On March 8, 2026, 1:59 in New York is followed by 3:00."""
    with database.write() as session:
        for moment in ("06:59:59.999999", "07:00:00", "07:59:59.999999", "08:00:00"):
            add_message(session, at(f"2026-03-08 {moment}"))

        assert hours(session, WEEK) == {(6, 1): 1, (6, 3): 2, (6, 4): 1}


@pytest.mark.parametrize(
    ("zone", "hour"), [("America/St_Johns", 13), ("Asia/Kathmandu", 22), ("Pacific/Honolulu", 7), ("UTC", 17)]
)
def test_any_zone_has_its_own_hours(database: Database, zone: str, hour: int) -> None:
    day = Period(date(2026, 3, 3), date(2026, 3, 3), zone)
    with database.write() as session:
        add_message(session, NOON)

        assert hours(session, day) == {(1, hour): 1}


def test_a_period_begins_and_ends_at_the_practices_midnight(database: Database) -> None:
    with database.write() as session:
        for moment in ("2026-03-02 04:59:59.9", "2026-03-02 05:00", "2026-03-09 03:59:59.9", "2026-03-09 04:00"):
            add_message(session, at(moment))

        assert hours(session, WEEK) == {(0, 0): 1, (6, 23): 1}


def test_after_hours_is_what_the_practice_says_to_the_minute_and_on_holidays(database: Database) -> None:
    """Tuesday is a day like any other, Wednesday is one on which the practice is closed."""
    practice = practice_in(closed_on=["2026-03-04"])
    moments = {"13:29:59": False, "13:30": True, "21:59:59": True, "22:00": False}
    with database.write() as session:
        for moment in moments:
            add_message(session, at(f"2026-03-03 {moment}"))
            add_message(session, at(f"2026-03-04 {moment}"))
        found = read_arrivals(session, practice, WEEK)

    by_day: Counter[tuple[int, bool]] = Counter()
    for arrivals in found:
        by_day[arrivals.weekday, arrivals.is_open] += arrivals.count
    assert by_day == {(1, True): 2, (1, False): 2, (2, False): 4}


@pytest.mark.parametrize(
    ("spans", "minutes"), [([], 60), (["08:00-17:00"], 60), (["08:30-12:00", "13:15-17:00"], 15), (["00:00-23:59"], 1)]
)
def test_a_week_is_cut_as_finely_as_the_doors_open_and_close(spans: list[str], minutes: int) -> None:
    assert part_minutes(practice_in(hours={"mon": spans})) == minutes


# ---- what came in


def test_messages_are_counted_by_channel_route_intent_and_label(database: Database) -> None:
    with database.write() as session:
        add_message(session, NOON)
        add_message(session, NOON)
        add_message(session, NOON, route="urgent")
        add_message(session, NOON, add_conversation(session, channel="email"), route="review", intent="complaint")
        add_message(session, NOON, route=None)
        labeled = add_message(session, NOON, route="review", intent="complaint")
        review = {"model_version": "test", "intent": "complaint", "confidence": 0.4, "threshold": 0.6}
        session.add(
            Review(
                message_id=labeled.id,
                practice="demo",
                reason=ReviewReason.LOW_CONFIDENCE,
                sampling_rate=1.0,
                label="billing_inquiry",
                **review,
            )
        )
        session.flush()
        found = read(session).kinds

    assert set(found) == {
        Kind("sms", "complaint", None, None, 2),
        Kind("sms", "urgent", "complaint", None, 1),
        Kind("email", "review", None, None, 1),
        Kind("sms", None, None, None, 1),
        Kind("sms", "review", None, "billing_inquiry", 1),
    }
    assert len(found) == 5


def test_messages_that_retention_has_emptied_count_still(database: Database) -> None:
    with database.write() as session:
        message = add_message(session, NOON, emptied_at=NOON + 2 * DAYS)
        add_answer(session, message, timedelta(seconds=5))
        found = read(session)

    assert (found.kinds, found.automatic.seconds) == ([Kind("sms", "complaint", None, None, 1)], {5: 1})
    assert sum(arrivals.count for arrivals in found.arrivals) == 1


# ---- answers


def test_the_first_automatic_answer_that_arrived_counts(database: Database) -> None:
    with database.write() as session:
        answered = add_message(session, NOON)
        add_answer(session, answered, 3 * timedelta(seconds=1), reply="same_day", state=DeliveryState.FAILED)
        add_answer(session, answered, 5 * timedelta(seconds=1))
        add_answer(session, answered, 2 * HOURS, reply="review")
        add_message(session, NOON)
        stopped = add_message(session, NOON, route="opt_out", keyword="stop", priority=None)
        add_answer(session, stopped, timedelta(seconds=1), reply="opt_out")
        found = read(session).automatic

    assert (found.seconds, found.unanswered) == ({5: 1}, 1)


def test_a_person_is_timed_from_the_first_message_that_nobody_has_answered(database: Database) -> None:
    """Automatic answers, thanks that need nobody, and replies that did not arrive change nothing."""
    with database.write() as session:
        staff_id = member_of(session, "Dana")
        conversation = add_conversation(session)
        first = add_message(session, NOON, conversation)
        add_answer(session, first, timedelta(seconds=2))
        add_answer(session, first, MINUTES, staff_id=staff_id, state=DeliveryState.FAILED)
        add_message(session, NOON + 5 * MINUTES, conversation)
        add_answer(session, first, 8 * MINUTES, staff_id=staff_id)
        add_answer(session, first, 9 * MINUTES, staff_id=staff_id)
        add_message(session, NOON + HOURS, conversation, route="acknowledgement", priority=None)
        second = add_message(session, NOON + DAYS, conversation)
        add_answer(session, second, 90 * MINUTES, staff_id=staff_id)
        add_message(session, NOON + 2 * DAYS, conversation)
        found = read(session).human

    assert (found.seconds, found.unanswered) == ({8 * 60: 1, 90 * 60: 1}, 1)


def test_what_was_settled_without_writing_does_not_lengthen_the_next_wait(database: Database) -> None:
    with database.write() as session:
        staff_id, conversation = member_of(session, "Dana"), add_conversation(session)
        add_message(session, NOON - 8 * DAYS, conversation)
        add_message(session, NOON, conversation)
        latest = add_message(session, NOON + MINUTES, conversation)
        add_answer(session, latest, MINUTES, staff_id=staff_id)

        assert read(session).human.seconds == {120: 1}


def test_a_wait_counts_in_the_period_in_which_it_began_though_it_ended_later(database: Database) -> None:
    with database.write() as session:
        staff_id, conversation = member_of(session, "Dana"), add_conversation(session)
        before, within = add_message(session, NOON - 2 * DAYS, conversation), add_message(session, NOON, conversation)
        add_answer(session, within, HOURS, staff_id=staff_id)
        last = add_message(session, at("2026-03-08 23:00"), conversation)
        add_answer(session, last, 12 * HOURS, staff_id=staff_id)

        assert read(session).human.seconds == {12 * 3600: 1}
        assert before.received_at < WEEK.start


def test_long_waits_are_rounded_down_to_what_is_worth_telling_apart(database: Database) -> None:
    waits = [timedelta(seconds=599), timedelta(minutes=10, seconds=59), timedelta(days=1, minutes=59, seconds=59)]
    with database.write() as session:
        for wait in waits:
            add_answer(session, add_message(session, NOON), wait)

        assert read(session).automatic.seconds == {599: 1, 600: 1, 86_400: 1}


def test_each_member_who_wrote_is_named_once_with_conversations_and_replies(database: Database) -> None:
    with database.write() as session:
        dana, kim = member_of(session, "Dana"), member_of(session, "Kim")
        first, other = add_message(session, NOON), add_message(session, NOON)
        add_answer(session, first, timedelta(seconds=5))
        for message, staff_id in ((first, dana), (first, dana), (other, dana), (first, kim)):
            add_answer(session, message, HOURS, staff_id=staff_id)
        add_answer(session, first, HOURS, staff_id=kim, state=DeliveryState.SUPPRESSED)
        found = read(session).writers

    assert sorted(found, key=lambda writer: writer.name or "") == [
        Writer(None, 1, 1),
        Writer("Dana", 2, 3),
        Writer("Kim", 1, 1),
    ]


@pytest.mark.parametrize(
    ("state", "scheduled_for", "replies"),
    [
        pytest.param(DeliveryState.PENDING, NOON + 6 * HOURS, 0, id="scheduled"),
        pytest.param(DeliveryState.SUPPRESSED, NOON + 6 * HOURS, 0, id="cancelled"),
        pytest.param(DeliveryState.NOT_SENT, None, 0, id="not sent"),
        pytest.param(DeliveryState.SENT, NOON + 6 * HOURS, 1, id="scheduled and sent"),
        pytest.param(DeliveryState.PENDING, None, 1, id="going out now"),
    ],
)
def test_only_what_went_out_or_is_going_out_counts_as_a_reply(
    database: Database, state: DeliveryState, scheduled_for: datetime | None, replies: int
) -> None:
    with database.write() as session:
        message, dana = add_message(session, NOON), member_of(session, "Dana")
        add_answer(session, message, HOURS, staff_id=dana, state=state, scheduled_for=scheduled_for)

        assert sum(writer.replies for writer in read(session).writers) == replies


# ---- now, and opt-outs


def test_who_waits_now_is_grouped_by_how_long_whatever_the_period(database: Database) -> None:
    moment = at("2026-03-08 20:00")
    with database.write() as session:
        for waited in (59 * MINUTES, HOURS, 5 * HOURS, 30 * DAYS):
            add_conversation(session, state="open", waiting_since=moment - waited)
        add_conversation(session, state="open", waiting_since=moment - MINUTES, priority="urgent")
        add_conversation(session, state="open")
        add_conversation(session, state="closed", waiting_since=moment - DAYS, priority="urgent")
        raised = add_message(session, NOON)
        alarm = {"message_id": raised.id, "conversation_id": raised.conversation_id, "practice": "demo"}
        session.add_all([Escalation(**alarm, code="4F7"), Escalation(**alarm, code="5F7", acknowledged_at=NOON)])
        session.flush()
        found = read(session)

    assert sorted(found.waiting, key=lambda waiting: (waiting.group, waiting.is_urgent)) == [
        WaitingGroup(0, False, 1, moment - 59 * MINUTES),
        WaitingGroup(0, True, 1, moment - MINUTES),
        WaitingGroup(1, False, 1, moment - HOURS),
        WaitingGroup(2, False, 1, moment - 5 * HOURS),
        WaitingGroup(4, False, 1, moment - 30 * DAYS),
    ]
    assert found.alarms == 1


def test_opt_outs_are_told_apart_by_who_made_them(database: Database) -> None:
    with database.write() as session:
        kinds = [(True, None), (True, 7), (True, 7), (False, None)]
        for place, (active, recorded_by) in enumerate(kinds):
            session.add(
                OptOut(
                    practice="demo", patient_index=str(place), active=active, recorded_by=recorded_by, changed_at=NOON
                )
            )
        session.add(OptOut(practice="demo", patient_index="before", changed_at=NOON - 30 * DAYS))
        session.flush()

        assert read(session).consents == Consents(by_patient=1, by_staff=2, opted_in=1)


# ---- all of it


def test_another_practices_rows_count_nowhere(database: Database) -> None:
    with database.write() as session:
        empty = read(session)
        staff_id = member_of(session, "Dana")
        conversation = add_conversation(session, "other", state="open", waiting_since=NOON, priority="urgent")
        message = add_message(session, NOON, conversation)
        add_answer(session, message, timedelta(seconds=5))
        add_answer(session, message, MINUTES, staff_id=staff_id)
        session.add(OptOut(practice="other", patient_index="1", changed_at=NOON))
        session.add(Escalation(message_id=message.id, conversation_id=conversation.id, practice="other", code="4F7"))
        session.flush()

        assert read(session) == empty
        assert read(session, practice=practice_in(slug="other")) != empty


def test_the_samples_of_a_new_service_count_nowhere(database: Database) -> None:
    with database.write() as session:
        empty = read(session)
        assert add_samples(session, practice_in(), NOON) > 0
        session.flush()

        assert read(session) == empty


def test_as_many_queries_are_asked_of_a_busy_practice_as_of_an_empty_one(database: Database) -> None:
    with database.read() as session, counted(database) as asked_of_nothing:
        read(session)
    with database.write() as session:
        members = [member_of(session, name) for name in ("Ana", "Ben", "Cleo")]
        for place in range(40):
            message = add_message(session, NOON + place * HOURS, route=("complaint", "review", "urgent")[place % 3])
            add_answer(session, message, timedelta(seconds=place))
            add_answer(session, message, place * MINUTES, staff_id=members[place % 3])
    with database.read() as session, counted(database) as asked_of_many:
        read(session)

    assert len(asked_of_nothing) == len(asked_of_many) == QUERIES
