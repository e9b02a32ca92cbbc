"""A manager sets what patients read and hear about the practice: its name, prices, greetings, and the chat's texts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
import requests

from inbox.models import Delivery, Role, SettingVersion
from intake.settings import Settings
from tests.staff.conftest import Browser, Console
from tests.staff.settings.test_page import ADDRESS, OTHER_PATIENT, ask, effective, look, problem_at, save, text_of
from tests.standins.smtp import SmtpStandIn
from tests.told_classifier import sure_of, tell
from tests.world import PATIENT, SITE, WIDGET_KEY

KNEE, SPANISH_KNEE = "My knee has been sore for a week", "Me duele la rodilla desde hace una semana"
THIRD_PATIENT = "+12025550173"
SPANISH_PRICES = "¿Cuánto cuesta la primera visita sin seguro?"


@pytest.fixture
def manager(console: Console) -> Browser:
    """The browser of a manager of the demo practice."""
    return console.sign_in(Role.MANAGER, name="Mira Manager")


def chat_of(console: Console) -> dict[str, object]:
    """What the chat shows about the practice."""
    answer = requests.get(f"{console.url}/chat/practices/{WIDGET_KEY}", headers={"Origin": SITE}, timeout=30)
    return dict(answer.json())


def greeting(console: Console) -> str:
    """What callers hear after the words for an emergency, in both languages."""
    return console.call().heard[2]


def preview(browser: Browser, section: str, **typed: str) -> str:
    form = {name.replace("__", "."): value for name, value in typed.items()}
    return text_of(browser.post(f"{ADDRESS}/preview", data={"section": section, **form}))


def test_a_new_name_is_what_patients_read_and_hear_from_now_on(console: Console, manager: Browser) -> None:
    assert save(manager, name="  Elm Street\nMedical ").status_code == 303

    assert ask(console).startswith("Elm Street Medical: Thank you for asking about prices.")
    assert chat_of(console)["name"] == "Elm Street Medical"
    assert greeting(console).startswith("You have reached Elm Street Medical.")
    assert "Settings for Elm Street Medical" in look(manager).text


@pytest.mark.parametrize(("typed", "sender"), [("", "Elm Street"), ("Elm Street Front Desk", "Elm Street Front Desk")])
def test_emails_are_from_the_new_name_or_the_one_for_emails(
    settings: Settings, console_of: Callable[[Settings], Console], typed: str, sender: str
) -> None:
    with SmtpStandIn() as mail:
        console = console_of(settings.model_copy(update={"smtp_url": mail.url}))
        browser = console.sign_in(Role.MANAGER)
        save(browser, name="Elm Street", email_name=typed)
        browser.post("/staff/setup/demo/tests", data={"what": "email"})
        console.work()

        assert mail.mails[0].message["From"].startswith(f"{sender} <")


def test_prices_are_told_in_the_patients_language(console: Console, manager: Browser) -> None:
    save(manager, price_range="A visit is $95.", price_range_es="Una visita cuesta $95.")

    assert "For example: A visit is $95." in ask(console)
    assert "Por ejemplo: Una visita cuesta $95." in ask(console, SPANISH_PRICES, from_=OTHER_PATIENT)
    save(manager, price_range="", price_range_es="")
    assert effective(console).price_range is None


def test_who_reads_health_questions_is_told_in_the_patients_language(console: Console, manager: Browser) -> None:
    tell(console, {KNEE: sure_of("clinical_concern"), SPANISH_KNEE: sure_of("clinical_concern", language="es")})
    assert "and a nurse will see it" in ask(console, KNEE)
    save(manager, health_reader="our clinical team", health_reader_es="la doctora")

    assert "and our clinical team will see it" in ask(console, KNEE, from_=OTHER_PATIENT)
    assert "La doctora lo va a leer" in ask(console, SPANISH_KNEE, from_=THIRD_PATIENT)
    save(manager, health_reader="", health_reader_es="")
    assert effective(console).health_reader is None


def test_beside_the_spanish_reader_stands_what_replies_say_while_only_the_english_is_set(
    console: Console, manager: Browser
) -> None:
    tell(console, {SPANISH_KNEE: sure_of("clinical_concern", language="es")})
    save(manager, health_reader="our clinical team")

    [hint] = re.findall(r'id="s-health-reader-es-hint">(.*?)</p>', look(manager).text, re.DOTALL)
    assert "they still read “una enfermera”, whatever the English says" in html.unescape(hint)
    assert "Una enfermera lo va a leer" in ask(console, SPANISH_KNEE)


def test_a_name_that_says_stop_does_not_stand_for_how_to_opt_out(console: Console, manager: Browser) -> None:
    save(manager, name="ONE STOP Clinic")

    assert ask(console).endswith("Reply STOP to opt out.")


def test_callers_hear_the_greeting_that_was_typed_and_the_standard_one_again(
    console: Console, manager: Browser
) -> None:
    standard = greeting(console)
    save(manager, voice__greeting_open="Hi, this is {{ practice.name }}.\nPlease leave a message.")

    assert greeting(console) == "Hi, this is Maple Street. Please leave a message."
    save(manager, voice__greeting_open="")
    assert greeting(console) == standard


def test_the_chat_has_the_texts_that_were_typed(console: Console, manager: Browser) -> None:
    typed = {"chat__strings__en__greeting": "Welcome to {name}!", "chat__strings__es__title": "Escríbale a Maple"}
    save(manager, **typed, chat__strings__en__consent="", chat__files="no")

    shown = chat_of(console)
    assert shown["strings"] == {"en": {"greeting": "Welcome to {name}!"}, "es": {"title": "Escríbale a Maple"}}
    assert shown["files"] is False
    save(manager, chat__strings__en__greeting="Hello! How can we help you today?", chat__strings__es__title="")
    assert effective(console).chat.strings == {}, "the standard words are not one’s own"


@pytest.mark.parametrize(
    ("key", "typed", "reason"),
    [
        ("name", "", "fill this in"),
        ("name", "x" * 61, "should have at most 60 characters"),
        ("name", "Maple [Street]", "leave out { } and [ ], which patients would read as they are"),
        ("email_name", "{{ practice.name }}", "leave out { } and [ ], which patients would read as they are"),
        ("price_range", "x" * 201, "should have at most 200 characters"),
        ("health_reader", "x" * 41, "should have at most 40 characters"),
        ("health_reader", "our clinical team.", "leave out the mark at the end, as in: our clinical team"),
        ("health_reader_es", "[la doctora]", "leave out { } and [ ], which patients would read as they are"),
        (
            "chat.strings.en.greeting",
            "Hi {first_name}",
            "nothing fills in {first_name}: use a button, or write the words themselves",
        ),
        ("chat.strings.es.greeting", "x" * 501, "should have at most 500 characters"),
        ("voice.greeting_open", "{{ practice.teams }}", "practice.teams cannot be used here"),
        ("voice.greeting_closed", "{% if links.pay %}Hello{% endif %}", "is 0 characters long; it must be 1 to 4096"),
    ],
)
def test_what_patients_could_not_read_is_refused_at_its_field(
    console: Console, manager: Browser, key: str, typed: str, reason: str
) -> None:
    answer = save(manager, **{key.replace(".", "__"): typed})

    assert answer.status_code == 422
    assert problem_at(answer, key)[1] == reason
    assert console.rows(SettingVersion) == []


def test_words_that_still_have_the_old_name_are_named(console: Console, manager: Browser) -> None:
    save(manager, replies__complaint="Maple Street: we are sorry.", voice__greeting_open="This is Maple Street.")
    save(manager, name="Elm Street")

    said = "Your own words still say “Maple Street”: Reply: Complaint, Phone: Greeting while open."
    assert said in html.unescape(look(manager).text)


def test_the_preview_shows_what_is_typed_as_patients_will_see_it(console: Console, manager: Browser) -> None:
    named = preview(manager, "name", name="Elm Street", email_name="Elm Office", price_range="A visit is $95.")
    assert "Elm Street: Thank you for asking about prices." in named
    assert "For example: A visit is $95." in named
    read = preview(manager, "name", health_reader="the doctor", health_reader_es="la doctora")
    assert "We received your message and the doctor will see it" in read
    assert "Recibimos su mensaje. La doctora lo va a leer" in read
    mailed = preview(manager, "mail", name="Elm Street", email_name="Elm Office", email="Desk@Elm.example")
    assert "Emails are from Elm Office <desk@elm.example>" in mailed
    assert "You have reached Elm Street." in named

    called = preview(manager, "greetings", voice__greeting_open="This is {{ practice.name }}.")
    assert "call 911, or go to the nearest emergency room. This is Maple Street." in called
    assert "Welcome to Maple Street!" in preview(manager, "chat", chat__strings__en__greeting="Welcome to {name}!")
    assert "Name of the practice: fill this in" in preview(manager, "name", name="").replace("Practice: ", "")
    assert manager.post(f"{ADDRESS}/preview", data={"section": "teams"}).status_code == 400
    assert console.rows(SettingVersion) == []


def test_a_text_in_an_answered_conversation_still_begins_with_the_name_once(console: Console, manager: Browser) -> None:
    save(manager, name="Elm Street")
    console.text("Do you take walk-ins?", from_=PATIENT)
    console.work()

    assert all(row.body.count("Elm Street: ") == 1 for row in console.rows(Delivery))
