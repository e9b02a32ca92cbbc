"""What one machine needs and nobody wants to type."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from app.local_setup import environment_of, prepare
from app.starter_files import write_starter_files
from intake.encryption import Keyring, new_key
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service
from intake.settings import Settings, load_settings
from tests.world import ENCRYPTION_KEY, PRACTICES_TOML

REDIS_URL = "unix:///tmp/intake/redis.sock"
KEYS = ("SECRET_KEY", "ENCRYPTION_KEYS", "TWILIO_AUTH_TOKEN")
VAR = Path("var")
ACCOUNT = "AC" + "0" * 32


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder to start in with a practices file, and an empty environment."""
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    return tmp_path


def start(**environment: str) -> Settings:
    os.environ.update(environment)
    return prepare(VAR, 8000, REDIS_URL)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def keys_of(settings: Settings) -> dict[str, str]:
    environment = environment_of(settings)
    return {name: environment[name] for name in KEYS}


def test_nothing_needs_to_be_set(folder: Path) -> None:
    settings = start()

    assert settings.database_url == f"sqlite:///{folder}/var/intake.db"
    assert settings.redis_url == REDIS_URL
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.practices_file == folder / "practices.toml"
    assert settings.models_dir == folder / "var" / "models"
    assert Keyring(settings.encryption_keys).fingerprints
    assert len(settings.secret_key) >= 32
    assert settings.twilio_account_sid is None


def test_what_is_set_wins(folder: Path) -> None:
    (folder / ".env").write_text("PUBLIC_URL=https://file.example\nREDIS_URL=redis://file\nSECRET_KEY=\n")

    settings = start(PUBLIC_URL="https://environment.example", ENCRYPTION_KEYS=ENCRYPTION_KEY)

    assert settings.public_url == "https://environment.example"
    assert settings.redis_url == "redis://file"
    assert settings.encryption_keys == ENCRYPTION_KEY
    assert settings.secret_key


def test_the_page_has_a_phone_to_play_with_until_there_is_a_twilio_account() -> None:
    assert start().demo_mode
    assert not start(DEMO_MODE="0").demo_mode
    del os.environ["DEMO_MODE"]
    assert not start(TWILIO_ACCOUNT_SID=ACCOUNT, TWILIO_AUTH_TOKEN="token").demo_mode


def test_another_process_can_be_given_the_same_settings(folder: Path) -> None:
    settings = start(SMTP_URL="smtp://mail.example", TRUSTED_PROXIES="1")
    os.environ.clear()
    (folder / "elsewhere").mkdir()
    os.chdir(folder / "elsewhere")

    os.environ.update(environment_of(settings))
    assert load_settings() == settings


# ---- keys


def test_keys_are_made_once_and_kept() -> None:
    assert keys_of(start()) == keys_of(start())
    assert "Made once" in Path("var/keys.env").read_text()


def test_every_machine_makes_keys_of_its_own() -> None:
    first, second = (keys_of(prepare(Path(name), 8000, REDIS_URL)) for name in ("first", "second"))

    assert not set(first.values()) & set(second.values())


def test_no_keys_are_made_where_all_are_set(folder: Path) -> None:
    given = {"SECRET_KEY": "a secret for tests only", "ENCRYPTION_KEYS": ENCRYPTION_KEY, "TWILIO_AUTH_TOKEN": "token"}
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in given.items()))

    assert keys_of(start()) == given
    assert not Path("var/keys.env").exists()


def test_only_the_keys_that_are_not_set_are_made(folder: Path) -> None:
    (folder / ".env").write_text(f"ENCRYPTION_KEYS={ENCRYPTION_KEY}\n")

    assert start().encryption_keys == ENCRYPTION_KEY
    assert "\nENCRYPTION_KEYS=" not in Path("var/keys.env").read_text()


def test_no_token_is_made_for_an_account_of_twilio() -> None:
    with pytest.raises(IntakeError, match="TWILIO_ACCOUNT_SID is set but TWILIO_AUTH_TOKEN is not"):
        start(TWILIO_ACCOUNT_SID=ACCOUNT)

    assert "TWILIO_AUTH_TOKEN" not in Path("var/keys.env").read_text()


@pytest.mark.parametrize("made", ["now", "by-an-earlier-release"])
def test_a_token_that_was_made_here_is_not_used_for_an_account(made: str) -> None:
    start()
    if made != "now":
        file = Path("var/keys.env")
        file.write_text(re.sub("(TWILIO_AUTH_TOKEN)=.*", rf"\1={'5' * 32}", file.read_text()))

    with pytest.raises(IntakeError, match=r"TWILIO_AUTH_TOKEN was made up by Intake"):
        start(TWILIO_ACCOUNT_SID=ACCOUNT)

    assert start(TWILIO_ACCOUNT_SID=ACCOUNT, TWILIO_AUTH_TOKEN="4" * 32).sends_texts


def test_the_token_of_a_new_folder_is_not_used_for_an_account(folder: Path) -> None:
    (folder / "practices.toml").unlink()
    write_starter_files(folder)
    assert not start().sends_texts

    with pytest.raises(IntakeError, match=r"TWILIO_AUTH_TOKEN was made up by Intake"):
        start(TWILIO_ACCOUNT_SID=ACCOUNT)


def test_a_lost_key_of_a_database_is_asked_for_and_no_other_is_made() -> None:
    start()
    kept = Path("var/keys.env").read_text()
    Path("var/intake.db").touch()
    Path("var/keys.env").unlink()

    with pytest.raises(
        IntakeError, match=r"ENCRYPTION_KEYS is missing, and var/intake\.db .* into var/keys\.env or \.env"
    ):
        start()

    assert not Path("var/keys.env").exists()
    Path("var/keys.env").write_text(kept)
    assert keys_of(start())["ENCRYPTION_KEYS"] in kept


def test_no_key_is_made_for_a_database_that_is_elsewhere() -> None:
    with pytest.raises(IntakeError, match=r"the database of DATABASE_URL .* make a key with `intake keys new`"):
        start(DATABASE_URL="postgresql://intake@127.0.0.1/intake")

    assert not Path("var/keys.env").exists()
    assert start(ENCRYPTION_KEYS=ENCRYPTION_KEY).encryption_keys == ENCRYPTION_KEY


def test_a_key_that_is_made_later_leaves_the_others_as_they_were(folder: Path) -> None:
    (folder / ".env").write_text("SECRET_KEY=a secret for tests only\n")
    before = keys_of(start())
    (folder / ".env").unlink()
    Path("var/keys.env").write_text(Path("var/keys.env").read_text().rstrip("\n"))

    after = keys_of(start())

    assert {name for name in KEYS if before[name] != after[name]} == {"SECRET_KEY"}
    assert keys_of(start()) == after
    assert mode(Path("var/keys.env")) == 0o600


def test_nobody_else_may_read_the_keys() -> None:
    before = os.umask(0)
    try:
        start()
    finally:
        os.umask(before)

    assert mode(VAR) == 0o700
    assert mode(Path("var/keys.env")) == 0o600
    assert mode(Path("var/run.env")) == 0o600


# ---- the practices file


def test_a_practices_file_of_ones_own_comes_before_the_demo(folder: Path) -> None:
    (folder / "practices.demo.toml").write_text(PRACTICES_TOML)
    assert start().practices_file == folder / "practices.toml"

    (folder / "practices.toml").unlink()
    assert start().practices_file == folder / "practices.demo.toml"


def test_without_any_practices_file_it_says_what_to_do(folder: Path) -> None:
    (folder / "practices.toml").unlink()

    with pytest.raises(IntakeError, match=r"no practices file: run `intake init`, set PRACTICES_FILE, or write"):
        start()


def test_a_practices_file_elsewhere_is_enough(folder: Path) -> None:
    (folder / "practices.toml").rename(folder / "elsewhere.toml")

    assert start(PRACTICES_FILE="elsewhere.toml").practices_file == Path("elsewhere.toml")


# ---- what another command finds


def test_another_command_finds_what_the_service_runs_with() -> None:
    os.environ["REDIS_URL"] = "redis://elsewhere"
    settings = prepare(VAR, 8123, REDIS_URL)
    del os.environ["REDIS_URL"]

    found = settings_of_running_service(VAR)

    assert found.public_url == "http://127.0.0.1:8123"
    assert found.redis_url == "redis://elsewhere"
    assert found == settings


@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEYS"])
def test_a_key_in_a_file_is_left_to_each_process_as_the_file_may_change(folder: Path, name: str) -> None:
    keys = {"SECRET_KEY": ["n" * 32, "o" * 32], "ENCRYPTION_KEYS": [new_key(), new_key()]}[name]
    file = folder / "keys.txt"
    file.write_text("\n".join(keys))
    file.chmod(0o600)
    settings = start(**{f"{name}_FILE": str(file)})

    environment = environment_of(settings)
    assert environment[f"{name}_FILE"] == str(file)
    assert not {name, f"{name}_FALLBACKS"}.intersection(environment)
    file.write_text("\n".join([keys[0].swapcase() if name == "SECRET_KEY" else new_key(), *keys]))
    os.environ.update(environment)
    load_settings()


@pytest.mark.parametrize(("url", "is_played"), [("http://127.0.0.1:8000", True), ("https://intake.example.com", False)])
def test_a_patient_can_be_played_only_where_nobody_else_can_open_the_page(
    folder: Path, url: str, is_played: bool
) -> None:
    assert start(PUBLIC_URL=url).demo_mode is is_played
