"""A practice's mailbox in the practices file, and where its password comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from intake.errors import IntakeError
from intake.mailbox import Mailbox
from intake.practices import load_practices
from tests.world import PRACTICES_TOML

GIVEN = {"host": "imap.example.com", "user": "hello@maple.example"}


def refusal(**changes: object) -> str:
    with pytest.raises(ValidationError) as refused:
        Mailbox.model_validate(GIVEN | changes)
    return str(refused.value)


def test_a_mailbox_is_part_of_a_practice(tmp_path: Path) -> None:
    line = 'mailbox = { host = "imap.example.com", user = "hello@maple.example", password_env = "MAPLE_MAIL" }\n'
    file = tmp_path / "practices.toml"
    file.write_text(PRACTICES_TOML.replace('widget_key = "maple-street"\n', f'widget_key = "maple-street"\n{line}'))

    mailbox = load_practices(file).require("demo").mailbox
    assert mailbox is not None
    assert (mailbox.port, mailbox.folder, mailbox.done_folder, mailbox.trusted_servers) == (993, "INBOX", "Intake", [])


def test_replies_need_an_address_to_go_out_from(tmp_path: Path) -> None:
    line = 'mailbox = { host = "imap.example.com", user = "hello", password_env = "MAPLE_MAIL" }\n'
    file = tmp_path / "practices.toml"
    file.write_text(PRACTICES_TOML.replace('email = "hello@maple.example"\n', line))

    with pytest.raises(IntakeError, match="set the practice's email too"):
        load_practices(file)


def test_the_password_is_in_one_place() -> None:
    assert "either password_file or password_env" in refusal()
    assert "either password_file or password_env" in refusal(password_file="p", password_env="P")


def test_what_is_stored_leaves_the_folder() -> None:
    assert "other than folder" in refusal(password_env="P", folder="Inbox", done_folder="INBOX")


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = Mailbox.model_validate(GIVEN | {"password_env": "MAPLE_MAIL"})
    monkeypatch.delenv("MAPLE_MAIL", raising=False)
    with pytest.raises(IntakeError, match="MAPLE_MAIL is not set"):
        mailbox.read_password()

    monkeypatch.setenv("MAPLE_MAIL", "swordfish")
    assert mailbox.read_password() == "swordfish"


def test_a_password_file_ends_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.touch(0o600)
    file.write_text(" sword fish \n")

    assert Mailbox.model_validate(GIVEN | {"password_file": file}).read_password() == " sword fish "
