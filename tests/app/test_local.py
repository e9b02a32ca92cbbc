"""What one machine needs and nobody wants to type."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.local import ModelPlaces, keyring_of_service, model_places, prepare, settings_of_running_service
from tests.world import ENCRYPTION_KEY, PRACTICES_TOML

REDIS_URL = "unix:///tmp/intake/redis.sock"
KEYS = ("SECRET_KEY", "ENCRYPTION_KEYS", "TWILIO_AUTH_TOKEN")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder to start in with a practices file, and an empty environment."""
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    return tmp_path


def start(**environment: str) -> dict[str, str]:
    return prepare(Path("var"), 8000, environment, REDIS_URL)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nothing_needs_to_be_set(folder: Path) -> None:
    complete = start()

    assert complete["DATABASE_URL"] == f"sqlite:///{folder}/var/intake.db"
    assert complete["REDIS_URL"] == REDIS_URL
    assert complete["PUBLIC_URL"] == "http://127.0.0.1:8000"
    assert complete["PRACTICES_FILE"] == f"{folder}/practices.toml"
    assert complete["MODELS_DIR"] == f"{folder}/var/models"
    assert Keyring(complete["ENCRYPTION_KEYS"]).fingerprints
    assert len(complete["SECRET_KEY"]) >= 32
    assert "TWILIO_ACCOUNT_SID" not in complete


def test_what_is_set_wins(folder: Path) -> None:
    (folder / ".env").write_text("PUBLIC_URL=https://file.example\nREDIS_URL=redis://file\nSECRET_KEY=\n")

    complete = start(PUBLIC_URL="https://environment.example", ENCRYPTION_KEYS=ENCRYPTION_KEY)

    assert complete["PUBLIC_URL"] == "https://environment.example"
    assert complete["REDIS_URL"] == "redis://file"
    assert complete["ENCRYPTION_KEYS"] == ENCRYPTION_KEY
    assert complete["SECRET_KEY"]


def test_the_page_has_a_phone_to_play_with_until_there_is_a_twilio_account() -> None:
    assert start()["DEMO_MODE"] == "1"
    assert start(TWILIO_ACCOUNT_SID="AC" + "0" * 32)["DEMO_MODE"] == "0"
    assert start(DEMO_MODE="0")["DEMO_MODE"] == "0"


def test_the_rest_of_the_environment_is_passed_on() -> None:
    assert start(LANG="en_US.UTF-8")["LANG"] == "en_US.UTF-8"


def test_keys_are_made_once_and_kept() -> None:
    first, second = start(), start()

    assert {name: first[name] for name in KEYS} == {name: second[name] for name in KEYS}
    assert "Made once" in Path("var/keys.env").read_text()


def test_every_machine_makes_keys_of_its_own(tmp_path: Path) -> None:
    first = prepare(tmp_path / "first", 8000, {}, REDIS_URL)
    second = prepare(tmp_path / "second", 8000, {}, REDIS_URL)

    assert not {first[name] for name in KEYS} & {second[name] for name in KEYS}


def test_nobody_else_may_read_the_keys() -> None:
    before = os.umask(0)
    try:
        start()
    finally:
        os.umask(before)

    assert mode(Path("var")) == 0o700
    assert mode(Path("var/keys.env")) == 0o600
    assert mode(Path("var/run.env")) == 0o600


def test_a_practices_file_of_ones_own_comes_before_the_demo(folder: Path) -> None:
    (folder / "practices.demo.toml").write_text(PRACTICES_TOML)
    assert start()["PRACTICES_FILE"] == f"{folder}/practices.toml"

    (folder / "practices.toml").unlink()
    assert start()["PRACTICES_FILE"] == f"{folder}/practices.demo.toml"


def test_without_any_practices_file_it_says_what_to_do(folder: Path) -> None:
    (folder / "practices.toml").unlink()

    with pytest.raises(IntakeError, match=r"no practices file: set PRACTICES_FILE, or write practices\.toml"):
        start()


def test_a_practices_file_elsewhere_is_enough(folder: Path) -> None:
    (folder / "practices.toml").rename(folder / "elsewhere.toml")

    assert start(PRACTICES_FILE="elsewhere.toml")["PRACTICES_FILE"] == "elsewhere.toml"


# ---- what another command finds


def test_another_command_finds_what_the_service_runs_with() -> None:
    complete = prepare(Path("var"), 8123, {"REDIS_URL": "redis://elsewhere"}, REDIS_URL)

    settings = settings_of_running_service(Path("var"))

    assert settings.public_url == "http://127.0.0.1:8123"
    assert settings.redis_url == "redis://elsewhere"
    assert settings.encryption_keys == complete["ENCRYPTION_KEYS"]
    assert settings.twilio_auth_token == complete["TWILIO_AUTH_TOKEN"]


def test_another_command_believes_its_own_environment_first() -> None:
    start()
    os.environ["PUBLIC_URL"] = "https://environment.example"

    assert settings_of_running_service(Path("var")).public_url == "https://environment.example"


def test_another_command_finds_the_models_wherever_they_were_put(folder: Path) -> None:
    assert model_places(Path("elsewhere")) == ModelPlaces(Path("elsewhere/models"), None)

    prepare(Path("var"), 8000, {"MODELS_DIR": "/srv/models"}, REDIS_URL)
    assert model_places(Path("var")).store == Path("/srv/models")

    (folder / ".env").write_text("MODELS_DIR=/file/models\nMODEL_DIR=/file/model\n")
    assert model_places(Path("var")) == ModelPlaces(Path("/file/models"), Path("/file/model"))
    os.environ["MODEL_DIR"] = "/environment/model"
    assert model_places(Path("var")).pinned == Path("/environment/model")


def test_the_keys_alone_can_be_had_where_the_rest_is_missing(folder: Path) -> None:
    with pytest.raises(IntakeError, match=r"ENCRYPTION_KEYS is missing or holds no Fernet keys: set it, or give"):
        keyring_of_service(Path("var"))

    complete = start()
    assert keyring_of_service(Path("var")).fingerprints == Keyring(complete["ENCRYPTION_KEYS"]).fingerprints
    os.environ["ENCRYPTION_KEYS"] = ENCRYPTION_KEY
    assert keyring_of_service(Path("var")).fingerprints == Keyring(ENCRYPTION_KEY).fingerprints


def test_where_nothing_ran_another_command_says_what_to_do() -> None:
    with pytest.raises(IntakeError, match="start the service with `intake up` first, or set the variables"):
        settings_of_running_service(Path("var"))
