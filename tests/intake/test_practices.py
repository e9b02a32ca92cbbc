"""The practices file: every mistake is reported with its line or key, and opening hours mean what they say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from intake.errors import IntakeError
from intake.practices import Practice, Practices, load_practices
from intake.vocabulary import INTENTS, Weekday
from tests.world import DEMO_NUMBER, PRACTICES_TOML, SERVICE_SID

DEMO_FILE = Path(__file__).parents[2] / "practices.demo.toml"
SMALLEST = """
[[practice]]
slug = "demo"
name = "Maple Street"
phone = "+12025550100"
time_zone = "America/New_York"
"""


def load(tmp_path: Path, text: str) -> Practices:
    file = tmp_path / "practices.toml"
    file.write_text(text)
    return load_practices(file)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(IntakeError) as refused:
        load(tmp_path, text)
    message = str(refused.value)
    assert "\n" not in message
    assert "practices.toml" in message
    return message


def practice(**changes: Any) -> Practice:
    values = {"slug": "demo", "name": "Maple Street", "phone": "+12025550100", "time_zone": "America/New_York"}
    return Practice.model_validate(values | changes)


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)


# ---- files that are right


def test_the_demo_file_is_right() -> None:
    [demo] = load_practices(DEMO_FILE).all

    assert demo.slug == "demo"
    assert demo.numbers_in_use == [DEMO_NUMBER]
    assert demo.widget_key == "demo"


def test_a_practice_needs_little(tmp_path: Path) -> None:
    [only] = load(tmp_path, SMALLEST).all

    assert (only.limits.cool_down_minutes, only.limits.replies_per_hour) == (60, 12)
    assert (only.review_sample, only.review_reply_hours) == (0.02, 24)
    assert (only.hours, only.teams, only.routes, only.replies) == ({}, {}, {}, {})


def test_names_may_be_in_any_language(tmp_path: Path) -> None:
    [only] = load(tmp_path, SMALLEST.replace("Maple Street", "Clínica Öz 熱")).all

    assert only.name == "Clínica Öz 熱"


def test_a_file_may_begin_with_the_mark_that_windows_writes(tmp_path: Path) -> None:
    file = tmp_path / "practices.toml"
    file.write_text(SMALLEST, "utf-8-sig")

    assert load_practices(file).by_slug("demo")


def test_a_day_may_end_at_midnight(tmp_path: Path) -> None:
    hours = 'hours = { mon = ["18:00-24:00"] }\nspecial_hours = ["2026-12-24 20:00-24:00"]\n'
    [only] = load(tmp_path, f'{SMALLEST}patient_quiet_hours = "20:00-24:00"\n{hours}').all

    assert only.hours == {"mon": ["18:00-23:59"]}  # which means the end of the day
    assert only.special_hours == ["2026-12-24 20:00-23:59"]
    assert only.patient_quiet_hours == "20:00-00:00"


# ---- files that cannot be read


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"cannot read the practices file .*practices\.toml: No such file"):
        load_practices(tmp_path / "practices.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"cannot read the practices file .*: Is a directory"):
        load_practices(tmp_path)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "practices.toml"
    file.write_bytes(SMALLEST.replace("Maple", "Mäple").encode("latin-1"))
    with pytest.raises(IntakeError, match=r"practices\.toml is not UTF-8 text"):
        load_practices(file)


@pytest.mark.parametrize(
    ("text", "line"),
    [("[[practice]]\nslug = \n", "line 2"), (SMALLEST + 'slug = "again"\n', "line 7"), ("[[practice]\n", "line 1")],
)
def test_what_is_not_toml_is_refused_by_its_line(tmp_path: Path, text: str, line: str) -> None:
    message = refusal(tmp_path, text)

    assert "is not valid TOML" in message
    assert line in message


# ---- keys that are missing, unknown or wrong


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "practice: Field required"),
        ("practice = []", "practice: List should have at least 1 item"),
        ("practice = 5", "practice: "),
        ("practice = [5]", "practice[1]: "),
        (SMALLEST.replace("slug", "# slug"), "practice[1].slug: Field required"),
        (SMALLEST.replace("name", "# name"), "practice[demo].name: Field required"),
        (SMALLEST.replace("phone", "# phone"), "practice[demo].phone: Field required"),
        (SMALLEST.replace("time_zone", "# time_zone"), "practice[demo].time_zone: Field required"),
        (SMALLEST + "[practices]", "practices: unknown key"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, text: str, key: str) -> None:
    assert key in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('colour = "blue"', "colour: unknown key"),
        ('links = { facebook = "https://facebook.example" }', "links.facebook: unknown key"),
        ("limits = { per_day = 5 }", "limits.per_day: unknown key"),
        ("routes = { complaint = { who = 'me' } }", "routes.complaint.who: unknown key"),
        ("teams = { billing = { email = 'desk@maple.example' } }", "teams.billing.email: unknown key"),
        ('slug = "Maple Street"', "practice[Maple Street].slug"),
        ('slug = "-"', "practice[-].slug"),
        ('name = ""', "name"),
        (f'name = "{"x" * 61}"', "name"),
        ('phone = "(202) 555-0100"', "phone: expected E.164, such as +12025550100"),
        ('phone = "swordfish"', "phone: not a phone number"),
        ('phone_numbers = ["+12025550180", "2025550181"]', "phone_numbers[2]: expected E.164, such as +12025550181"),
        ('phone_numbers = "+12025550180"', "phone_numbers"),
        ('messaging_service_sid = "MG123"', "messaging_service_sid"),
        ('widget_key = "ab"', "widget_key"),
        ('allowed_origins = ["maple.example"]', "allowed_origins[1]"),
        ('time_zone = "Eastern"', "time_zone: expected an IANA time zone"),
        ('time_zone = "/etc/passwd"', "time_zone: expected an IANA time zone"),
        ('time_zone = ""', "time_zone: expected an IANA time zone"),
        ('hours = { monday = ["08:00-12:00"] }', "hours.monday"),
        ('hours = { mon = "08:00-12:00" }', "hours.mon"),
        ('hours = { mon = ["08:00-12:00", "1pm-5pm"] }', "hours.mon[2]: expected opening hours such as"),
        ('hours = { mon = ["08:00"] }', "hours.mon[1]: expected opening hours such as"),
        ('hours = { mon = ["08:00-12:00-13:00"] }', "hours.mon[1]: expected opening hours such as"),
        ('hours = { mon = ["08:00Z-17:00"] }', "hours.mon[1]: expected opening hours such as"),
        ('hours = { mon = ["08:00Z-17:00Z"] }', "hours.mon[1]: expected opening hours such as"),
        ('hours = { mon = ["17:00-08:00"] }', "hours.mon[1]: expected the opening time before the closing time"),
        ('hours = { mon = ["08:00-08:00"] }', "hours.mon[1]: expected the opening time before the closing time"),
        ('closed_on = ["Christmas"]', "closed_on[1]"),
        ('on_call_number = "911"', "on_call_number"),
        ('links = { pay = "maple.example/pay" }', "links.pay"),
        ('links = { pay = "https://maple.example/pay my bill" }', "links.pay"),
        ("routes = { gossip = {} }", "routes.gossip"),
        ("routes = { acknowledgement = {} }", "routes.acknowledgement"),
        ("auto_reply = true", "auto_reply"),
        ('auto_reply = "sometimes"', "auto_reply: Input should be 'on' or 'off'"),
        ('open_on = ["Easter"]', "open_on[1]"),
        ('special_hours = ["2026-12-24"]', "special_hours[1]: expected a date and its opening hours"),
        ('special_hours = ["2026-12-24 12:00-08:00"]', "special_hours[1]"),
        (
            'closed_on = [2026-12-24]\nspecial_hours = ["2026-12-24 08:00-12:00"]',
            "special_hours: 12/24/2026 is also listed as closed all day",
        ),
        ('routes = { complaint = { priority = "asap" } }', "routes.complaint.priority"),
        ("review_threshold = 1.5", "review_threshold"),
        ("review_threshold = -0.1", "review_threshold"),
        ("review_sample = 1.01", "review_sample"),
        ("review_sample = -0.01", "review_sample"),
        ("review_reply_hours = -1", "review_reply_hours"),
        ('teams = { desk = { notify = ["sms:12"] } }', "teams.desk.notify[1]: not a possible phone number"),
        ('teams = { desk = { notify = ["sms:202-555-0123"] } }', "teams.desk.notify[1]: expected E.164"),
        ('teams = { desk = { notify = ["desk@maple.example"] } }', "teams.desk.notify[1]: expected sms:"),
        ('teams = { desk = { quiet_hours = "20:00" } }', "teams.desk.quiet_hours"),
        ('teams = { desk = { quiet_hours = "20:00-20:00" } }', "teams.desk.quiet_hours"),
        ('teams = { desk = { digest_at = ["8:00"] } }', "teams.desk.digest_at[1]"),
        ('teams = { desk = { include_text = "always" } }', "teams.desk.include_text"),
        ("escalation = [{ after_minutes = 10 }]", "escalation[1]: expected either team, number, or email"),
        (
            'escalation = [{ number = "+12025550113", team = "a", after_minutes = 1 }]',
            "escalation[1]: expected either team, number, or email",
        ),
        (
            'phone_numbers = ["+12025550180"]\nescalation = [{ number = "+12025550113", after_minutes = 9 },'
            ' { number = "+12025550114", after_minutes = 8 }]',
            "practice[demo].escalation: expected the steps in the order of their after_minutes",
        ),
        (
            'phone_numbers = ["+12025550113"]\nescalation = [{ number = "+12025550113", after_minutes = 9 }]',
            "practice[demo]: staff cannot be texted at +12025550113, as patients' messages come in there",
        ),
        (
            'escalation = [{ number = "+12025550113", after_minutes = 9 }]',
            "practice[demo]: staff can be texted from one of phone_numbers",
        ),
        ('teams = { desk = { notify = ["sms:+12025550113"] } }', "practice[demo]: staff can be texted"),
        (
            'escalation = [{ email = "nobody", after_minutes = 9 }]',
            "escalation[1].email: not an email address",
        ),
        ('escalation = [{ number = "+12025550113" }]', "escalation[1].after_minutes"),
        ('escalation = [{ number = "+12025550113", after_minutes = 0 }]', "escalation[1].after_minutes"),
        (
            'escalation = [{ team = "nobody", after_minutes = 10 }]',
            "practice[demo].escalation: there is no team nobody",
        ),
        ('hours = { mon = ["08:00-12:00", "11:00-17:00"] }', "hours.mon: 08:00-12:00 and 11:00-17:00 overlap"),
        (
            'special_hours = ["2026-12-24 08:00-12:00", "2026-12-24 11:00-13:00"]',
            "special_hours: 2026-12-24 08:00-12:00 and 11:00-13:00 overlap",
        ),
        ('hours = { mon = "08:00-17:00" }', 'hours.mon: expected a list, such as ["08:30-17:00"]'),
        ("phone_numbers = [12025550180]", 'phone_numbers[1]: expected a number in quotes, such as "+12025550180"'),
        ('phone_numbers = "+12025550180"', "phone_numbers: expected a list in square brackets"),
        ("name = 7", "name: expected text in quotes"),
        ('links = "https://maple.example"', "links: expected a table"),
        ('picture_texts = "yes please"', "picture_texts: expected true or false"),
        (
            'allowed_origins = ["https://maple.example/"]',
            "allowed_origins[1]: expected the address of a site, such as https://maple.example, without a slash",
        ),
        (
            'slug = "Maple Street"',
            "practice[Maple Street].slug: expected small letters, digits, and hyphens, such as maple-street",
        ),
        ('chat = { colour = "teal" }', "chat.colour: expected a color such as #0b6e6e"),
        ('widget_key = "!"', "widget_key: expected 3 to 64 letters, digits, hyphens, or underscores"),
        ('email = "hello"', "email: expected an email address such as hello@maple-street.example"),
        ('messaging_service_sid = "MG1"', "messaging_service_sid: expected MG and 32 digits and letters"),
        (
            'routes = { clinical_concern = { team = "clincal" } }',
            "practice[demo].routes: there is no team clincal, to which clinical_concern goes; add it to teams",
        ),
        ("thresholds = { complaint = 70 }", "thresholds.complaint"),
        ("thresholds = { review = 0.7 }", "thresholds.review"),
        ('replies = { gossip = "Hello" }', "replies.gossip"),
        ('replies = { complaint = "" }', "replies.complaint"),
        (f'replies = {{ complaint = "{"x" * 1601}" }}', "replies.complaint"),
        (f'price_range = "{"x" * 201}"', "price_range"),
        (f'health_reader = "{"x" * 41}"', "health_reader"),
        ('health_reader = "our clinical team."', "health_reader: leave out the mark at the end"),
        ('health_reader_es = " la doctora"', "health_reader_es: expected words on one line"),
        ("limits = { replies_per_hour = 0 }", "limits.replies_per_hour"),
        ('limits = { text_countries = ["USA"] }', "limits.text_countries[1]: expected the code of a country"),
        ("limits = { form_texts_per_day = -1 }", "limits.form_texts_per_day"),
        ("limits = { cool_down_minutes = -1 }", "limits.cool_down_minutes"),
    ],
)
def test_what_is_wrong_is_named_by_its_key(tmp_path: Path, line: str, key: str) -> None:
    name = line.split(" =")[0]
    kept = [entry for entry in SMALLEST.strip().splitlines() if not entry.startswith(f"{name} =")]
    message = refusal(tmp_path, "\n".join([*kept, line]))

    expected = key if key.startswith("practice[") else f"practice[demo].{key}"
    assert expected in message
    assert message.count("practice[") == 1
    assert "^" not in message


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, SMALLEST.replace("New_York", "Gotham") + 'colour = "blue"\nlimits = { per_day = 5 }\n')

    for key in ("practice[demo].time_zone", "practice[demo].colour", "practice[demo].limits.per_day"):
        assert key in message


def test_a_mistake_names_its_practice_among_several(tmp_path: Path) -> None:
    second = SMALLEST.replace('"demo"', '"other"') + 'colour = "blue"\n'

    assert "practice[other].colour" in refusal(tmp_path, SMALLEST + second)


# ---- numbers


def test_a_number_may_have_a_name_and_be_retired(tmp_path: Path) -> None:
    line = 'phone_numbers = ["+12025550180", { number = "+12025550181", label = "Harbor office", retired = true }]\n'
    practices = load(tmp_path, SMALLEST + line)

    [only] = practices.all
    assert (only.numbers_in_use, only.texts_from) == (["+12025550180"], "+12025550180")
    assert practices.for_text(None, "+12025550181") is only


def test_a_number_is_listed_once(tmp_path: Path) -> None:
    line = 'phone_numbers = ["+12025550180", { number = "+12025550180" }]\n'

    assert "practice[demo].phone_numbers: +12025550180 is listed twice" in refusal(tmp_path, SMALLEST + line)


# ---- nothing is shared


@pytest.mark.parametrize(
    ("line", "shared"),
    [
        ('phone_numbers = ["+12025550180", "+12025550181"]', "+12025550180"),
        (f'messaging_service_sid = "{SERVICE_SID}"', SERVICE_SID),
        ('widget_key = "secret"', "widget key secret"),
    ],
)
def test_what_tells_practices_apart_may_not_be_shared(tmp_path: Path, line: str, shared: str) -> None:
    text = SMALLEST + line + "\n" + SMALLEST.replace('"demo"', '"other"') + line + "\n"

    assert f"{shared} belongs to both demo and other" in refusal(tmp_path, text)


def test_a_slug_may_not_be_used_twice(tmp_path: Path) -> None:
    assert "the slug demo is used twice" in refusal(tmp_path, SMALLEST + SMALLEST)


def test_practices_may_share_the_number_that_patients_call(tmp_path: Path) -> None:
    assert len(load(tmp_path, SMALLEST + SMALLEST.replace('"demo"', '"other"')).all) == 2


# ---- whose text it is


@pytest.mark.parametrize(
    ("service", "to", "slug"),
    [
        (None, DEMO_NUMBER, "demo"),
        (None, "+12025550180", "other"),
        (SERVICE_SID, "+12025550180", "other"),
        (SERVICE_SID, DEMO_NUMBER, "other"),
        ("MG" + "0" * 32, DEMO_NUMBER, "demo"),
        ("", DEMO_NUMBER, "demo"),
        (None, "+12025550199", None),
        ("MG" + "0" * 32, "+12025550199", None),
        (None, "+12025550100", None),
    ],
    ids=lambda value: str(value)[-6:],
)
def test_a_text_belongs_to_its_service_or_else_its_number_or_else_to_nobody(
    tmp_path: Path, service: str | None, to: str, slug: str | None
) -> None:
    found = load(tmp_path, PRACTICES_TOML).for_text(service, to)

    assert (found and found.slug) == slug


def test_a_practice_that_left_the_file_is_asked_for_in_vain(tmp_path: Path) -> None:
    practices = load(tmp_path, SMALLEST)

    assert practices.require("demo") is practices.by_slug("demo") is practices.all[0]
    assert practices.by_slug("gone") is None
    with pytest.raises(IntakeError, match="the practice gone has messages but is not in the practices file"):
        practices.require("gone")


# ---- thresholds


@pytest.mark.parametrize("intent", INTENTS)
def test_a_threshold_is_the_intents_or_else_the_practices_or_else_the_models(intent: str) -> None:
    assert practice().threshold_for(intent, 0.6) == 0.6
    assert practice(review_threshold=0.8).threshold_for(intent, 0.6) == 0.8
    assert practice(review_threshold=0.8, thresholds={intent: 0.9}).threshold_for(intent, 0.6) == 0.9
    assert practice(thresholds=dict.fromkeys(set(INTENTS) - {intent}, 0.9)).threshold_for(intent, 0.6) == 0.6


def test_a_threshold_of_zero_is_one() -> None:
    assert practice(review_threshold=0).threshold_for("complaint", 0.6) == 0
    assert practice(review_threshold=0.8, thresholds={"complaint": 0}).threshold_for("complaint", 0.6) == 0


# ---- opening hours

WEEK = {day: ["13:00-17:30", "08:00-12:00"] for day in ("mon", "tue", "wed", "thu")} | {"fri": ["08:00-14:00"]}


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-07-15T07:59:59-04:00", False),
        ("2026-07-15T08:00:00-04:00", True),
        ("2026-07-15T11:59:59-04:00", True),
        ("2026-07-15T12:00:00-04:00", False),  # lunch
        ("2026-07-15T13:00:00-04:00", True),
        ("2026-07-15T17:30:00-04:00", False),
        ("2026-07-17T14:30:00-04:00", False),  # a short Friday
        ("2026-07-18T10:00:00-04:00", False),  # Saturday
        ("2026-07-15T12:00:00+00:00", True),  # eight in the morning, said in another zone
        ("2026-07-15T15:00:00+02:00", True),
    ],
)
def test_a_practice_is_open_during_its_hours(moment: str, is_open: bool) -> None:
    assert practice(hours=WEEK).is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "answers_today", "is_closing"),
    [
        ("2026-07-15T08:00:00-04:00", True, False),
        ("2026-07-15T11:59:00-04:00", True, False),  # opens again after lunch
        ("2026-07-15T12:30:00-04:00", False, False),  # lunch: closed
        ("2026-07-15T17:00:00-04:00", True, False),
        ("2026-07-15T17:00:01-04:00", False, True),
        ("2026-07-15T17:29:00-04:00", False, True),
        ("2026-07-15T17:30:00-04:00", False, False),
        ("2026-07-17T13:45:00-04:00", False, True),  # a short Friday
        ("2026-07-18T10:00:00-04:00", False, False),
    ],
    ids=["morning", "before lunch", "lunch", "half an hour", "less", "a minute", "closed", "Friday", "Saturday"],
)
def test_in_the_last_half_hour_of_a_day_no_answer_of_the_day_is_promised(
    moment: str, answers_today: bool, is_closing: bool
) -> None:
    found = practice(hours=WEEK)

    assert (found.answers_today(at(moment)), found.is_closing(at(moment))) == (answers_today, is_closing)


def test_a_practice_that_is_open_past_midnight_does_not_close_then() -> None:
    always = practice(hours={day: ["00:00-23:59"] for day in Weekday}, closed_on=["2026-07-17"])

    assert not always.is_closing(at("2026-07-15T23:45:00-04:00"))
    assert not always.answers_today(at("2026-07-15T23:45:00-04:00"))
    assert always.is_closing(at("2026-07-16T23:45:00-04:00"))


def test_the_same_hours_are_other_moments_in_another_zone() -> None:
    moment = at("2026-07-15T08:30:00-04:00")

    assert practice(hours=WEEK).is_open(moment)
    assert not practice(hours=WEEK, time_zone="America/Los_Angeles").is_open(moment)
    assert practice(hours=WEEK, time_zone="Asia/Kolkata").is_open(at("2026-07-15T08:00:00+05:30"))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-06T12:30:00+00:00", False),  # the Friday before clocks go forward: 7:30
        ("2026-03-09T12:30:00+00:00", True),  # the Monday after: 8:30
        ("2026-10-30T12:30:00+00:00", True),  # the Friday before they go back: 8:30
        ("2026-11-02T12:30:00+00:00", False),  # the Monday after: 7:30
    ],
)
def test_hours_follow_the_clock_on_the_practices_wall(moment: str, is_open: bool) -> None:
    assert practice(hours=WEEK).is_open(at(moment)) is is_open


def test_a_practice_is_closed_on_its_holidays_by_its_own_calendar() -> None:
    christmas = practice(hours=WEEK | {"sat": ["00:00-23:59"]}, closed_on=["2026-12-25"])

    assert not christmas.is_open(at("2026-12-25T10:00:00-05:00"))
    assert not christmas.is_open(at("2026-12-26T03:00:00+00:00"))  # still the 25th in New York
    assert christmas.is_open(at("2026-12-26T05:00:00+00:00"))


FEDERAL_HOLIDAYS = [
    ("2026-01-19", "Martin Luther King Jr. Day"),
    ("2026-06-19", "Juneteenth"),
    ("2026-07-03", "Independence Day is a Saturday, observed on Friday"),
    ("2026-09-07", "Labor Day"),
    ("2026-11-11", "Veterans Day"),
    ("2026-11-26", "Thanksgiving"),
    ("2027-07-05", "Independence Day is a Sunday, observed on Monday"),
    ("2027-12-31", "New Year's Day of 2028 is a Saturday, observed in the year before"),
]
EVES = [
    ("2026-12-24", "Christmas Eve"),
    ("2026-12-31", "New Year's Eve"),
    ("2026-11-25", "the day before Thanksgiving"),
]
NO_EVES = [("2026-11-27", "the day after Thanksgiving"), ("2026-07-02", "before a day on which one is only observed")]
EVERY_DAY = {day: ["08:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def opens(day: str, **changes: Any) -> bool:
    """Whether a practice that works on every weekday is open at ten on a day."""
    return practice(hours=EVERY_DAY, time_zone="UTC", **changes).is_open(at(f"{day}T10:00:00+00:00"))


@pytest.mark.parametrize("day", [day for day, _ in FEDERAL_HOLIDAYS], ids=[name for _, name in FEDERAL_HOLIDAYS])
def test_a_practice_is_closed_on_federal_holidays_unless_it_says_otherwise(day: str) -> None:
    assert not opens(day)
    assert not opens(day, observe_holiday_eves=False)
    assert opens(day, observe_federal_holidays=False)
    assert opens(day, open_on=[day])
    assert not opens(day, open_on=[day], closed_on=[day])


@pytest.mark.parametrize("day", [day for day, _ in EVES], ids=[name for _, name in EVES])
def test_a_practice_is_closed_on_the_eve_of_a_federal_holiday_unless_it_says_otherwise(day: str) -> None:
    assert not opens(day)
    assert opens(day, observe_holiday_eves=False)
    assert opens(day, observe_federal_holidays=False)
    assert opens(day, open_on=[day])


@pytest.mark.parametrize("day", [day for day, _ in NO_EVES], ids=[name for _, name in NO_EVES])
def test_other_days_near_a_holiday_are_ordinary(day: str) -> None:
    assert opens(day)


def test_a_day_with_hours_of_its_own_opens_late_or_closes_early_even_on_a_holiday() -> None:
    short = practice(
        hours=EVERY_DAY,
        time_zone="UTC",
        special_hours=["2026-12-24 08:00-12:00", "2026-12-28 10:00-12:00", "2026-12-28 13:00-15:00"],
    )

    assert short.is_open(at("2026-12-24T11:59:00+00:00"))  # an eve, on which it would be closed
    assert not short.is_open(at("2026-12-24T12:00:00+00:00"))
    assert short.next_opening(at("2026-12-24T15:00:00+00:00")) == at("2026-12-28T10:00:00+00:00")
    assert [short.is_open(at(f"2026-12-28T{hour}:30:00+00:00")) for hour in ("09", "11", "12", "14", "15")] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert short.is_open(at("2026-12-29T09:00:00+00:00"))


def test_the_days_soon_that_are_closed_or_have_other_hours_are_known_by_their_dates() -> None:
    short = practice(
        hours=EVERY_DAY,
        time_zone="UTC",
        closed_on=["2026-12-16", "2026-12-19"],  # a Saturday is closed anyway
        special_hours=["2026-12-24 08:00-12:00", "2026-12-28 13:00-15:00", "2026-12-28 10:00-12:00"],
    )

    assert short.hours_soon(at("2026-12-16T09:00:00+00:00")) == {
        date(2026, 12, 16): [],
        date(2026, 12, 24): ["08:00-12:00"],
        date(2026, 12, 25): [],
        date(2026, 12, 28): ["10:00-12:00", "13:00-15:00"],
    }
    assert list(short.hours_soon(at("2026-12-16T09:00:00+00:00"), days=1)) == [date(2026, 12, 16)]
    assert list(short.hours_soon(at("2026-12-29T09:00:00+00:00"), days=3)) == [date(2026, 12, 31)]
    assert practice(closed_on=["2026-12-16"]).hours_soon(at("2026-12-16T09:00:00+00:00")) == {}  # hours not known


def test_a_holiday_is_one_on_the_practices_own_calendar() -> None:
    hawaii = practice(hours={"wed": ["00:00-23:59"]}, time_zone="Pacific/Honolulu", observe_holiday_eves=False)

    assert hawaii.is_open(at("2026-11-26T05:00:00+00:00"))  # Thanksgiving in London, still Wednesday in Honolulu


def test_the_next_opening_is_after_the_holidays() -> None:
    found = practice(hours=EVERY_DAY, time_zone="UTC").next_opening(at("2026-12-23T18:00:00+00:00"))

    assert found == at("2026-12-28T08:00:00+00:00")  # Monday after Christmas Eve and Christmas


def test_a_practice_without_hours_is_never_open() -> None:
    assert not practice().is_open(at("2026-07-15T10:00:00-04:00"))


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-07-15T06:00:00-04:00", "2026-07-15T08:00:00-04:00"),
        ("2026-07-15T08:00:00-04:00", "2026-07-15T13:00:00-04:00"),  # open now; this is the one after
        ("2026-07-15T12:15:00-04:00", "2026-07-15T13:00:00-04:00"),
        ("2026-07-15T18:00:00-04:00", "2026-07-16T08:00:00-04:00"),
        ("2026-07-17T15:00:00-04:00", "2026-07-20T08:00:00-04:00"),  # over the weekend
        ("2026-07-16T03:00:00+00:00", "2026-07-16T08:00:00-04:00"),  # still Wednesday evening in New York
        ("2026-03-06T15:00:00-05:00", "2026-03-09T08:00:00-04:00"),  # clocks go forward in between
        ("2026-10-30T15:00:00-04:00", "2026-11-02T08:00:00-05:00"),  # and back
        ("2026-12-24T18:00:00-05:00", "2026-12-28T08:00:00-05:00"),  # a holiday on Friday
    ],
)
def test_the_next_opening_is_the_first_after_a_moment(moment: str, opening: str) -> None:
    found = practice(hours=WEEK, closed_on=[date(2026, 12, 25)]).next_opening(at(moment))

    assert found == at(opening)
    assert found is not None
    assert found.isoformat() == opening


def test_the_next_opening_may_be_after_any_number_of_days_that_are_listed_as_closed() -> None:
    holidays = [date(2026, 7, 15) + timedelta(days=day) for day in range(13)]
    evening = at("2026-07-14T18:00:00-04:00")

    assert practice(hours=WEEK, closed_on=holidays).next_opening(evening) == at("2026-07-28T08:00:00-04:00")
    longer = [date(2026, 7, 15) + timedelta(days=day) for day in range(60)]
    found = practice(hours=WEEK, closed_on=longer).next_opening(evening)
    assert found is not None
    assert found.date() == date(2026, 9, 14)


def test_a_practice_with_one_day_a_week_opens_after_two_weeks_of_holidays_and_their_eves() -> None:
    thursdays = practice(hours={"thu": ["08:00-16:00"]})

    assert thursdays.next_opening(at("2026-12-17T18:00:00-05:00")) == at("2027-01-07T08:00:00-05:00")
    assert thursdays.last_opening(at("2027-01-06T18:00:00-05:00")) == at("2026-12-17T08:00:00-05:00")


def test_a_practice_that_never_closes_is_open_in_the_last_minute_of_the_day() -> None:
    always = practice(hours={day: ["00:00-23:59"] for day in Weekday}, time_zone="UTC", observe_federal_holidays=False)

    assert always.is_open(at("2026-07-15T23:59:30+00:00"))
    assert always.is_open(at("2026-07-16T00:00:00+00:00"))


def test_a_practice_without_hours_has_no_next_opening() -> None:
    assert practice().next_opening(at("2026-07-15T10:00:00-04:00")) is None


# ---- a file that is newer than the program


NEWER = (
    SMALLEST
    + """
pager = "+12025550111"
thresholds = { complaint = 0.5, telepathy = 0.5 }
[practice.limits]
replies_per_day = 3
replies_per_hour = 5
"""
)


@pytest.mark.parametrize(
    "hours",
    [
        'hours = { mon = ["08:00-12:00", "11:00-17:00"] }',
        'special_hours = ["2026-12-24 08:00-12:00", "2026-12-24 11:00-13:00"]',
    ],
    ids=["weekday", "special"],
)
def test_hours_that_overlap_stop_no_running_service(tmp_path: Path, hours: str) -> None:
    file = tmp_path / "practices.toml"
    file.write_text(SMALLEST + hours)

    with pytest.raises(IntakeError, match="overlap"):
        load_practices(file)
    assert len(load_practices(file, ignore_unknown=True).all) == 1


def test_a_running_process_ignores_the_keys_that_it_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "practices.toml"
    file.write_text(NEWER)

    [found] = load_practices(file, ignore_unknown=True).all

    assert found.limits.replies_per_hour == 5
    assert found.thresholds == {"complaint": 0.5}
    warning = capsys.readouterr().out
    for key in ("practice[demo].pager", "practice[demo].limits.replies_per_day", "practice[demo].thresholds.telepathy"):
        assert key in warning


def test_a_running_process_sends_to_the_usual_team_what_goes_to_no_team(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    routes = (
        '[practice.routes]\ncomplaint = { team = "nobody", priority = "urgent" }\nbilling_inquiry = { team = "none" }\n'
    )
    file = tmp_path / "practices.toml"
    file.write_text(SMALLEST + routes)

    [found] = load_practices(file, ignore_unknown=True).all

    assert {name: (route.team, route.priority) for name, route in found.routes.items()} == {
        "complaint": (None, "urgent"),
        "billing_inquiry": (None, None),
    }
    warning = capsys.readouterr().out
    for key in ("practice[demo].routes.complaint.team", "practice[demo].routes.billing_inquiry.team"):
        assert key in warning


def test_a_check_refuses_the_keys_that_it_does_not_know(tmp_path: Path) -> None:
    assert "practice[demo].pager: unknown key" in refusal(tmp_path, NEWER)


def test_what_is_wrong_in_a_known_key_is_never_ignored(tmp_path: Path) -> None:
    file = tmp_path / "practices.toml"
    file.write_text(NEWER.replace("replies_per_hour = 5", "replies_per_hour = 500"))

    with pytest.raises(IntakeError, match="replies_per_hour"):
        load_practices(file, ignore_unknown=True)


# ---- retention


def test_nothing_is_deleted_unless_the_practice_sets_a_limit(tmp_path: Path) -> None:
    [only] = load(tmp_path, SMALLEST).all

    assert (only.retention.message_days, only.retention.recording_days, only.retention.audit_days) == (None, None, None)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("retention = { message_days = 6 }", "retention.message_days: Input should be greater than or equal to 7"),
        ("retention = { recording_days = 0 }", "retention.recording_days"),
        ("retention = { message_days = 400, audit_days = 300 }", "audit_days must be at least message_days"),
    ],
)
def test_a_retention_limit_that_would_lose_too_much_is_refused(tmp_path: Path, line: str, complaint: str) -> None:
    assert complaint in refusal(tmp_path, SMALLEST + line + "\n")
