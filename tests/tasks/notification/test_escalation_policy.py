"""Who is notified of an urgent message, and when: pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake.practices import EscalationStep, Practice
from intake.settings import Settings
from intake.vocabulary import DangerKind
from tasks.notification.escalation_policy import (
    AT_ONCE,
    COLLECTED_FOR,
    NEVER,
    ToldSoFar,
    Unpaged,
    collected_until,
    follow_change,
    is_news,
    next_reached,
    repeated_step,
    steps_to_take,
    why_unpaged,
)
from tests.world import DEMO_NUMBER

MOMENT = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
TOLD = ToldSoFar(frozenset({"on_call"}), frozenset({DangerKind.OTHER}))


# ---- a further message of the same conversation


def test_the_first_message_is_news() -> None:
    assert is_news(ToldSoFar(), "on_call", DangerKind.OTHER)


@pytest.mark.parametrize("danger", [DangerKind.OTHER, None])
def test_more_of_the_same_danger_is_no_news(danger: DangerKind | None) -> None:
    assert not is_news(TOLD, "on_call", danger)


@pytest.mark.parametrize("danger", [DangerKind.SELF_HARM, DangerKind.INGESTION])
def test_a_new_kind_of_danger_is_news(danger: DangerKind) -> None:
    assert is_news(TOLD, "on_call", danger)


def test_a_team_that_knows_nothing_yet_is_told() -> None:
    assert is_news(TOLD, "manager", DangerKind.OTHER)


# ---- who is next


@pytest.mark.parametrize(
    ("taken", "stopped", "steps"),
    [
        (0, "", [1]),
        (1, "", [2]),
        (0, "a", [1, 2]),
        (0, "ab", [1, 2, 3]),
        (1, "bc", [2, 3]),
        (0, "abc", [1, 2, 3]),
        (3, "a", []),
    ],
)
def test_a_step_that_reaches_nobody_takes_no_time(
    settings: Settings, taken: int, stopped: str, steps: list[int]
) -> None:
    numbers = {"a": "+12025550112", "b": "+12025550113", "c": "+12025550114"}
    contacts = [{"number": number, "after_minutes": 10 * (n + 1)} for n, number in enumerate(numbers.values())]

    found = steps_to_take(practice(escalation=contacts), taken, settings, {f"sms:{numbers[name]}" for name in stopped})

    assert found == steps


# ---- the escalation changes while an alarm is open


def steps(*contacts: tuple[str, int]) -> list[EscalationStep]:
    return [EscalationStep(team=team, after_minutes=minutes) for team, minutes in contacts]


NOW_THREE = steps(("a", 10), ("b", 20), ("c", 40))


@pytest.mark.parametrize(
    ("after", "taken", "minutes"),
    [
        (NOW_THREE, 1, 4),
        (steps(("a", 10), ("b", 30), ("c", 40)), 1, 14),
        (steps(("b", 20), ("c", 40)), 0, 4),
        (steps(("x", 5), ("a", 10), ("b", 20)), 0, 0),
        (steps(("a", 15), ("c", 20)), 1, 4),
        (steps(("a", 10)), 1, 10),
        ([], 0, None),
    ],
    ids=["same", "b later", "a removed", "x before a", "b removed", "only a left", "nobody left"],
)
def test_an_open_alarm_goes_on_by_the_new_list(after: list[EscalationStep], taken: int, minutes: int | None) -> None:
    """Step `a` was taken six minutes ago, and `b` is due in four."""
    due = NEVER if minutes is None else MOMENT + timedelta(minutes=minutes)

    assert follow_change(NOW_THREE, after, 1, MOMENT + timedelta(minutes=4), MOMENT) == (taken, due)


def test_a_last_contact_that_is_told_again_and_again_stays_due_when_it_was() -> None:
    due = MOMENT + timedelta(minutes=7)

    assert follow_change(NOW_THREE, NOW_THREE, 3, due, MOMENT) == (3, due)


def test_a_contact_that_is_added_after_the_last_step_is_still_due() -> None:
    before, after = steps(("a", 10)), steps(("a", 10), ("b", 30))

    assert follow_change(before, after, 1, NEVER, MOMENT) == (1, MOMENT + timedelta(minutes=20))


# ---- several strangers at once


def ago(*seconds: int) -> list[datetime]:
    """When notices like it went out, the newest first."""
    return [MOMENT - timedelta(seconds=before) for before in seconds]


@pytest.mark.parametrize("rounds", [(), (10,), (10, 10)], ids=["first", "second", "third"])
def test_the_first_three_notices_go_out_at_once(rounds: tuple[int, ...]) -> None:
    assert collected_until(ago(*rounds), MOMENT) is None


def test_the_fourth_waits_for_the_end_of_the_three_minutes_after_the_third() -> None:
    assert collected_until(ago(10, 60, 90), MOMENT) == MOMENT - timedelta(seconds=10) + COLLECTED_FOR


def test_a_round_that_waits_already_is_joined() -> None:
    waiting = MOMENT + timedelta(minutes=1)

    assert collected_until([waiting, *ago(60, 60, 60)], MOMENT) == waiting


def test_what_is_three_minutes_old_counts_no_more() -> None:
    assert collected_until(ago(10, 60, 180), MOMENT) is None


def test_nobody_waits_longer_than_three_minutes_though_a_notice_is_tried_again_in_an_hour() -> None:
    assert collected_until([MOMENT + timedelta(hours=1), *ago(10, 60)], MOMENT) == MOMENT + COLLECTED_FOR


def test_twelve_in_a_minute_make_three_pages_at_once_and_one_round() -> None:
    rounds: list[datetime] = []
    for number in range(12):
        moment = MOMENT + timedelta(seconds=5 * number)
        rounds.append(collected_until(sorted(rounds, reverse=True)[:AT_ONCE], moment) or moment)

    third = MOMENT + timedelta(seconds=10)
    assert sorted(set(rounds)) == [MOMENT, MOMENT + timedelta(seconds=5), third, third + COLLECTED_FOR]


# ---- whom an emergency reaches


def practice(**settings: Any) -> Practice:
    known = {"slug": "demo", "name": "Maple Street", "phone": "+12025550100", "phone_numbers": [DEMO_NUMBER]}
    return Practice.model_validate({**known, "time_zone": "America/New_York", **settings})


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"teams": {"on_call": {"notify": []}}},
        {"teams": {"front_desk": {"notify": ["json://localhost"]}}},
        {"teams": {"manager": {"notify": []}}, "escalation": [{"team": "manager", "after_minutes": 10}]},
        {
            "teams": {"on_call": {"notify": ["json://localhost"]}, "clinical": {"notify": []}},
            "routes": {"urgent": {"team": "clinical"}},
        },
    ],
)
def test_these_practices_page_nobody(settings: dict[str, Any]) -> None:
    assert why_unpaged(practice(**settings), None, ()) is Unpaged.NO_ADDRESS


@pytest.mark.parametrize(
    "settings",
    [
        {"teams": {"on_call": {"notify": ["sms:+12025550112"]}}},
        {"escalation": [{"number": "+12025550112", "after_minutes": 10}]},
        {
            "teams": {"manager": {"notify": ["json://localhost"]}},
            "escalation": [{"team": "manager", "after_minutes": 10}],
        },
        {
            "teams": {"clinical": {"notify": ["json://localhost"]}},
            "routes": {"urgent": {"team": "clinical"}},
        },
    ],
)
def test_these_page_somebody(settings: dict[str, Any]) -> None:
    assert why_unpaged(practice(**settings), None, ()) is None


# ---- who is next


def test_the_next_contact_is_the_next_that_has_an_address(settings: Settings) -> None:
    teams = {"on_call": {"notify": []}, "manager": {"notify": ["sms:+12025550114"]}}
    steps = [{"team": "on_call", "after_minutes": 5}, {"team": "manager", "after_minutes": 15}]
    some = practice(teams=teams, escalation=steps)

    assert next_reached(some, 0, MOMENT, settings, ()) == (2, MOMENT)
    assert next_reached(some, 1, MOMENT, settings, ()) == (2, MOMENT)
    assert next_reached(some, 2, MOMENT, settings, ()) == (2, MOMENT)
    assert next_reached(some, 0, NEVER, settings, ()) == (0, NEVER)
    assert next_reached(practice(teams=teams, escalation=steps[:1]), 0, MOMENT, settings, ()) == (0, NEVER)
    without_texts = settings.model_copy(update={"twilio_account_sid": None})
    assert next_reached(some, 1, MOMENT, without_texts, ()) == (0, NEVER)


def test_a_phone_that_texted_stop_is_neither_next_nor_told_again_nor_paged_at_all(settings: Settings) -> None:
    nurse, manager = "sms:+12025550112", "sms:+12025550114"
    steps = [{"number": "+12025550112", "after_minutes": 5}, {"number": "+12025550114", "after_minutes": 15}]
    some = practice(escalation=steps)

    assert next_reached(some, 0, MOMENT, settings, {nurse}) == (2, MOMENT)
    assert next_reached(some, 0, MOMENT, settings, {manager}) == (1, MOMENT)
    assert next_reached(some, 1, MOMENT, settings, {manager}) == (1, MOMENT + timedelta(minutes=10))
    assert repeated_step(some, settings, {manager}) == 1
    assert next_reached(some, 2, MOMENT, settings, {nurse, manager}) == (0, NEVER)
    assert why_unpaged(some, settings, {nurse}) is None
    assert why_unpaged(some, settings, {nurse, manager}) is Unpaged.STOPPED
    without_texts = settings.model_copy(update={"twilio_account_sid": None})
    assert why_unpaged(some, without_texts, {nurse, manager}) is Unpaged.NO_CARRIER
