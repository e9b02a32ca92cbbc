"""Saved replies: managers write the practice's, each member their own, and both go into the reply box."""

from __future__ import annotations

import re
from html import unescape

import pytest
import requests

from inbox.models import AuditEntry, Conversation, Role, SavedReply
from inbox.patients.book import Details, add_address, create_patient
from inbox.replies.saved import MOST_SAVED, Owner, ReplyWords, write_reply
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import PAGE, PRICES, box, by_staff, reply
from tests.told_classifier import sure_of, tell
from tests.world import PATIENT

PRACTICES, OWN = "/staff/settings/demo/replies", "/staff/account/replies"
BOOK = {
    "name": "Book online",
    "text": "Hi {{ first_name }}, book at {links.scheduling}.",
    "text_es": "Hola {{ first_name }}, reserve en {{ links.scheduling }}.",
}
LINK = "https://maple.example/book"


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in(name="Dana Reyes")


@pytest.fixture
def manager(console: Console) -> Browser:
    return console.sign_in(Role.MANAGER, name="Mo Green")


def save(browser: Browser, place: str = OWN, **changes: str) -> requests.Response:
    answer = browser.post(place, data=BOOK | changes)
    assert answer.status_code == 303, answer.text
    return answer


def offered(page: requests.Response, which: str = "saved-") -> dict[str, str]:
    """What the box can take of one kind, by the key that a form sends."""
    found = re.findall(rf'<p id="quick-({which}[a-z0-9_]+)" lang="\w+">(.*?)</p>', page.text, re.DOTALL)
    return {key: unescape(words) for key, words in found}


def test_everyone_at_the_practice_uses_its_replies_and_managers_alone_write_them(
    console: Console, dana: Browser, manager: Browser
) -> None:
    console.text(PRICES)
    save(manager, PRACTICES)

    assert list(offered(dana.get(PAGE)).values()) == [f"Hi, book at {LINK}."]
    assert "Hi Maria, book at" in manager.get(PRACTICES).text
    assert [row.text for row in console.rows(SavedReply)] == ["Hi {{ first_name }}, book at {{ links.scheduling }}."]
    assert dana.get(PRACTICES).status_code == 403
    assert dana.post(PRACTICES, data=BOOK).status_code == 403
    assert [entry.detail for entry in console.rows(AuditEntry) if entry.action == "saved_reply_saved"] == [{"reply": 1}]


def test_a_members_own_replies_are_nobody_elses(console: Console, dana: Browser, manager: Browser) -> None:
    console.text(PRICES)
    save(dana)

    assert list(offered(dana.get(PAGE)).values()) == [f"Hi, book at {LINK}."]
    assert offered(manager.get(PAGE)) == {}
    assert "Book online" not in manager.get(OWN).text + manager.get(PRACTICES).text
    for place in (f"{OWN}/1", f"{OWN}/1/delete", f"{PRACTICES}/1", f"{PRACTICES}/1/delete"):
        assert manager.post(place, data=BOOK | {"version": "1"}).status_code == 404
    assert reply(manager, "Hello.", insert="saved-1").status_code == 400
    assert [row.name for row in console.rows(SavedReply)] == ["Book online"]


def test_without_scripts_it_is_chosen_from_a_list_and_goes_into_the_box(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    save(dana)
    [key] = offered(dana.get(PAGE))

    answer = reply(dana, "Hello.", insert="", saved=key)

    assert box(answer).splitlines() == ["Hello.", f"Hi, book at {LINK}."]
    assert by_staff(console) == []
    # a browser without scripts sends what the list shows with every reply
    assert reply(dana, "Hello.", saved=key).status_code == 303
    [sent] = by_staff(console)
    assert "Hello." in sent.body
    assert LINK not in sent.body


def test_the_name_is_that_of_the_only_record_or_else_what_the_patient_gave(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    save(dana)
    with console.edit() as session:
        session.get_one(Conversation, 1).patient_name = "Lou Rivera"
    assert list(offered(dana.get(PAGE)).values()) == [f"Hi Lou, book at {LINK}."]

    with console.edit() as session:
        add_address(session, create_patient(session, "demo", Details("Rivera, Maria")), PATIENT)
    assert list(offered(dana.get(PAGE)).values()) == [f"Hi Maria, book at {LINK}."]

    with console.edit() as session:  # a family
        add_address(session, create_patient(session, "demo", Details("Leo Rivera")), PATIENT)
    assert list(offered(dana.get(PAGE)).values()) == [f"Hi, book at {LINK}."]


def test_who_writes_in_spanish_gets_the_spanish_variant_if_there_is_one(console: Console, dana: Browser) -> None:
    tell(console, {PRICES: sure_of("price_shopper", language="es")})
    console.text(PRICES)
    console.work()
    save(dana)
    save(dana, name="Plain", text="See you soon.", text_es="")

    assert list(offered(dana.get(PAGE)).values()) == [f"Hola, reserve en {LINK}.", "See you soon."]


def test_a_reply_with_a_blank_is_not_sent(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    save(dana, text="Pay at {{ links.pay }}.", text_es="")
    [words] = offered(dana.get(PAGE)).values()
    assert words == "Pay at [link: Pay a bill]."

    refused = reply(dana, words)

    assert refused.status_code == 422
    assert "Fill in [link: Pay a bill] first." in refused.text
    assert box(refused) == words
    assert by_staff(console) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text": "Bye. [My nam]"}, "[My nam] is not a word we know; did you mean [my name]?"),
        ({"text_es": "Hola [frist name]"}, "[frist name] is not a word we know; did you mean [first name]?"),
        ({"text_es": "Hola {{ apellido }}"}, "{{ apellido }} is not a word we know. Use one of these: [first name],"),
        ({"name": " "}, "a name of 1 to 60 characters"),
        ({"name": "N" * 61}, "a name of 1 to 60 characters"),
        ({"text": " "}, "Write the reply’s text"),
        ({"text": "x" * 1601}, "The limit is 1600"),
        ({"name": "book ONLINE"}, "Another saved reply has this name"),
    ],
)
def test_what_cannot_be_saved_is_refused_with_the_words_still_there(
    console: Console, dana: Browser, changes: dict[str, str], said: str
) -> None:
    save(dana)

    refused = dana.post(OWN, data=BOOK | {"name": "Second"} | changes)

    assert refused.status_code == 422
    assert said in unescape(refused.text)
    if "text_es" not in changes:
        assert refused.text.count("reserve en") >= 2
    [field] = changes
    [marked] = re.findall(r'name="(\w+)"[^>]* autofocus aria-invalid="true" aria-describedby="problem-0"', refused.text)
    assert marked == field
    assert refused.text.count('id="problem-0" role="alert"') == 1
    assert len(console.rows(SavedReply)) == 1


def test_nobody_sees_or_writes_a_variable_as_programs_have_it(console: Console, manager: Browser) -> None:
    save(manager, PRACTICES, text="Hi [First name], book at [booking link].")

    page = unescape(manager.get(PRACTICES).text)
    assert [row.text for row in console.rows(SavedReply)] == ["Hi {{ first_name }}, book at {{ links.scheduling }}."]
    assert ">\nHi [first name], book at [booking link].</textarea>" in page
    assert f"Hi Maria, book at {LINK}." in page
    assert "<dt><code>[my name]</code></dt>" in page
    assert "{{" not in page


@pytest.mark.parametrize("place", [PRACTICES, OWN])
def test_a_text_is_previewed_as_it_is_typed(console: Console, manager: Browser, place: str) -> None:
    typed = "Hola [first name]: [booking link] [fecha]"
    answer = manager.post(f"{place}/preview", data={"language": "es", "text": typed})
    wrong = manager.post(f"{place}/preview", data={"language": "en", "text": "Hi [frist name]"})

    assert f"Hola Maria: {LINK} [fecha]" in answer.text
    assert "[frist name] is not a word we know; did you mean [first name]?" in wrong.text
    assert console.rows(SavedReply) == []


def test_without_scripts_a_button_shows_both_texts_and_saves_nothing(console: Console, manager: Browser) -> None:
    answer = manager.post(PRACTICES, data=BOOK | {"text": "Hi [first name]!", "preview": "yes"})

    assert answer.status_code == 200
    assert '<p class="bubble">Hi Maria!</p>' in answer.text
    assert f'<p class="bubble">Hola Maria, reserve en {LINK}.</p>' in answer.text
    assert ">\nHi [first name]!</textarea>" in answer.text
    assert console.rows(SavedReply) == []


def test_of_two_managers_who_edit_at_once_the_second_is_told(console: Console, manager: Browser) -> None:
    save(manager, PRACTICES)
    edited = BOOK | {"version": "1", "text": "Book by phone."}
    assert manager.post(f"{PRACTICES}/1", data=edited).status_code == 303

    refused = manager.post(f"{PRACTICES}/1", data=edited | {"text": "Book at the desk."})

    assert refused.status_code == 409
    assert "changed after you opened the page" in refused.text
    assert "Book at the desk." in refused.text
    assert [row.text for row in console.rows(SavedReply)] == ["Book by phone."]
    assert manager.post(f"{PRACTICES}/1/delete").status_code == 303
    assert console.rows(SavedReply) == []


def test_a_member_has_at_most_a_hundred_which_go_with_the_account(console: Console, dana: Browser) -> None:
    assert dana.member
    with console.edit() as session:
        for number in range(MOST_SAVED):
            write_reply(session, Owner(staff_id=dana.member.id), None, ReplyWords(f"Reply {number}", "Hello."))
    assert "100 saved replies already" in dana.post(OWN, data=BOOK).text
    admin = console.sign_in(Role.ADMIN, name="Ada")

    assert admin.post(f"/staff/accounts/{dana.member.id}/remove").status_code == 303

    assert console.rows(SavedReply) == []
