"""`intake model export-reviews`: only from practices that agreed, and only encrypted."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.review_archive import unseal
from tests.app.command import complete, intake
from tests.reviews import add_reviewed
from tests.world import ENCRYPTION_KEY, OTHER_KEY, PRACTICES_TOML

TEXT = "the swordfish you serve is overpriced, what does a cleaning cost"
SHARING = PRACTICES_TOML.replace('slug = "demo"\n', 'slug = "demo"\nshare_reviews_for_training = true\n', 1)


@pytest.fixture
def environment(tmp_path: Path, database: Database) -> dict[str, str]:
    """A service whose first practice shares its reviews, with one review of each."""
    (tmp_path / "practices.toml").write_text(SHARING)
    for practice in ("demo", "other"):
        add_reviewed(database, TEXT, "price_shopper", practice=practice)
    return complete(tmp_path, DATABASE_URL=database.url)


def test_the_file_holds_the_reviews_and_cannot_be_read_without_the_key(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    done = intake("model", "export-reviews", "reviews.bin", folder=tmp_path, environment=environment)

    content = (tmp_path / "reviews.bin").read_bytes()
    assert (done.status, done.out) == (0, "")
    assert done.err == "1 reviewed messages of 1 practices; left out: 0 that could name somebody, 0 of no intent\n"
    assert b"swordfish" not in content
    [message] = unseal(content, Keyring(ENCRYPTION_KEY)).messages
    assert (message.text, message.intent) == (TEXT, "price_shopper")
    for key, given in ((OTHER_KEY, content), (ENCRYPTION_KEY, content[:-9]), (ENCRYPTION_KEY, b"")):
        with pytest.raises(IntakeError, match="the reviews cannot be decrypted: give the file that"):
            unseal(given, Keyring(key))


def test_a_file_of_the_format_before_this_one_is_read() -> None:
    old = {
        "format": 1,
        "exported_at": "2026-06-01T09:00:00Z",
        "practices": 1,
        "messages": [{"text": TEXT, "intent": "price_shopper", "channel": "sms", "decided_at": "2026-05-01T09:00:00Z"}],
        "left_out": 0,
        "without_intent": 0,
    }
    keyring = Keyring(ENCRYPTION_KEY)

    [message] = unseal(keyring.encrypt(json.dumps(old)), keyring).messages

    assert (message.text, message.language, message.chance) == (TEXT, None, None)


def test_it_can_be_handed_on_without_a_file(tmp_path: Path, environment: dict[str, str]) -> None:
    done = intake("model", "export-reviews", "-", folder=tmp_path, environment=environment)

    assert len(unseal(done.out.encode(), Keyring(ENCRYPTION_KEY)).messages) == 1


def test_it_is_in_the_audit_trail(tmp_path: Path, environment: dict[str, str]) -> None:
    intake("model", "export-reviews", "-", folder=tmp_path, environment=environment)

    with sqlite3.connect(tmp_path / "intake.db") as database:
        [entry] = database.execute("SELECT action, subject, detail FROM audit_entries").fetchall()
    database.close()
    *what, detail = entry
    assert what == ["exported", "reviews"]
    assert json.loads(Keyring(ENCRYPTION_KEY).decrypt(detail)) == {"practices": ["demo"], "messages": 1}


def test_without_a_practice_that_agreed_it_says_what_to_do(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)

    error = intake("model", "export-reviews", "reviews.bin", folder=tmp_path, environment=environment).error

    assert "no practice shares its reviews: set share_reviews_for_training = true" in error
    assert not (tmp_path / "reviews.bin").exists()


def test_a_check_of_the_practices_file_says_who_shares(tmp_path: Path, environment: dict[str, str]) -> None:
    demo, other = intake("practice", "check", "practices.toml", folder=tmp_path, environment=environment).lines

    assert demo.endswith(", reviews are shared for training")
    assert "shared" not in other
