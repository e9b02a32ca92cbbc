"""The words that patients read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from intake.errors import IntakeError
from intake.practices import Practice, load_practices
from intake.vocabulary import (
    AFTER_EMERGENCIES,
    EMERGENCY_REPLIES,
    REPLIES,
    EntityKind,
    Intent,
    Language,
    ReplyName,
    Team,
    find_reply,
    reply_in,
)
from templates.replies import (
    ASKS_FOR_CONTACT,
    ASKS_WHERE_TO_CALL,
    EMERGENCIES,
    MAX_LENGTH,
    PROMISES,
    READS_HEALTH,
    SEEN_BY,
    SOMEONE,
    Occasion,
    check_replies,
    render_for_patient,
    render_reply,
    stop_wording,
)
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
CLOSING = datetime(2026, 7, 17, 21, 29, tzinfo=UTC)  # a minute before the weekend
MOMENTS = {"open": OPEN, "lunch": LUNCH, "evening": EVENING, "weekend": WEEKEND, "closing": CLOSING}
VARIANTS = [(kind, when, first) for kind, when, first in product(PRACTICES, MOMENTS, (True, False))]


def practice(**changes: Any) -> Practice:
    return Practice.model_validate(FULL | changes)


def reply(name: str, moment: datetime = OPEN, *, is_first: bool = False, **changes: Any) -> str:
    return render_reply(name, practice(**changes), Occasion(moment, is_first))


def overridden(template: str, moment: datetime = OPEN, *, is_first: bool = False) -> str:
    return reply("complaint", moment, is_first=is_first, replies={"complaint": template})


@pytest.mark.parametrize("name", [reply for reply in REPLIES if reply.name in EMERGENCY_REPLIES])
def test_a_reply_to_an_emergency_that_pages_nobody_ends_before_the_alert(name: str) -> None:
    paged, alone = (render_reply(name, practice(), Occasion(OPEN, False, can_page=can)) for can in (True, False))

    assert paged.removeprefix(alone) in (" We're alerting our staff.", " Estamos avisando al personal.")


# ---- what holds for every reply, of every practice, at any hour


@pytest.mark.parametrize("name", REPLIES)
def test_every_variant_can_be_sent_as_at_most_three_plain_segments(name: str) -> None:
    for kind, when, is_first in VARIANTS:
        text = render_reply(name, Practice.model_validate(PRACTICES[kind]), Occasion(MOMENTS[when], is_first))
        assert is_gsm7(text), (kind, when)
        assert count_segments(text) <= 3, (kind, when)


@pytest.mark.parametrize("name", REPLIES)
def test_every_variant_reads_as_sentences_from_the_practice(name: str) -> None:
    for kind, when, is_first in VARIANTS:
        text = render_reply(name, Practice.model_validate(PRACTICES[kind]), Occasion(MOMENTS[when], is_first))
        assert text.startswith(f"{NAME}: "), (kind, when)
        assert text.split("\n") == [" ".join(line.split()) for line in text.split("\n")], (kind, when)
        assert text.endswith((".", *LINKS.values())), (kind, when)
        for leftover in ("None", "{", "}", " .", " ,", ".."):
            assert leftover not in text, (kind, when)


@pytest.mark.parametrize("name", REPLIES)
def test_the_first_reply_and_no_later_one_says_how_to_opt_out(name: str) -> None:
    first, later = reply(name, is_first=True), reply(name, is_first=False)

    known = find_reply(name)
    if known.name is ReplyName.OPT_OUT:
        assert "STOP" not in first
    else:
        assert first.count("STOP") == 1
    if known.name not in (ReplyName.HELP, ReplyName.OPT_IN, ReplyName.WRONG_NUMBER):  # these are about opting out
        assert "STOP" not in later
        assert first.removesuffix(f" {stop_wording(known.language)}") == later


MAY_BE_AN_EMERGENCY = (
    Intent.CLINICAL_CONCERN,
    ReplyName.URGENT,
    ReplyName.URGENT_SELF_HARM,
    ReplyName.URGENT_INGESTION,
    *AFTER_EMERGENCIES,
    ReplyName.PREGNANCY_LOSS,
    ReplyName.SAME_DAY,
    ReplyName.PERSON,
    ReplyName.ROBOT,
    ReplyName.REVIEW,
    ReplyName.HELP,
)


@pytest.mark.parametrize("name", [reply for reply in REPLIES if reply.name in MAY_BE_AN_EMERGENCY])
def test_a_reply_to_what_may_be_an_emergency_names_911(name: str) -> None:
    for kind, when, is_first in VARIANTS:
        text = render_reply(name, Practice.model_validate(PRACTICES[kind]), Occasion(MOMENTS[when], is_first))
        words = "llame al 911" if find_reply(name).language is Language.ES else "call 911"
        assert words in text, (kind, when)


def test_every_reply_has_a_spanish_twin_under_its_own_key() -> None:
    twins = {reply.name for reply in REPLIES if reply.language is Language.ES}

    assert twins == {*Intent, *ReplyName}
    assert [reply_in(language, "complaint") for language in Language] == ["complaint", "complaint_es", "complaint"]
    assert reply_in("es", "review").words == "Not sure, in Spanish"


# ---- emergencies


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_emergency_leaves_out_the_crisis_line_whatever_kind_it_was_taken_for(language: str) -> None:
    for kind, when, is_first in VARIANTS:
        rendered = {
            name: render_reply(
                reply_in(language, name), Practice.model_validate(PRACTICES[kind]), Occasion(MOMENTS[when], is_first)
            )
            for name in EMERGENCY_REPLIES
        }
        assert [name for name, text in rendered.items() if "988" not in text] == []
        assert [name for name, text in rendered.items() if "1-800-222-1222" not in text] == ["urgent"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_follows_an_emergency_names_the_lines_of_its_kind_as_the_first_reply_named_the_others(
    language: str,
) -> None:
    for kind, when, is_first in VARIANTS:
        rendered = {
            name: render_reply(
                reply_in(language, name), Practice.model_validate(PRACTICES[kind]), Occasion(MOMENTS[when], is_first)
            )
            for name in AFTER_EMERGENCIES
        }
        assert [name for name, text in rendered.items() if "988" not in text] == ["urgent_again"]
        assert [name for name, text in rendered.items() if "1-800-222-1222" in text] == ["urgent_again_ingestion"]


def test_the_crisis_line_is_called_or_texted_in_the_patients_language() -> None:
    assert "call or text 988" in reply("urgent_self_harm")
    assert "llame al 988 y oprima 2, o mande AYUDA por texto al 988" in reply("urgent_self_harm_es")
    assert "call or text 988" in reply("urgent_again_self_harm")
    assert "llame al 988 y oprima 2, o mande AYUDA por texto al 988" in reply("urgent_again_self_harm_es")


WITHOUT_HELPLINES = [
    ("urgent", "Go to the nearest emergency room.", "911"),
    ("urgent_es", "Vaya a una sala de emergencias.", "911"),
    ("urgent", "Call 202-911-5550 or 555-0911 or 19110.", "911"),
    ("urgent", "{% if is_open %}Call 911.{% else %}Call us tomorrow.{% endif %}", "911"),
    ("urgent", "{% if not is_open %}Call 911.{% else %}Call us.{% endif %}", "911"),
    ("urgent_self_harm", "Call 911.", "988"),
    ("urgent_self_harm_es", "Llame al 911.", "988"),
    ("urgent_self_harm", "Call or text 988.", "911"),
    ("urgent_self_harm", "Call (988) 555-0100 or 911.", "988"),
    ("urgent_self_harm", "Call us.", "911 and 988"),
    ("urgent_ingestion", "Call 911.", "1-800-222-1222"),
    ("urgent_again_self_harm", "Call 911.", "988"),
    ("urgent_again_self_harm_es", "Llame al 988.", "911"),
    ("urgent_again_ingestion", "Call 911.", "1-800-222-1222"),
    ("urgent_again_ingestion_es", "Control de Envenenamiento: 1-800-222-1222", "911"),
]


@pytest.mark.parametrize(("name", "wording", "missing"), WITHOUT_HELPLINES)
def test_a_practices_own_emergency_reply_cannot_leave_out_whom_to_call(name: str, wording: str, missing: str) -> None:
    expected = rf"^practice\[maple\]\.replies\.{name}: must name {missing} at every hour$"

    with pytest.raises(IntakeError, match=expected):
        check_replies(practice(replies={name: wording}), OPEN)


@pytest.mark.parametrize(
    ("name", "wording"),
    [
        ("urgent", "Emergency? Dial 911!"),
        ("urgent_self_harm", "Call 911, or call/text 988."),
        ("urgent_self_harm", "911 o 988."),
        ("urgent_ingestion", "911, or Poison Control: (800) 222-1222."),
        ("urgent_ingestion", "911, or Poison Control: 18002221222."),
        ("complaint", "Sorry!"),
    ],
)
def test_a_practices_own_reply_may_name_them_in_its_own_way(name: str, wording: str) -> None:
    assert check_replies(practice(replies={name: wording}), OPEN)[find_reply(name)].startswith(wording)


CONDITIONS = {
    "{% if can_page %}Call 911.{% endif %}": "also when nobody can be paged",
    "{% if has_phone %}Call 911.{% endif %}": "also in a chat whose visitor left an email address alone",
    "{% if can_reach %}Call 911.{% endif %}": "also in a chat whose visitor left no number or address",
    "{% if can_page or can_reach %}911{% endif %}": "also in such a chat when nobody can be paged",
}


@pytest.mark.parametrize("wording", CONDITIONS)
def test_a_practices_own_reply_needs_words_for_whoever_it_goes_to(wording: str) -> None:
    with pytest.raises(IntakeError, match=rf"is empty; it needs text at every hour, {CONDITIONS[wording]}$"):
        check_replies(practice(replies={"urgent": wording}), OPEN)


@pytest.mark.parametrize("blank", ["{name}", "[phone]"])
def test_a_blank_that_a_patient_would_read_is_refused(blank: str) -> None:
    with pytest.raises(IntakeError, match=rf"patients would read {re.escape(blank)} as it is.*\{{\{{ phone \}}\}}"):
        check_replies(practice(replies={"complaint": f"We're sorry. {blank}, our manager will call you."}), OPEN)


def test_a_wording_that_fails_to_name_911_for_one_message_is_replaced_by_the_standard_one() -> None:
    conditional = practice(replies={"urgent": "{% if is_open %}Call us.{% else %}Call 911.{% endif %}"})

    text, is_own = render_for_patient("urgent", conditional, Occasion(OPEN, is_first=False))

    assert (text, is_own) == (reply("urgent"), False)


# ---- answers that fit


@pytest.mark.parametrize(("name", "words"), [("appointment_request", "book, move, or cancel your visit")])
@pytest.mark.parametrize("moment", [OPEN, EVENING])
def test_a_scheduling_reply_fits_a_booking_a_move_and_a_cancellation(name: str, words: str, moment: datetime) -> None:
    for links in ({}, LINKS):
        assert words in reply(name, moment, links=links)
    assert "programar, cambiar o cancelar su cita" in reply(f"{name}_es", moment)


def test_a_complaint_is_told_sorry() -> None:
    assert "We are sorry to hear this" in reply("complaint")
    assert "Lamentamos mucho lo ocurrido" in reply("complaint_es")


def test_a_price_of_one_service_is_an_example_and_not_the_answer() -> None:
    text = reply("price_shopper")

    assert "They depend on the service; to ask or book, call (202) 555-0100." in text
    assert "For example: A first visit is $120 to $180 without insurance." in text
    assert "Dependen del servicio" in reply("price_shopper_es")
    assert "first visit" not in reply("price_shopper_es")


def test_a_nurse_looks_at_a_same_day_message_today_while_the_practice_is_open() -> None:
    assert "A nurse will look at this today. If it gets worse" in reply("same_day", OPEN)
    assert "a nurse will look at this after we open tomorrow at 8:00 AM." in reply("same_day", EVENING)
    assert "call our on-call line (202) 555-0111" in reply("same_day", EVENING)
    assert "go to an urgent care center" in reply("same_day", EVENING, on_call_number=None)


@pytest.mark.parametrize(
    ("name", "when", "whom"),
    [
        ("same_day", "today or after we open on Monday at 8:00 AM", "call our on-call line (202) 555-0111"),
        ("same_day_es", "hoy o cuando abramos, el lunes a las 8:00 AM", "persona de guardia al (202) 555-0111"),
        ("clinical_concern", "", "If it cannot wait, call our on-call line (202) 555-0111"),
        ("clinical_concern_es", "", "Si no puede esperar, llame a la persona de guardia al (202) 555-0111"),
    ],
    ids=["same day", "same day, Spanish", "symptom", "symptom, Spanish"],
)
def test_a_minute_before_closing_a_symptom_is_sent_to_who_is_there_at_night(name: str, when: str, whom: str) -> None:
    text, alone = reply(name, CLOSING), reply(name, CLOSING, on_call_number=None)

    assert when in text
    assert whom in text
    assert "(202) 555-0100" not in text + alone
    assert "urgent care center" in alone or "centro de urgencias" in alone


@pytest.mark.parametrize("name", REPLIES)
def test_a_minute_before_closing_no_reply_promises_an_answer_of_today_alone(name: str) -> None:
    text = reply(name, CLOSING)

    for alone, either in (("today", "today or after we open on Monday"), ("hoy", "hoy o cuando abramos, el lunes")):
        assert len(re.findall(rf"\b{alone}\b", text)) == text.count(either)


@pytest.mark.parametrize(
    ("name", "where"),
    [("pregnancy_loss", "or go to an emergency room"), ("pregnancy_loss_es", "o vaya a una sala de emergencias")],
    ids=["English", "Spanish"],
)
def test_who_may_bleed_is_not_left_with_a_phone_that_nobody_answers(name: str, where: str) -> None:
    for moment in (EVENING, CLOSING):
        assert where in reply(name, moment, on_call_number=None)
        assert "(202) 555-0111" in reply(name, moment)
    assert where not in reply(name, OPEN, on_call_number=None)


@pytest.mark.parametrize("name", ["visit_soon", "visit_soon_es"])
def test_a_practice_whose_hours_are_not_known_never_says_that_it_is_closed(name: str) -> None:
    for text in (reply(name, EVENING, hours={}), reply("same_day", EVENING, hours={})):
        assert "closed" not in text
        assert "cerrados" not in text


def test_who_asks_for_a_person_is_told_when_one_answers() -> None:
    assert "A person will answer you today. To talk to someone now, call (202) 555-0100." in reply("person", OPEN)
    assert "A person will answer you after we open tomorrow at 8:00 AM." in reply("person", EVENING)


@pytest.mark.parametrize("language", [Language.EN, Language.ES])
@pytest.mark.parametrize("team", [*Team, "second_floor"])
def test_a_follow_up_says_who_will_see_it_and_speaks_of_emergencies_only_where_a_symptom_may_be_meant(
    language: Language, team: str
) -> None:
    name = reply_in(language, ReplyName.FOLLOW_UP)
    for kind, when, is_first in VARIANTS:
        occasion = Occasion(MOMENTS[when], is_first, team=team)
        plain, clinical = (
            render_reply(name, Practice.model_validate(PRACTICES[kind]), replace(occasion, is_clinical=is_clinical))
            for is_clinical in (False, True)
        )
        seen_by = READS_HEALTH if team == Team.CLINICAL else SOMEONE
        assert SEEN_BY[language].get(team, seen_by[language]) in plain
        assert ("911" in plain, "911" in clinical) == (False, True)
        assert is_gsm7(clinical)
        assert count_segments(clinical) <= 3


# ---- who reads health questions


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("clinical_concern", {}, "We received your message and our clinical team will see it as soon as possible."),
        ("same_day", {}, "We received your message. Our clinical team will look at this today."),
        ("same_day", {"moment": EVENING}, "We are closed now; our clinical team will look at this after we open"),
        ("pregnancy_loss", {}, "A person will take care of this, and our clinical team will call you;"),
        ("clinical_concern_es", {}, "Recibimos su mensaje. La Dra. Paz lo va a leer lo antes posible."),
        ("same_day_es", {}, "Recibimos su mensaje. La Dra. Paz lo va a revisar hoy."),
        ("same_day_es", {"moment": EVENING}, "Ahora estamos cerrados; la Dra. Paz lo va a revisar cuando abramos"),
        ("pregnancy_loss_es", {}, "Una persona se va a encargar de esto y la Dra. Paz le va a llamar;"),
    ],
)
def test_a_practice_says_who_reads_health_questions(name: str, changes: dict[str, Any], expected: str) -> None:
    own: dict[str, Any] = {"health_reader": "our clinical team", "health_reader_es": "la Dra. Paz"}

    assert expected in reply(name, **own | changes)


@pytest.mark.parametrize("name", REPLIES)
def test_no_reply_speaks_of_a_nurse_at_a_practice_that_says_who_reads_health_questions(name: str) -> None:
    own = practice(health_reader="our clinical team", health_reader_es="nuestro equipo médico")
    for moment in MOMENTS.values():
        text = render_reply(name, own, Occasion(moment, False, team=Team.CLINICAL))
        assert re.search(r"\bnurse\b|\benfermer", text, re.IGNORECASE) is None
        assert text.isprintable()
        assert is_gsm7(text)
        assert count_segments(text) <= 3


def test_a_reply_in_the_practices_words_says_who_reads_health_questions() -> None:
    own = "{{ health_reader }} reads it.\nSorry, {{ health_reader }} will call."

    text = reply("complaint", health_reader="the doctor", replies={"complaint": own})

    assert text == "The doctor reads it.\nSorry, the doctor will call."


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


@pytest.mark.parametrize(
    ("moment", "when"),
    [
        (LUNCH, "hoy a la 1:00 PM"),
        (EVENING, "mañana a las 8:00 AM"),
        (datetime(2026, 7, 16, 5, 0, tzinfo=UTC), "hoy a las 8:00 AM"),
        (WEEKEND, "el lunes a las 8:00 AM"),
        (datetime(2026, 7, 17, 23, 0, tzinfo=UTC), "el lunes a las 8:00 AM"),
    ],
)
def test_a_spanish_reply_says_so_in_spanish(moment: datetime, when: str) -> None:
    assert f"cuando abramos, {when}." in reply("clinical_concern_es", moment)


def test_a_saturday_is_named_by_its_date_in_spanish_to_fit_a_plain_text() -> None:
    text = reply("review_es", EVENING, hours={"sat": ["09:00-12:00"]})

    assert "cuando abramos, el 18 de julio a las 9:00 AM." in text
    assert is_gsm7(text)


def test_a_saturday_has_its_name_in_spanish_where_it_is_no_text() -> None:
    saturdays = practice(hours={"sat": ["09:00-12:00"]}, replies={"help_es": "{{ hours }}. {{ next_opening }}"})
    told = Occasion(EVENING, is_first=False, is_text=False)

    assert "Sábado 9:00 AM a 12:00 PM" in render_reply("help_es", saturdays, told)
    assert "el sábado a las 9:00 AM" in render_reply("help_es", saturdays, told)
    assert is_gsm7(render_reply("help_es", saturdays, replace(told, is_text=True)))


def test_an_opening_over_a_week_away_is_named_by_its_date() -> None:
    two_weeks = [f"2026-07-{day}" for day in range(15, 27)]

    assert "after we open on July 27 at 8:00 AM." in reply("complaint", EVENING, closed_on=two_weeks)


def test_after_an_early_closing_nobody_is_promised_an_answer_today() -> None:
    afternoon = datetime(2026, 7, 15, 19, 0, tzinfo=UTC)  # 3 PM in New York

    assert "after we open" not in reply("complaint", afternoon)
    assert "after we open tomorrow at" in reply("complaint", afternoon, special_hours=["2026-07-15 08:00-12:00"])


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

    assert text == f"{NAME} is open.\nCall (202) 555-0100."


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Sorry!\nWe will call you.", "Sorry!\nWe will call you."),
        ("Sorry!\r\nWe will call you.\r\n", "Sorry!\nWe will call you."),
        ("Sorry!\n\n\nWe will  call\tyou.", "Sorry!\nWe will call you."),
        ("Sorry!\n{% if is_open %}\n  We are open.\n{% endif %}\nBye.", "Sorry!\nWe are open.\nBye."),
        ("Sorry!\n{% if not is_open %}\nWe are closed.\n{% endif %}\nBye.", "Sorry!\nBye."),
    ],
)
def test_the_line_breaks_of_an_override_survive_and_other_spacing_does_not(template: str, text: str) -> None:
    assert overridden(template) == text


def test_a_reply_of_several_lines_says_how_to_opt_out_on_a_line_of_its_own() -> None:
    assert overridden("Sorry!\nBye.", is_first=True) == "Sorry!\nBye.\nReply STOP to opt out."
    assert overridden("Sorry!", is_first=True) == "Sorry! Reply STOP to opt out."


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

    assert tuple(replies) == REPLIES
    assert replies["complaint"] == reply("complaint", is_first=True)


def test_checking_finds_the_one_that_is_wrong() -> None:
    with pytest.raises(IntakeError, match=r"replies\.help"):
        check_replies(practice(replies={"help": "{{ nonsense }}"}), OPEN)


def test_checking_finds_what_would_go_wrong_at_another_hour() -> None:
    only_when_closed = "{% if is_open %}Hello{% else %}{{ nonsense }}{% endif %}"

    with pytest.raises(IntakeError, match=r"replies\.help"):
        check_replies(practice(replies={"help": only_when_closed}), OPEN)


def test_checking_finds_what_would_go_wrong_a_minute_before_closing() -> None:
    with pytest.raises(IntakeError, match=r"replies\.help is empty"):
        check_replies(practice(replies={"help": "{% if not is_closing %}Hello{% endif %}"}), OPEN)


def test_a_practices_own_words_say_when_a_person_answers() -> None:
    own = {"help": "We answer you {{ when }}.", "help_es": "Le respondemos {{ when }}."}
    moments = (OPEN, CLOSING, WEEKEND)

    assert [reply("help", moment, replies=own) for moment in moments] == [
        "We answer you today.",
        "We answer you today or after we open on Monday at 8:00 AM.",
        "We answer you after we open on Monday at 8:00 AM.",
    ]
    assert reply("help_es", CLOSING, replies=own) == "Le respondemos hoy o cuando abramos, el lunes a las 8:00 AM."
    assert reply("help", hours={}, replies=own) == "We answer you as soon as possible."


def test_the_demo_practices_replies_fit_three_segments() -> None:
    [demo] = load_practices(DEMO_FILE).all

    for moment in MOMENTS.values():
        assert max(map(count_segments, check_replies(demo, moment).values())) <= 3


# ---- answers to common questions, and promises


def test_an_answer_is_the_practices_own_words_and_offers_a_person() -> None:
    text = render_reply("common_question", practice(), Occasion(OPEN, is_first=False, answer="Park behind us."))

    assert text == f"{NAME}: Park behind us. Reply PERSON to talk to someone."


@pytest.mark.parametrize("template", ["{{ answer }} Bye.", "Reply PERSON to talk to someone."])
def test_an_answer_without_its_words_or_without_a_person_is_refused(template: str) -> None:
    with pytest.raises(IntakeError, match=r"replies\.common_question must contain"):
        reply("common_question", replies={"common_question": template})


@pytest.mark.parametrize(
    "answer", ["Park behind us.\n\nEnter from Elm.", "Park behind us.  Enter from Elm.", " Park\tbehind us. "]
)
def test_an_answer_is_given_however_it_is_spaced(answer: str) -> None:
    text = render_reply("common_question", practice(), Occasion(OPEN, is_first=False, answer=answer))

    assert "Park behind us." in text


def test_what_looks_like_a_template_in_an_answer_is_sent_as_it_is() -> None:
    text = render_reply("common_question", practice(), Occasion(OPEN, is_first=False, answer="Ask for {{ phone }}."))

    assert "{{ phone }}" in text


@pytest.mark.parametrize("name", PROMISES)
@pytest.mark.parametrize("language", [Language.EN, Language.ES])
def test_no_call_is_promised_to_who_cannot_be_reached(name: Intent | ReplyName, language: Language) -> None:
    occasion = Occasion(OPEN, is_first=False, is_text=False, can_reach=False)

    text = render_reply(reply_in(language, name), practice(), occasion)

    assert text.endswith(ASKS_FOR_CONTACT[language])
    assert "will call you" not in text
    assert "le va a llamar" not in text


@pytest.mark.parametrize(
    ("name", "by_phone", "otherwise"),
    [
        ("complaint", "a manager will call you", "a manager will get back to you"),
        ("complaint_es", "un gerente le va a llamar", "un gerente le va a responder"),
        ("pregnancy_loss", "a nurse will call you", "a nurse will get back to you"),
        ("pregnancy_loss_es", "una enfermera le va a llamar", "una enfermera le va a responder"),
    ],
    ids=["complaint", "complaint, Spanish", "loss", "loss, Spanish"],
)
def test_a_call_is_promised_only_where_there_is_a_number(name: str, by_phone: str, otherwise: str) -> None:
    by_email = Occasion(OPEN, is_first=False, is_text=False, has_phone=False)

    assert by_phone in render_reply(name, practice(), replace(by_email, has_phone=True))
    assert otherwise in render_reply(name, practice(), by_email)


@pytest.mark.parametrize("name", EMERGENCIES)
@pytest.mark.parametrize("language", [Language.EN, Language.ES])
def test_who_writes_of_an_emergency_and_cannot_be_reached_is_asked_for_a_number(
    name: ReplyName, language: Language
) -> None:
    unreachable = Occasion(OPEN, is_first=False, is_text=False, can_reach=False)
    asks = ASKS_WHERE_TO_CALL[language]

    assert render_reply(reply_in(language, name), practice(), unreachable).endswith(asks)
    for other in (replace(unreachable, can_reach=True), replace(unreachable, names_contact=True)):
        assert asks not in render_reply(reply_in(language, name), practice(), other)


@pytest.mark.parametrize(
    ("details", "language", "asked"),
    [
        ("DOB", "en", "Please also send us your date of birth."),
        ("MEMBER_ID CARRIER", "es", "Por favor, mande también su ID de miembro y el nombre de su aseguradora."),
        (
            "MEMBER_ID CARRIER DOB",
            "en",
            "Please also send us your member ID, the name of your insurance company, and your date of birth.",
        ),
    ],
)
def test_a_reply_asks_for_insurance_details_before_the_opt_out_instructions(
    details: str, language: Language, asked: str
) -> None:
    maple = Practice.model_validate(FULL)
    ask = tuple(EntityKind(detail) for detail in details.split())

    text = render_reply(reply_in(language, Intent.BILLING_INQUIRY), maple, Occasion(OPEN, is_first=True, ask=ask))

    assert text.endswith(f" {asked} {stop_wording(Language(language))}")
    assert is_gsm7(text)
    long = maple.model_copy(update={"replies": {"billing_inquiry": "x" * 1500}})
    assert "send us" not in render_reply("billing_inquiry", long, Occasion(OPEN, is_first=True, ask=ask))


# ---- losses


@pytest.mark.parametrize("name", [name for name in REPLIES if name.startswith(("bereavement", "pregnancy_loss"))])
def test_condolences_hold_no_link_and_ask_for_nothing_more(name: str) -> None:
    for kind, when, is_first in VARIANTS:
        text = render_reply(name, Practice.model_validate(PRACTICES[kind]), Occasion(MOMENTS[when], is_first))
        assert "http" not in text
        assert ("so sorry for your loss" in text) != ("Lamentamos mucho su pérdida" in text)
