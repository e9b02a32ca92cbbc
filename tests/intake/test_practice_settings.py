"""Settings over the practices file: named as there, checked as there, and their conflicts with it."""

from __future__ import annotations

from typing import Any

import pytest

from intake.practice_settings import (
    HOURS,
    LINKS,
    REPLIES,
    THRESHOLDS,
    Conflict,
    MistakenError,
    Override,
    Value,
    conflicts,
    merge_what_fits,
    read_setting,
    team_keys,
    with_settings,
)
from intake.practices import Practice, load_practices
from tests.test_documentation import DEMO_FILE

VALUES: dict[str, Value] = {
    **{key: ["08:00-12:00", "13:00-17:00"] for key in HOURS[:-1]},
    "closed_on": ["2026-12-25"],
    **{key: f"https://{key}.example" for key in LINKS},
    **{key: f"Words of {key}" for key in REPLIES},
    **dict.fromkeys(THRESHOLDS, 0.5),
    "teams.front.desk.notify": ["sms:+12025550113"],
    "teams.front.desk.quiet_hours": "20:00-07:00",
    "teams.front.desk.digest_at": ["08:00"],
    "teams.front.desk.include_text": True,
}


def practice(**changes: Any) -> Practice:
    values = {"slug": "demo", "name": "Maple Street", "phone": "+12025550100", "time_zone": "America/New_York"}
    return Practice.model_validate(values | {"phone_numbers": ["+15005550006"]} | changes)


@pytest.mark.parametrize("key", VALUES)
def test_a_setting_is_read_as_it_was_given_and_nothing_else_changes(key: str) -> None:
    before = practice()
    after = with_settings(before, {key: VALUES[key]})

    assert read_setting(after, key) == VALUES[key]
    assert read_setting(before, key) != VALUES[key]
    assert with_settings(after, {key: read_setting(before, key)}).model_dump(exclude={"teams", "hours"}) == (
        before.model_dump(exclude={"teams", "hours"})
    )
    assert {other for other in VALUES if read_setting(after, other) != read_setting(before, other)} == {key}


def test_a_practice_with_no_changes_is_the_files() -> None:
    [demo] = load_practices(DEMO_FILE).all

    assert with_settings(demo, {}) == demo
    assert with_settings(demo, {key: read_setting(demo, key) for key in (*LINKS, *team_keys("digest"))}) == demo


def test_a_mistake_is_told_with_its_key_in_the_words_of_a_check() -> None:
    with pytest.raises(MistakenError) as refused:
        with_settings(
            practice(), {"hours.mon": ["08:00-12:00", "8"], "teams.billing.notify": ["x"], "thresholds.complaint": 2.0}
        )

    told = {mistake.key: mistake.words for mistake in refused.value.mistakes}
    assert told["hours.mon"] == "practice[demo].hours.mon[2]: expected opening hours such as 08:30-17:00"
    assert told["teams.billing.notify"].startswith("practice[demo].teams.billing.notify[1]: expected sms:")
    assert told["thresholds.complaint"].startswith("practice[demo].thresholds.complaint: ")


def test_a_mistake_between_settings_has_no_key() -> None:
    with pytest.raises(MistakenError) as refused:
        with_settings(practice(phone_numbers=[]), {"teams.billing.notify": ["sms:+12025550113"]})

    assert [mistake.key for mistake in refused.value.mistakes] == [None]


def test_a_conflict_is_a_file_that_says_something_new_and_different() -> None:
    overrides = {
        "links.pay": Override("https://own.example", "https://old.example"),
        "links.prices": Override("https://own.example", None),
        "links.privacy": Override("https://same.example", None),
    }
    file = practice(links={"pay": "https://new.example", "privacy": "https://same.example"})

    assert conflicts(file, overrides) == [Conflict("links.pay", "https://new.example", "https://own.example")]


def test_where_it_cannot_be_said_what_does_not_fit_the_file_holds() -> None:
    overrides = {
        "teams.billing.notify": Override(["sms:+12025550113"], []),
        "links.pay": Override("https://own.example", None),
    }
    file = practice(phone_numbers=[])
    merged, mistakes = merge_what_fits(file, overrides)

    assert merged == file
    assert len(mistakes) == 1
