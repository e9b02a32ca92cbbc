"""While an encryption key is missing, each page says what is wrong and what to do, and the log says it once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from intake.encryption import Keyring, new_key
from tests.staff.conftest import Browser, Console

SAID = "an encryption key is missing"
TABLES = {"conversations": "patient_address", "staff_members": "totp_secret"}


@pytest.fixture
def dana(console: Console) -> Browser:
    console.text("Do you have parking?")
    return console.sign_in()


def lose_key(console: Console, table: str) -> None:
    """Let a table's rows be of a key that no process has."""
    with console.edit() as session:
        lost = {"lost": Keyring(new_key()).encrypt("x")}
        session.execute(text(f"UPDATE {table} SET {TABLES[table]} = :lost"), lost)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("path", ["/staff/", "/staff/conversations/1"])
def test_a_page_that_can_not_be_read_says_what_to_do(console: Console, dana: Browser, table: str, path: str) -> None:
    lose_key(console, table)

    page = dana.get(path)
    data = dana.get(path, headers={"Accept": "application/json"})

    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert page.headers["Content-Type"].startswith("text/html")
    assert SAID in page.text
    assert "intake keys status" in page.text
    assert (data.status_code, data.json()["error"]["code"]) == (503, "encryption_key_missing")
    assert SAID in data.json()["error"]["message"]


def test_a_form_that_cannot_be_taken_says_so_too(console: Console, dana: Browser) -> None:
    dana.token()
    lose_key(console, "conversations")

    form = dana.post("/staff/conversations/1/state", data={"state": "closed"})

    assert (form.status_code, SAID in form.text) == (503, True)
    assert 'href="/staff/"' in form.text


def test_the_log_says_it_once(console: Console, dana: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    lose_key(console, "conversations")

    for _ in range(3):
        dana.get("/staff/")

    logged = "".join(capfd.readouterr())
    assert logged.count("encryption_key_missing") == 1
    assert "Traceback" not in logged
