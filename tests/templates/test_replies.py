"""The words that patients read."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from intake.errors import IntakeError
from intake.practices import Practice, load_practices
from intake.vocabulary import REPLY_NAMES
from templates.replies import MAX_LENGTH, Occasion, check_replies, render_reply, stop_wording
from templates.segments import count_segments, is_gsm7

DEMO_FILE = Path(__file__).parents[2] / "practices.demo.toml"

NAME = "Maple Street Family Practice"
PLAIN = {"slug": "maple", "name": NAME, "phone": "+12025550100", "time_zone": "America/New_York"}
HOURS = {day: ["08:00-12:00", "13:00-17:30"] for day in ("mon", "tue", "wed", "thu", "fri")}
LINKS = {
    "new_patient": "https://maple-street.example/new-patients",
    "scheduling": "https://maple-street.example/book-a-visit",
    "pay": "https://maple-street.example/pay-my-bill",
    "prices": "https://maple-street.example/price-list",
}
FULL = PLAIN | {
    "hours": HOURS,
    "links": LINKS,
    "on_call_number": "+12025550111",
    "price_range": "A first visit is $120 to $180 without insurance.",
}

# New York is four hours behind UTC in July.
OPEN = datetime(2026, 7, 15, 14, 0, tzinfo=UTC)
LUNCH = datetime(2026, 7, 15, 16, 30, tzinfo=UTC)
EVENING = datetime(2026, 7, 15, 23, 0, tzinfo=UTC)
WEEKEND = datetime(2026, 7, 18, 14, 0, tzinfo=UTC)

PRACTICES = {
    "everything": FULL,
    "no hours": FULL | {"hours": {}},
    "no links": FULL | {"links": {}},
    "no on-call number": FULL | {"on_call_number": None},
    "no prices": FULL | {"price_range": None, "links": {}},
    "nothing but a name": PLAIN,
}
MOMENTS = {"open": OPEN, "lunch": LUNCH, "evening": EVENING, "weekend": WEEKEND}
VARIANTS = [(kind, when, first) for kind, when, first in product(PRACTICES, MOMENTS, (True, False))]


def practice(**changes: Any) -> Practice:
    return Practice.model_validate(FULL | changes)


def reply(name: str, moment: datetime = OPEN, *, is_first: bool = False, **changes: Any) -> str:
    return render_reply(name, practice(**changes), Occasion(moment, is_first))


def overridden(template: str, moment: datetime = OPEN, *, is_first: bool = False) -> str:
    return reply("complaint", moment, is_first=is_first, replies={"complaint": template})


# ---- what holds for every reply, of every practice, at any hour


@pytest.mark.parametrize("name", REPLY_NAMES)
def test_every_variant_can_be_sent_as_at_most_three_plain_segments(name: str) -> None:
    for kind, when, is_first in VARIANTS:
        text = render_reply(name, Practice.model_validate(PRACTICES[kind]), Occasion(MOMENTS[when], is_first))
        assert is_gsm7(text), (kind, when)
        assert count_segments(text) <= 3, (kind, when)


@pytest.mark.parametrize("name", REPLY_NAMES)
def test_every_variant_reads_as_sentences_from_the_practice(name: str) -> None:
    for kind, when, is_first in VARIANTS:
        text = render_reply(name, Practice.model_validate(PRACTICES[kind]), Occasion(MOMENTS[when], is_first))
        assert text.startswith(f"{NAME}: "), (kind, when)
        assert text == " ".join(text.split()), (kind, when)
        assert text.endswith((".", *LINKS.values())), (kind, when)
        for leftover in ("None", "{", "}", " .", " ,", ".."):
            assert leftover not in text, (kind, when)


@pytest.mark.parametrize("name", REPLY_NAMES)
def test_the_first_reply_and_no_later_one_says_how_to_opt_out(name: str) -> None:
    first, later = reply(name, is_first=True), reply(name, is_first=False)

    if name == "opt_out":
        assert "STOP" not in first
    else:
        assert first.count("STOP") == 1
    if name not in ("help", "opt_in"):  # these are about opting out
        assert "STOP" not in later
        assert first.removesuffix(f" {stop_wording(name)}") == later


@pytest.mark.parametrize("name", ["clinical_concern", "urgent", "review", "urgent_es", "review_es", "help"])
def test_a_reply_to_what_may_be_an_emergency_names_911(name: str) -> None:
    for kind, when, is_first in VARIANTS:
        text = render_reply(name, Practice.model_validate(PRACTICES[kind]), Occasion(MOMENTS[when], is_first))
        assert "call 911" in text or "llame al 911" in text, (kind, when)


# ---- hours


@pytest.mark.parametrize(
    ("moment", "when"),
    [
        (LUNCH, "today at 1:00 PM"),
        (EVENING, "tomorrow at 8:00 AM"),
        (datetime(2026, 7, 16, 5, 0, tzinfo=UTC), "today at 8:00 AM"),
        (WEEKEND, "on Monday at 8:00 AM"),
    ],
)
def test_a_closed_practice_says_when_it_opens_as_its_receptionist_would(moment: datetime, when: str) -> None:
    assert f"when we open {when}." in reply("clinical_concern", moment)


def test_an_opening_over_a_week_away_is_named_by_its_date() -> None:
    two_weeks = [f"2026-07-{day}" for day in range(15, 27)]

    assert "after we open on July 27 at 8:00 AM." in reply("complaint", EVENING, closed_on=two_weeks)


@pytest.mark.parametrize("moment", [OPEN, EVENING])
def test_a_practice_without_hours_promises_no_time(moment: datetime) -> None:
    text = reply("existing_patient_question", moment, hours={})

    assert "as soon as possible" in text
    assert "today" not in text
    assert "open" not in text


def test_today_is_promised_only_while_the_practice_is_open() -> None:
    assert "today" in reply("review", OPEN)
    assert "today" not in reply("review", EVENING)


# ---- links and numbers


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("new_patient_inquiry", LINKS["new_patient"]),
        ("appointment_request", LINKS["scheduling"]),
        ("billing_inquiry", LINKS["pay"]),
        ("price_shopper", LINKS["prices"]),
        ("price_shopper", LINKS["scheduling"]),
    ],
)
def test_a_link_is_given_when_the_practice_has_it(name: str, link: str) -> None:
    assert link in reply(name)
    assert "http" not in reply(name, links={})


def test_prices_are_those_of_the_practice() -> None:
    assert "$120 to $180" in reply("price_shopper")
    assert "$" not in reply("price_shopper", price_range=None)


def test_an_urgent_message_is_given_the_on_call_number_or_else_the_practices() -> None:
    assert "on-call line is (202) 555-0111" in reply("urgent")
    assert "call us at (202) 555-0100" in reply("urgent", on_call_number=None)


def test_a_clinical_concern_is_given_the_on_call_number_when_the_practice_is_closed() -> None:
    assert "call our on-call line (202) 555-0111" in reply("clinical_concern", EVENING)
    assert "call (202) 555-0100" in reply("clinical_concern", OPEN)


# ---- a practice's own words


def test_an_override_is_used_and_knows_the_practice() -> None:
    text = overridden("{{ practice.name }} is {{ 'open' if is_open else 'closed' }}.\n  Call {{ phone }}.")

    assert text == f"{NAME} is open. Call (202) 555-0100."


def test_an_override_of_one_reply_leaves_the_others_alone() -> None:
    assert reply("review", replies={"complaint": "Sorry!"}) == reply("review")


def test_an_override_that_says_how_to_opt_out_is_not_told_again() -> None:
    assert overridden("Sorry! Text STOP to opt out.", is_first=True) == "Sorry! Text STOP to opt out."


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ practice.__init__.__globals__ }}",
        "{{ nonsense }}",
        "{{ links.nonsense }}",
        "{{ practice.name",
        "{% if is_open %}Hello",
        "{% include 'nonsense.txt' %}",
        "{{ practice.name | nonsense }}",
        "{{ 1 / 0 }}",
        "{{ phone + 1 }}",
        "{% for _ in range(1000000) %}a{% endfor %}",
    ],
)
def test_an_override_that_cannot_be_rendered_is_refused_by_its_key(template: str) -> None:
    with pytest.raises(IntakeError, match=r"^practice\[maple\]\.replies\.complaint") as refusal:
        overridden(template)

    assert "\n" not in str(refusal.value)


def test_an_override_that_comes_to_nothing_is_refused_by_its_key() -> None:
    template = "{% if is_open %}We will call you.{% endif %}"

    assert overridden(template, OPEN) == "We will call you."
    for is_first in (True, False):
        with pytest.raises(IntakeError, match=r"^practice\[maple\]\.replies\.complaint"):
            overridden(template, EVENING, is_first=is_first)


def test_an_override_too_long_for_twilio_is_refused_by_its_key() -> None:
    longest = "{{ 'a' * " + str(MAX_LENGTH) + " }}"

    assert len(overridden(longest)) == MAX_LENGTH
    with pytest.raises(IntakeError, match=r"practice\[maple\]\.replies\.complaint is 1623 characters long"):
        overridden(longest, is_first=True)


# ---- all replies of a practice at once


def test_checking_renders_every_reply_as_a_first_one() -> None:
    replies = check_replies(practice(), OPEN)

    assert tuple(replies) == REPLY_NAMES
    assert replies["complaint"] == reply("complaint", is_first=True)


def test_checking_finds_the_one_that_is_wrong() -> None:
    with pytest.raises(IntakeError, match=r"replies\.help"):
        check_replies(practice(replies={"help": "{{ nonsense }}"}), OPEN)


def test_checking_finds_what_would_go_wrong_at_another_hour() -> None:
    only_when_closed = "{% if is_open %}Hello{% else %}{{ nonsense }}{% endif %}"

    with pytest.raises(IntakeError, match=r"replies\.help"):
        check_replies(practice(replies={"help": only_when_closed}), OPEN)


def test_the_demo_practices_replies_fit_three_segments() -> None:
    [demo] = load_practices(DEMO_FILE).all

    for moment in MOMENTS.values():
        assert max(map(count_segments, check_replies(demo, moment).values())) <= 3
