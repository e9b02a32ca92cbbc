"""Settings on top of the practices file: derived from its fields, checked like the file, and in conflict with it."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field

from intake.practice_settings import (
    Conflict,
    Mistake,
    MistakenError,
    Override,
    Row,
    Setting,
    Value,
    find_conflicts,
    find_setting,
    list_settings,
    merge_what_fits,
    read_setting,
    setting_of,
    with_settings,
)
from intake.practices import Practice, TeamSettings, load_practices
from intake.setting_editors import Editor, EditorKind, SettingGroup
from intake.vocabulary import EDITED_ROUTES, INTENTS, REPLIES, ChatText, Weekday
from tests.test_documentation import DEMO_FILE

MAIN_LINE: Row = {"number": "+12025550157", "label": "Main line", "retired": False}
VALUES: dict[str, Value] = {
    **{f"hours.{day}": ["08:00-12:00", "13:00-17:00"] for day in Weekday},
    "closed_on": ["2026-08-14"],
    "special_hours": ["2026-12-24 08:00-12:00"],
    "open_on": ["2026-11-11"],
    "patient_quiet_hours": "20:00-09:00",
    "observe_federal_holidays": False,
    "observe_holiday_eves": False,
    "phone": "+12025550155",
    "phone_numbers": [MAIN_LINE],
    "email": "hello@elm.example",
    "former_emails": ["hello@maple.example"],
    "time_zone": "America/Denver",
    **{f"routes.{route}": {"team": "billing", "priority": "normal", "auto_reply": None} for route in EDITED_ROUTES},
    "on_call_number": "+12025550156",
    "chat.colour": "#123456",
    "escalation": [{"team": "on_call", "number": None, "email": None, "after_minutes": 10}],
    "auto_reply": "off",
    "ask_insurance_details": True,
    "picture_texts": True,
    **{
        f"links.{name}": f"https://{name}.example"
        for name in ("new_patient", "scheduling", "pay", "prices", "privacy", "terms")
    },
    **{f"replies.{name}": f"Words of {name}: 911, 988, 1-800-222-1222" for name in REPLIES},
    **{f"thresholds.{intent}": 0.5 for intent in INTENTS},
    "review_threshold": 0.5,
    "review_sample": 0.5,
    "review_reply_hours": 0.5,
    "retention.message_days": 30,
    "retention.recording_days": 7,
    "retention.audit_days": 2555,
    "access.require_second_factor": True,
    "access.idle_minutes": 10,
    "access.emergency_access": True,
    "name": "Elm Street",
    "email_name": "Elm Street Office",
    "price_range": "A visit is $90.",
    "price_range_es": "Una visita cuesta $90.",
    "health_reader": "our clinical team",
    "health_reader_es": "nuestro equipo médico",
    "voice.greeting_open": "You have reached {{ practice.name }}.",
    "voice.greeting_closed": "We are closed.",
    "chat.staff_names": False,
    "chat.suggest_questions": False,
    "chat.email_copies": True,
    "chat.files": False,
    **{f"chat.strings.{text}": f"Own words for {text}" for text in ChatText},
    "teams.front.desk.notify": ["sms:+12025550113"],
    "teams.front.desk.quiet_hours": "20:00-07:00",
    "teams.front.desk.digest_at": ["08:00"],
    "teams.front.desk.include_text": "redacted",
}


class RemoteTeam(TeamSettings):
    """A team with one more editable field."""

    nickname: Annotated[str | None, Editor(SettingGroup.TEAMS, EditorKind.LINE, "Nickname")] = None


class ParkingPractice(Practice):
    """A practice with one more editable field, and one more in its teams."""

    parking: Annotated[str | None, Editor(SettingGroup.OTHER, EditorKind.LINE, "Parking")] = None
    teams: dict[str, RemoteTeam] = Field(default={})  # type: ignore[assignment]  # a dict is invariant, read here only


def practice(**changes: Any) -> Practice:
    values = {"slug": "demo", "name": "Maple Street", "phone": "+12025550100", "time_zone": "America/New_York"}
    return Practice.model_validate(values | {"phone_numbers": ["+15005550006"]} | changes)


def name_of(key: str) -> str:
    found = find_setting(Practice, key)
    assert found
    return found.name


# ---- which settings there are, and what they are called


def test_every_field_with_an_editor_is_a_setting() -> None:
    assert {setting.key for setting in list_settings(Practice, ["front.desk"])} == set(VALUES)


@pytest.mark.parametrize("setting", list_settings(Practice, ["billing"]), ids=lambda setting: str(setting.key))
def test_every_setting_has_a_label_and_is_found_by_its_key(setting: Setting) -> None:
    assert setting.label
    assert find_setting(Practice, setting.key) == setting


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("hours.mon", "Hours: Monday"),
        ("closed_on", "Hours: Closed on"),
        ("links.pay", "Link: Pay a bill"),
        ("replies.review_es", "Reply: Not sure, in Spanish"),
        ("thresholds.price_shopper", "Threshold: Price question"),
        ("teams.front_desk.quiet_hours", "Front desk team: quiet hours"),
    ],
)
def test_a_setting_has_the_words_of_the_vocabulary(key: str, name: str) -> None:
    assert name_of(key) == name


@pytest.mark.parametrize(
    "key",
    [
        "slug",
        "chat.strings.en.anything",
        "hours",
        "hours.day",
        "teams.billing",
        "teams.billing.email",
        "links",
        "gone.x",
    ],
)
def test_what_managers_cannot_edit_is_no_setting(key: str) -> None:
    assert find_setting(Practice, key) is None


def test_a_setting_that_a_past_release_had_is_shown_under_its_key() -> None:
    assert setting_of(Practice, "gone.key").name == "Setting: gone.key"
    assert read_setting(practice(), "gone.key") is None


def test_a_new_field_is_a_setting_by_its_editor_alone() -> None:
    before = ParkingPractice.model_validate(practice().model_dump())
    after = with_settings(before, {"parking": "Behind the church", "teams.billing.nickname": "Bills"})

    assert {setting.key for setting in list_settings(ParkingPractice, ["billing"])} - set(VALUES) >= {
        "parking",
        "teams.billing.nickname",
    }
    assert (read_setting(before, "parking"), read_setting(before, "teams.billing.nickname")) == (None, None)
    assert isinstance(after, ParkingPractice)
    assert (after.parking, after.teams["billing"].nickname) == ("Behind the church", "Bills")


# ---- values


@pytest.mark.parametrize("key", VALUES)
def test_a_setting_is_read_as_it_was_given_and_nothing_else_changes(key: str) -> None:
    before = practice()
    after = with_settings(before, {key: VALUES[key]})

    assert read_setting(after, key) == VALUES[key]
    assert read_setting(before, key) != VALUES[key]
    assert with_settings(after, {key: read_setting(before, key)}).model_dump(exclude={"teams", "hours"}) == (
        before.model_dump(exclude={"teams", "hours"})
    )
    assert {setting for setting in VALUES if read_setting(after, setting) != read_setting(before, setting)} == {key}


def test_a_practice_without_changes_is_that_of_the_file() -> None:
    [demo] = load_practices(DEMO_FILE).all

    assert with_settings(demo, {}) == demo
    keys = [setting.key for setting in list_settings(Practice, demo.teams)]
    given = [key for key in keys if read_setting(demo, key) or not key.startswith("hours.")]
    assert with_settings(demo, {key: read_setting(demo, key) for key in given}) == demo


def test_a_mistake_has_its_key_its_position_and_the_reason_of_a_check() -> None:
    with pytest.raises(MistakenError) as refused:
        with_settings(
            practice(), {"hours.mon": ["08:00-12:00", "8"], "teams.billing.notify": ["x"], "thresholds.complaint": 2.0}
        )

    assert refused.value.mistakes == [
        Mistake("hours.mon", "expected opening hours such as 08:30-17:00", item=2),
        Mistake(
            "teams.billing.notify",
            "expected sms:+12025550123, mailto:desk@example.com, or a notification address such as slack://…",
            item=1,
        ),
        Mistake("thresholds.complaint", "Input should be less than or equal to 1"),
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [("links.gone", "x"), ("teams.front.desk.gone", "x"), ("thresholds.gossip", 0.5), ("gone", "x")],
)
def test_a_setting_that_there_is_not_is_a_mistake_at_its_key(key: str, value: Value) -> None:
    with pytest.raises(MistakenError) as refused:
        with_settings(practice(), {key: value})

    assert [mistake.key for mistake in refused.value.mistakes] == [key]


def test_a_mistake_between_settings_has_no_key() -> None:
    with pytest.raises(MistakenError) as refused:
        with_settings(practice(phone_numbers=[]), {"teams.billing.notify": ["sms:+12025550113"]})

    assert [mistake.key for mistake in refused.value.mistakes] == [None]


def test_a_step_that_leads_nowhere_is_a_mistake_of_the_escalation_and_no_other_change_gives_way() -> None:
    step: Row = {"team": "weekend", "number": None, "email": None, "after_minutes": 10}
    overrides = {"escalation": Override([step], []), "links.pay": Override("https://own.example", None)}

    merged, mistakes = merge_what_fits(practice(), overrides)

    assert (merged.escalation, merged.links.pay) == ([], "https://own.example")
    assert mistakes == [Mistake("escalation", "there is no team weekend; add it to teams")]


# ---- the file and the overrides


def test_a_conflict_is_a_new_and_different_value_in_the_file() -> None:
    overrides = {
        "links.pay": Override("https://own.example", "https://old.example"),
        "links.prices": Override("https://own.example", None),
        "links.privacy": Override("https://same.example", None),
    }
    file = practice(links={"pay": "https://new.example", "privacy": "https://same.example"})

    assert find_conflicts(file, overrides) == [Conflict("links.pay", "https://new.example", "https://own.example")]


def test_if_no_single_override_is_to_blame_only_those_give_way_that_do_not_fit_the_file() -> None:
    overrides = {
        "teams.billing.notify": Override(["sms:+12025550113"], []),
        "links.pay": Override("https://own.example", None),
    }
    file = practice(phone_numbers=[])
    merged, mistakes = merge_what_fits(file, overrides)

    assert (merged.teams, merged.links.pay) == (file.teams, "https://own.example")
    assert [mistake.key for mistake in mistakes] == ["teams.billing.notify"]


@pytest.mark.parametrize(("old", "new"), [(False, "off"), (True, "full")])
def test_notices_with_text_were_once_on_or_off_and_an_override_of_then_still_fits(old: bool, new: str) -> None:
    now_in_file = practice(teams={"billing": {"include_text": old}})
    overrides = {"teams.billing.include_text": Override(value=not old, file=old)}

    merged, mistakes = merge_what_fits(now_in_file, overrides)

    assert read_setting(now_in_file, "teams.billing.include_text") == new
    assert (read_setting(merged, "teams.billing.include_text"), mistakes) == ("off" if old else "full", [])
    assert find_conflicts(now_in_file, overrides) == []
