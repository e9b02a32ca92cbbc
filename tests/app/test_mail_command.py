"""`intake mail fetch`: what is in the practices' mailboxes, once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.app.command import complete, intake
from tests.standins.certificates import Certificate
from tests.standins.imap import PASSWORD, USER, ImapServer
from tests.world import PRACTICES_TOML


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path) -> Path:
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    shutil.copy(migrated_file, tmp_path / "intake.db")
    return tmp_path


def test_every_mailbox_is_fetched_once(folder: Path) -> None:
    certificate = Certificate.make(folder)
    environment = complete(folder, SSL_CERT_FILE=str(certificate.authority), MAPLE_MAIL=PASSWORD)
    with ImapServer(certificate) as server:
        place = f'host = "localhost", port = {server.port}, user = "{USER}", password_env = "MAPLE_MAIL"'
        line = f'email = "hello@maple.example"\nmailbox = {{ {place} }}'
        (folder / "practices.toml").write_text(PRACTICES_TOML.replace('email = "hello@maple.example"', line))
        server.deliver(b"From: ana@patient.example\r\n\r\nMay I come on Friday?\r\n")

        counts = [intake("mail", "fetch", folder=folder, environment=environment).out for _ in range(2)]
        wrong = intake("mail", "fetch", folder=folder, environment=environment | {"MAPLE_MAIL": "wrong"})

    assert counts == ["demo: 1 emails\n", "demo: 0 emails\n"]
    assert "could not fetch everything for demo (LoginError)" in wrong.err
    assert "wrong" not in wrong.err.replace("went wrong", "")


def test_without_a_mailbox_it_says_so(folder: Path) -> None:
    assert "no practice has a mailbox" in intake("mail", "fetch", folder=folder, environment=complete(folder)).error
