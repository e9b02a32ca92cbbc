"""Keys come from the environment, from a file that nobody else may read, or from a command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from intake.errors import IntakeError
from intake.service_files import keyring_of_service
from intake.settings import load_settings
from tests.intake.test_settings import COMPLETE, empty_environment, load, refusal
from tests.world import ENCRYPTION_KEY, OTHER_KEY

__all__ = ["empty_environment"]

NEW, OLD = "a new secret for tests", "an old secret for tests"


def write(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def printing(text: str) -> str:
    """A command that prints a text."""
    return f"{sys.executable} -c 'print({text!r})'".replace("'", '"').replace(f'"{text}"', f"'{text}'")


def test_encryption_keys_come_from_a_file_one_per_line(tmp_path: Path) -> None:
    file = write(tmp_path / "keys", f"{OTHER_KEY}\n{ENCRYPTION_KEY}\n")

    settings = load(ENCRYPTION_KEYS=None, ENCRYPTION_KEYS_FILE=file)

    assert settings.encryption_keys == f"{OTHER_KEY},{ENCRYPTION_KEY}"


def test_the_newest_secret_of_a_file_signs_and_the_others_verify(tmp_path: Path) -> None:
    settings = load(SECRET_KEY=None, SECRET_KEY_FILE=write(tmp_path / "secrets", f"{NEW}\n{OLD}\n"))

    assert settings.secret_keys == (NEW, OLD)


def test_encryption_keys_come_from_a_command() -> None:
    assert load(ENCRYPTION_KEYS=None, ENCRYPTION_KEYS_COMMAND=printing(OTHER_KEY)).encryption_keys == OTHER_KEY


def test_a_secret_comes_from_a_command() -> None:
    assert load(SECRET_KEY=None, SECRET_KEY_COMMAND=printing("a-secret-for-tests-only")).secret_keys == (
        "a-secret-for-tests-only",
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_use_is_refused_and_its_keys_are_not_shown(tmp_path: Path, mode: int) -> None:
    message = refusal(ENCRYPTION_KEYS=None, ENCRYPTION_KEYS_FILE=write(tmp_path / "keys", ENCRYPTION_KEY, mode))

    assert "ENCRYPTION_KEYS_FILE: others than its owner may use" in message
    assert "chmod 600" in message
    assert ENCRYPTION_KEY not in message


def test_a_file_that_is_not_there_or_empty_is_named(tmp_path: Path) -> None:
    assert "ENCRYPTION_KEYS_FILE" in refusal(ENCRYPTION_KEYS=None, ENCRYPTION_KEYS_FILE=str(tmp_path / "nowhere"))
    assert "is empty" in refusal(ENCRYPTION_KEYS=None, ENCRYPTION_KEYS_FILE=write(tmp_path / "keys", "\n"))


@pytest.mark.parametrize(
    "command",
    [
        f"{sys.executable} -c \"import sys; print('swordfish'); sys.exit(3)\"",
        f'{sys.executable} -c ""',
        "/nowhere/swordfish",
        "swordfish 'unbalanced",
    ],
)
def test_a_command_that_fails_stops_the_start_and_shows_nothing(command: str) -> None:
    message = refusal(ENCRYPTION_KEYS=None, ENCRYPTION_KEYS_COMMAND=command)

    assert "ENCRYPTION_KEYS_COMMAND: " in message
    assert "swordfish" not in message


def test_a_command_is_run_without_a_shell(tmp_path: Path) -> None:
    refusal(ENCRYPTION_KEYS=None, ENCRYPTION_KEYS_COMMAND=f"false; touch {tmp_path / 'made'}")

    assert not (tmp_path / "made").exists()


def test_two_ways_that_disagree_are_refused(tmp_path: Path) -> None:
    message = refusal(ENCRYPTION_KEYS_FILE=write(tmp_path / "keys", OTHER_KEY))

    assert "ENCRYPTION_KEYS and ENCRYPTION_KEYS_FILE are both set and differ" in message
    assert OTHER_KEY not in message


def test_two_ways_that_agree_are_accepted(tmp_path: Path) -> None:
    """A process that was started by another one has both."""
    assert load(ENCRYPTION_KEYS_FILE=write(tmp_path / "keys", ENCRYPTION_KEY)).encryption_keys == ENCRYPTION_KEY


def test_another_command_finds_the_keys_of_a_file_too(tmp_path: Path) -> None:
    os.environ["ENCRYPTION_KEYS_FILE"] = write(tmp_path / "keys", OTHER_KEY)
    assert keyring_of_service(tmp_path).decrypt(keyring_of_service(tmp_path).encrypt("text")) == "text"
    (tmp_path / "keys").chmod(0o644)

    with pytest.raises(IntakeError, match="ENCRYPTION_KEYS_FILE"):
        keyring_of_service(tmp_path)


def test_an_earlier_secret_that_is_too_short_is_refused() -> None:
    message = refusal(SECRET_KEY_FALLBACKS="swordfish")

    assert "SECRET_KEY_FALLBACKS: expected earlier keys of at least 16 characters" in message
    assert "swordfish" not in message


def test_a_comma_in_a_secret_is_part_of_it() -> None:
    os.environ.update(COMPLETE | {"SECRET_KEY": "a secret, of old"})

    assert load_settings().secret_keys == ("a secret, of old",)
