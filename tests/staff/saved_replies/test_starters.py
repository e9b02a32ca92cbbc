"""The starter set: every practice has it, and its managers change, hide, and restore what they like."""

from __future__ import annotations

import re

import pytest

from inbox.models import AuditEntry, Role, SavedReply
from inbox.replies.saved import MOST_SAVED, Owner, ReplyWords, write_reply
from templates.starter_replies import starter_replies
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import PAGE, PRICES, box, by_staff, reply
from tests.staff.saved_replies.test_pages import PRACTICES, offered
from tests.told_classifier import sure_of, tell

BOOKED = "starter-booked"
PARK = {"name": "Where to park", "text": "Park behind the house.", "text_es": ""}


@pytest.fixture
def manager(console: Console) -> Browser:
    console.text(PRICES)
    return console.sign_in(Role.MANAGER, name="Mo Green")


def set_starter(manager: Browser, key: str, wanted: str) -> None:
    assert manager.post(f"{PRACTICES}/starters/{key}/state", data={"wanted": wanted}).status_code == 303


def test_a_new_practice_has_replies_that_people_send_before_the_machines_by_topic(manager: Browser) -> None:
    page = manager.get(PAGE)

    found = offered(page, "starter-")
    assert list(found) == [f"starter-{key}" for key in starter_replies()]
    assert found[BOOKED].startswith("Hi, we booked you for [day and time].")
    groups = re.findall(r'class="group"[^>]*>(.*?)</li>', page.text)
    topics = list(dict.fromkeys(starter.topic for starter in starter_replies().values()))
    assert groups == [*topics, "Automatic replies"]


def test_a_reply_whose_blank_is_left_is_not_sent(console: Console, manager: Browser) -> None:
    refused = reply(manager, offered(manager.get(PAGE), "starter-")[BOOKED])

    assert refused.status_code == 422
    assert "Fill in [day and time] first." in refused.text
    assert "[day and time]" in box(refused)
    assert by_staff(console) == []
    assert "Fill in ___ first." in reply(manager, "See you on ___.").text
    assert reply(manager, "See you on Monday.").status_code == 303


def test_who_writes_in_spanish_is_offered_the_spanish_twin_first(console: Console) -> None:
    tell(console, {PRICES: sure_of("price_shopper", language="es")})
    console.text(PRICES)
    console.work()
    page = console.sign_in().get(PAGE)

    assert offered(page, "starter-")["starter-thanks"] == "¡Gracias por avisar!"
    assert '¡Gracias por avisar!</p><p class="twin" lang="en" hidden>Thank you' in page.text


def test_what_a_manager_changes_and_hides_holds_for_the_practice_until_it_is_restored(
    console: Console, manager: Browser
) -> None:
    saved = manager.post(f"{PRACTICES}/starters/directions", data=PARK)
    assert saved.status_code == 303
    set_starter(manager, "directions", "hidden")
    set_starter(manager, "thanks", "hidden")
    found = offered(manager.get(PAGE), "starter-")
    assert {"starter-directions", "starter-thanks"}.isdisjoint(found)
    assert len(found) == len(starter_replies()) - 2

    set_starter(manager, "directions", "shown")
    set_starter(manager, "thanks", "shown")
    assert offered(manager.get(PAGE), "starter-")["starter-directions"] == "Park behind the house."
    set_starter(manager, "directions", "restored")
    found = offered(manager.get(PAGE), "starter-")
    assert found["starter-directions"].startswith("We are at [address].")
    assert list(found) == [f"starter-{key}" for key in starter_replies()]
    assert offered(manager.get(PAGE)) == {}
    actions = [entry.action for entry in console.rows(AuditEntry) if entry.action.startswith("saved_reply")]
    assert actions == [
        *("saved_reply_saved", "saved_reply_hidden", "saved_reply_hidden"),
        *("saved_reply_shown", "saved_reply_shown", "saved_reply_deleted"),
    ]


def test_of_two_managers_who_change_one_at_once_the_second_is_told(console: Console, manager: Browser) -> None:
    assert manager.post(f"{PRACTICES}/starters/directions", data=PARK).status_code == 303

    refused = manager.post(f"{PRACTICES}/starters/directions", data=PARK | {"text": "Park in front."})

    assert refused.status_code == 409
    assert "changed after you opened the page" in refused.text
    assert [row.text for row in console.rows(SavedReply)] == [PARK["text"]]


def test_what_the_starter_set_does_not_have_is_not_found(console: Console, manager: Browser) -> None:
    assert manager.post(f"{PRACTICES}/starters/nothing", data=PARK).status_code == 404
    assert manager.post(f"{PRACTICES}/starters/nothing/state", data={"wanted": "hidden"}).status_code == 404
    assert console.rows(SavedReply) == []


def test_the_limit_is_for_replies_of_ones_own(console: Console, manager: Browser) -> None:
    set_starter(manager, "thanks", "hidden")
    with console.edit() as session:
        for number in range(MOST_SAVED - 1):
            write_reply(session, Owner(practice="demo"), None, ReplyWords(f"Reply {number}", "Hello."))

    assert manager.post(PRACTICES, data=PARK).status_code == 303
    assert manager.post(f"{PRACTICES}/starters/directions", data=PARK | {"name": "Parking"}).status_code == 303
    assert "100 saved replies already" in manager.post(PRACTICES, data=PARK | {"name": "One more"}).text
