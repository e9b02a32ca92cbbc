"""Which reviews may be trained on, and what is left of a patient in them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from classifier.entities.recognizer import Recognizer
from inbox.conversations.reviews import NONE_OF_THESE
from inbox.exports.reviews import export_reviews
from inbox.incoming.inbound import Contact
from inbox.storage.database import Database
from intake.review_archive import ReviewsFile
from intake.vocabulary import Channel, Language
from tests.reviews import FIRST, add_reviewed


def exported(database: Database, *practices: str) -> ReviewsFile:
    with database.read() as session:
        return export_reviews(session, practices, FIRST, Recognizer())


def test_a_decided_review_of_a_practice_that_agreed_is_taken_with_its_label(database: Database) -> None:
    add_reviewed(database, "how much is a cleaning?", "price_shopper", channel=Channel.VOICEMAIL, hours=2)

    [message] = exported(database, "demo").messages

    assert (message.text, message.intent, message.channel) == ("how much is a cleaning?", "price_shopper", "voicemail")
    assert message.decided_at == FIRST + timedelta(hours=2)


@pytest.mark.parametrize("language", Language)
def test_it_says_in_which_language_it_was_read_and_how_likely_it_was_to_be_reviewed(
    database: Database, language: Language
) -> None:
    add_reviewed(database, "hola, una limpieza?", "price_shopper", language=language, chance=0.05)

    [message] = exported(database, "demo").messages

    assert (message.language, message.chance) == (language, 0.05)


def test_another_practice_and_what_nobody_has_decided_are_not(database: Database) -> None:
    add_reviewed(database, "how much is a cleaning?", "price_shopper", practice="other")
    add_reviewed(database, "how much is a crown?", None)

    assert exported(database, "demo").messages == ()


def test_what_is_none_of_the_intents_is_counted_and_left_out(database: Database) -> None:
    add_reviewed(database, "have you seen my umbrella", NONE_OF_THESE)

    found = exported(database, "demo")

    assert (found.messages, found.without_intent, found.left_out) == ((), 1, 0)


def test_what_could_name_somebody_is_counted_and_left_out(database: Database) -> None:
    add_reviewed(database, "I met Jasper there and he was rude", "complaint")

    found = exported(database, "demo")

    assert (found.messages, found.left_out) == ((), 1)


def test_what_the_conversation_knows_of_its_patient_is_taken_out(database: Database) -> None:
    contact = Contact(name="Zephyrine Oakhurst", phone="+12025550199", email="z@home.example")
    add_reviewed(
        database,
        "zephyrine wants her bill, mail z@home.example or 2.0.2.5.5.5.0.1.9.9",
        "billing_inquiry",
        contact=contact,
    )

    [message] = exported(database, "demo").messages

    assert message.text == "{first_name} wants her bill, mail {email} or {phone}"


def test_they_come_in_the_order_in_which_they_were_decided(database: Database) -> None:
    for hours, text in ((5, "is there parking?"), (1, "do you have forms?"), (3, "do you open early?")):
        add_reviewed(database, text, "existing_patient_question", hours=hours)

    assert [message.text for message in exported(database, "demo").messages] == [
        "do you have forms?",
        "do you open early?",
        "is there parking?",
    ]
