"""When the database cannot be reached, staff read that on a page, whatever they asked for."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.staff.conftest import Console

SAID = "records can’t be reached"


@pytest.mark.parametrize("table", ["conversations", "staff_sessions"])
@pytest.mark.parametrize("path", ["/staff/", "/staff/conversations/1"])
def test_a_page_that_cannot_be_read_says_so_and_promises_nothing(console: Console, table: str, path: str) -> None:
    console.text("Do you have parking?")
    browser = console.sign_in()
    with console.edit() as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO away"))

    page = browser.get(path, headers={"Accept": "text/html"})
    data = browser.get(path, headers={"Accept": "application/json"})

    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert page.headers["Content-Type"].startswith("text/html")
    assert SAID in page.text
    assert f'href="{path}"' in page.text
    assert (data.status_code, data.json()["error"]["code"]) == (503, "database_unavailable")
    assert SAID in data.json()["error"]["message"]


def test_a_form_that_cannot_be_taken_leads_back_to_the_inbox(console: Console) -> None:
    console.text("Do you have parking?")
    browser = console.sign_in()
    browser.token()
    with console.edit() as session:
        session.execute(text("ALTER TABLE conversations RENAME TO away"))

    page = browser.post("/staff/conversations/1/state", data={"state": "closed"}, headers={"Accept": "text/html"})

    nowhere = browser.get("/staff/nowhere", headers={"Accept": "text/html"})  # its page shows counts

    for answer in (page, nowhere):
        assert answer.status_code == 503
        assert SAID in answer.text
    assert 'href="/staff/"' in page.text
