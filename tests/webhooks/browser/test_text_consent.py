"""What patients agree to when they give a number: shown as carriers require it, and kept with the consent."""

from __future__ import annotations

import pytest
import requests

from inbox.models import TextConsent
from intake.practices import Practice
from intake.vocabulary import Language
from templates.text_consent import chat_wording, whole_wording
from tests.chat_client import ChatClient
from tests.service import Service
from tests.world import PATIENT, SITE, WIDGET_KEY


def post(service: Service, **values: str) -> requests.Response:
    body = {"message": "Where can I park?", **values}
    return requests.post(f"{service.url}/forms/demo", json=body, headers={"Origin": SITE}, timeout=30)


@pytest.fixture
def practice(service: Service) -> Practice:
    return service.context.practices.require("demo")


@pytest.mark.parametrize(
    ("language", "needed"),
    [
        (
            Language.EN,
            ("Maple Street may text you", "automated", "frequency varies", "rates may apply", "STOP", "HELP"),
        ),
        (Language.ES, ("Maple Street", "automáticos", "frecuencia", "Pueden aplicarse tarifas", "STOP", "HELP")),
    ],
)
def test_the_wording_says_all_that_carriers_require(
    practice: Practice, language: Language, needed: tuple[str, ...]
) -> None:
    assert all(words in chat_wording(practice, language) for words in needed)


def test_it_is_kept_with_the_links_that_the_practice_gives(practice: Practice) -> None:
    links = practice.links.model_copy(update={"terms": "https://x.example/t", "privacy": "https://x.example/p"})
    whole = whole_wording(practice.model_copy(update={"links": links}), Language.EN)

    assert whole.endswith("Terms: https://x.example/t Privacy: https://x.example/p")


def test_the_widget_is_given_the_wording_in_both_languages(service: Service, practice: Practice) -> None:
    shown = requests.get(f"{service.url}/chat/practices/{WIDGET_KEY}", headers={"Origin": SITE}, timeout=30).json()

    assert shown["text_consent"] == {
        language: whole_wording(practice, language) for language in (Language.EN, Language.ES)
    }


def test_a_chat_with_a_number_keeps_the_wording_that_was_shown(service: Service, practice: Practice) -> None:
    ChatClient(service.url, phone=PATIENT, consent="es")
    ChatClient(service.url, consent="en")  # no number, nothing to agree to
    ChatClient(service.url, phone=PATIENT)  # a widget of an older version

    assert [row.wording for row in service.rows(TextConsent)] == [whole_wording(practice, Language.ES)]


def test_a_form_with_a_number_keeps_it_with_each_message(service: Service, practice: Practice) -> None:
    for values in ({"phone": PATIENT, "consent": "en"}, {"phone": PATIENT}, {"consent": "en"}):
        assert post(service, **values).status_code == 202

    [consent] = service.rows(TextConsent)
    assert (consent.conversation_id, consent.wording) == (1, whole_wording(practice, Language.EN))


@pytest.mark.parametrize("consent", ["yes", "fr"])
def test_a_wording_that_does_not_exist_cannot_have_been_shown(service: Service, consent: str) -> None:
    assert post(service, phone=PATIENT, consent=consent).status_code == 202, "no patient can correct it"
    assert service.rows(TextConsent) == []
