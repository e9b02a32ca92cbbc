"""A member saves the inbox's filters under a name: for that member alone, never with the words of a search."""

from __future__ import annotations

import re
from html import unescape

import pytest
import requests
from sqlalchemy import text

from inbox.conversations.saved_views import MOST_VIEWS
from inbox.keys.rotation import rotate_keys
from inbox.models import AuditEntry, ConversationTag, SavedView
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.settings import Settings
from tests.inbox.conftest import NO_FILES
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_inbox import ONE, TWO, rows, search
from tests.staff.conversations.test_views import BILL, NAMES, PRICES
from tests.told_classifier import sure_of, tell
from tests.world import ENCRYPTION_KEY, OTHER_KEY

BILLS = {"team": "billing", "sort": "waiting"}


@pytest.fixture
def busy(console: Console) -> Console:
    """Two texts: about prices, and about a bill."""
    tell(console, {PRICES: sure_of("price_shopper"), BILL: sure_of("billing_inquiry")})
    for number, words in ((ONE, PRICES), (TWO, BILL)):
        console.text(words, from_=number)
    console.work()
    return console


@pytest.fixture
def dana(busy: Console) -> Browser:
    return busy.sign_in(name="Dana Reyes")


def save(browser: Browser, name: str, **filters: str) -> str:
    """Saves a view, and returns the address that the browser is led to."""
    answer = browser.post("/staff/views", data={"name": name, **filters})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def refused(browser: Browser, name: str, **filters: str) -> str:
    """Tries to save a view, and returns why that is refused."""
    answer = browser.post("/staff/views", data={"name": name, **filters})
    assert answer.status_code == 400, answer.text
    return unescape(answer.text)


def saved(page: requests.Response) -> list[tuple[str, str]]:
    """The saved views in the navigation with their counts."""
    items = re.findall(r'id="saved-\d+"[^>]*>(.*?)</a>', page.text, re.DOTALL)
    found = [re.search(r'class="name">(.*?)</span>(?:.*?count">(\d+)<)?', item, re.DOTALL) for item in items]
    return [(unescape(match[1]), match[2] or "") for match in found if match]


def test_a_view_is_saved_counted_and_leads_to_its_list(busy: Console, dana: Browser) -> None:
    save(dana, "No one has these", view="unassigned")
    place = save(dana, "  Bills,  oldest first ", **BILLS)
    assert place == "/staff/?team=billing&sort=waiting"
    save(dana, "Done", view="closed")

    page = dana.get(place)

    assert saved(page) == [("Bills, oldest first", "1"), ("Done", ""), ("No one has these", "2")]
    assert rows(page) == [NAMES[TWO]]
    assert "Inbox <span>Bills, oldest first</span></h1>" in page.text
    assert "Bills" not in re.findall(r"<title>.*?</title>", page.text)[0]  # which the browser's history keeps
    assert len(re.findall(r'aria-current="page" id="(?:saved|view|team)-', page.text)) == 1
    assert re.search(r'aria-current="page" id="saved-2"', page.text)
    dana.post("/staff/conversations/2/state", data={"state": "closed", "unanswered": "close"})
    assert saved(dana.get("/staff/"))[0] == ("Bills, oldest first", "")


def test_views_of_mentions_and_of_what_is_unread_count_as_their_lists_do(busy: Console, dana: Browser) -> None:
    save(dana, "For me", view="mentions")
    save(dana, "New", unread="1")
    busy.sign_in(name="Bob Stone").post("/staff/conversations/1/assign", data={"to": "1"})
    dana.get("/staff/conversations/2")

    assert saved(dana.get("/staff/")) == [("For me", "1"), ("New", "1")]
    dana.get("/staff/conversations/1")
    assert saved(dana.get("/staff/")) == [("For me", ""), ("New", "")]


def test_a_view_is_renamed_replaced_by_its_name_and_deleted(busy: Console, dana: Browser) -> None:
    save(dana, "Bills", **BILLS)
    save(dana, "Mine", view="mine")
    assert dana.post("/staff/views/1", data={"name": "Money"}).status_code == 303
    assert dana.post("/staff/views/1", data={"name": "mine"}).status_code == 400
    save(dana, "money", team="billing")

    page = dana.get("/staff/views")
    assert [view.query for view in busy.rows(SavedView)] == ["team=billing", "view=mine"]
    assert "All · Billing" in page.text
    assert dana.post("/staff/views/1/delete").status_code == 303

    assert [view.name for view in busy.rows(SavedView)] == ["Mine"]
    entries = [entry for entry in busy.rows(AuditEntry) if entry.action.startswith("view_")]
    assert [entry.action for entry in entries] == ["view_saved"] * 2 + ["view_renamed", "view_saved", "view_deleted"]
    assert "oney" not in str([entry.detail for entry in entries])


def test_views_are_a_members_own(busy: Console, dana: Browser) -> None:
    save(dana, "Bills", **BILLS)
    bob = busy.sign_in(name="Bob Stone")

    assert saved(bob.get("/staff/")) == []
    assert bob.post("/staff/views/1", data={"name": "Mine now"}).status_code == 404
    assert bob.post("/staff/views/1/delete").status_code == 404
    assert saved(dana.get("/staff/")) == [("Bills", "1")]


def test_the_words_of_a_search_are_refused_and_nothing_of_a_patient_is_stored_in_clear(
    busy: Console, dana: Browser
) -> None:
    page = search(dana, wanted="copay")
    assert "You can’t save a search as a view" in page.text
    [token] = re.findall(r'name="q" value="([^"]+)"', page.text)

    assert "can’t include a search" in refused(dana, "Copays", q=token)
    assert "No team has this name" in refused(dana, "Copays", team="Sam Swordfish")
    assert busy.rows(SavedView) == []

    save(dana, "Sam Swordfish’s bills", **BILLS)
    with busy.database.read() as session:
        stored = session.execute(text("SELECT name, query FROM saved_views")).one()
    assert (b"Swordfish" in bytes(stored.name), stored.query) == (False, "team=billing&sort=waiting")


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "A\u202eB"])
def test_a_name_has_1_to_40_characters(busy: Console, dana: Browser, name: str) -> None:
    assert "1 to 40 characters" in refused(dana, name, view="mine")
    assert busy.rows(SavedView) == []


def test_a_member_has_at_most_20_views(busy: Console, dana: Browser) -> None:
    for number in range(MOST_VIEWS):
        save(dana, f"View {number}", view="mine")

    assert "20 saved views" in refused(dana, "One more", view="mine")
    save(dana, "View 7", view="urgent")
    assert len(busy.rows(SavedView)) == MOST_VIEWS == len(saved(dana.get("/staff/")))


def test_a_view_of_a_tag_survives_a_change_of_keys_even_if_an_older_version_saved_it(
    busy: Console, dana: Browser, settings: Settings
) -> None:
    dana.post("/staff/conversations/2/tags", data={"tag": "Prior auth"})
    [row] = busy.rows(ConversationTag)
    save(dana, "Auths", tag=row.tag_index, view="every")
    with busy.edit() as session:
        session.add(SavedView(staff_id=1, name="Older", query=f"view=every&tag={row.tag_index}"))
        assert "Prior" not in str(session.execute(text("SELECT query, tag FROM saved_views")).all())

    both = Database(settings.database_url, Keyring(f"{OTHER_KEY},{ENCRYPTION_KEY}"))
    rotate_keys(both, NO_FILES)

    assert busy.rows(ConversationTag)[0].tag_index != row.tag_index
    page = dana.get("/staff/")
    for name in ("Auths", "Older"):
        [address] = re.findall(rf'href="([^"]+)"[^>]*id="saved-\d+"[^>]*>(?:(?!</a>).)*{name}', page.text, re.DOTALL)
        assert rows(dana.get(unescape(address))) == [NAMES[TWO]]
    assert dana.get("/staff/views").text.count("Prior auth") == 2
    both.close()


def test_a_view_of_a_tag_that_nothing_has_is_not_saved(dana: Browser) -> None:
    assert "No conversation has this tag anymore." in refused(dana, "Gone", tag="0" * 32)
