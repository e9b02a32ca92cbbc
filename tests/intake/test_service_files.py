"""What another command learns from the files of a service."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.service_files import ModelPlaces, keyring_of_service, model_places, settings_of_running_service
from tests.world import ENCRYPTION_KEY, OTHER_KEY

VAR = Path("var")
RUN = {
    "DATABASE_URL": "sqlite:////srv/intake.db",
    "REDIS_URL": "redis://run",
    "PUBLIC_URL": "https://run.example",
    "PRACTICES_FILE": "/srv/practices.toml",
    "MODELS_DIR": "/srv/models",
}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with the data folder of a service that never ran, and an empty environment."""
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.chdir(tmp_path)
    VAR.mkdir()
    return tmp_path


def write(path: Path, values: dict[str, str]) -> None:
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()))


@pytest.fixture
def ran() -> None:
    """The files that a service leaves once it has run."""
    write(VAR / "keys.env", {"SECRET_KEY": "a secret for tests only", "ENCRYPTION_KEYS": ENCRYPTION_KEY})
    write(VAR / "run.env", RUN)


@pytest.mark.usefixtures("ran")
def test_the_settings_come_from_both_files() -> None:
    settings = settings_of_running_service(VAR)

    assert settings.encryption_keys == ENCRYPTION_KEY
    assert settings.public_url == "https://run.example"


@pytest.mark.usefixtures("ran")
def test_the_env_file_wins_over_them_and_the_environment_over_all(folder: Path) -> None:
    write(folder / ".env", {"PUBLIC_URL": "https://file.example", "REDIS_URL": "redis://file", "DATABASE_URL": ""})
    os.environ["PUBLIC_URL"] = "https://environment.example"
    os.environ["SECRET_KEY"] = ""

    settings = settings_of_running_service(VAR)

    assert settings.public_url == "https://environment.example"
    assert settings.redis_url == "redis://file"
    assert settings.database_url == RUN["DATABASE_URL"]
    assert settings.secret_key == "a secret for tests only"


def test_where_nothing_ran_it_says_what_to_do() -> None:
    with pytest.raises(IntakeError, match="start the service with `intake up` first, or set the variables"):
        settings_of_running_service(VAR)


def test_models_lie_in_the_data_folder() -> None:
    assert model_places(Path("elsewhere")) == ModelPlaces(Path("elsewhere/models"), None)


@pytest.mark.usefixtures("ran")
def test_models_are_found_wherever_they_were_put(folder: Path) -> None:
    assert model_places(VAR) == ModelPlaces(Path("/srv/models"), None)

    write(folder / ".env", {"MODELS_DIR": "/file/models", "MODEL_DIR": "/file/model"})
    assert model_places(VAR) == ModelPlaces(Path("/file/models"), Path("/file/model"))
    os.environ["MODEL_DIR"] = "/environment/model"
    assert model_places(VAR).pinned == Path("/environment/model")


def test_without_keys_it_says_what_to_do() -> None:
    with pytest.raises(IntakeError, match=r"ENCRYPTION_KEYS is missing or holds no Fernet keys: set it, or give"):
        keyring_of_service(VAR)


@pytest.mark.usefixtures("ran")
def test_the_keys_can_be_had_alone() -> None:
    (VAR / "run.env").unlink()

    assert keyring_of_service(VAR).fingerprints == Keyring(ENCRYPTION_KEY).fingerprints
    os.environ["ENCRYPTION_KEYS"] = OTHER_KEY
    assert keyring_of_service(VAR).fingerprints == Keyring(OTHER_KEY).fingerprints
