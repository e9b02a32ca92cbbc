"""What one machine needs and nobody wants to type: keys made once, SQLite, and where things are."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from intake.encryption import Keyring, new_key
from intake.errors import IntakeError
from intake.settings import Settings, load_settings

DATA_DIR = Path("var")
KEYS_FILE = "keys.env"
RUN_FILE = "run.env"
MODELS_FOLDER = "models"
PRACTICES_FILES = (Path("practices.toml"), Path("practices.demo.toml"))


@dataclass(frozen=True, slots=True)
class ModelPlaces:
    """Where the models of a service on this machine are.

    Attributes:
        store: the folder of those that can be activated.
        pinned: the one that is used whatever is activated, if there is one.
    """

    store: Path
    pinned: Path | None


def prepare(data_dir: Path, port: int, environment: Mapping[str, str], redis_url: str) -> dict[str, str]:
    """Complete the environment for a service on this machine and keep what it chose in the data folder.

    Args:
        data_dir: where the database, the keys, the models and Redis's file live; made when missing.
        port: where the web server will listen.
        environment: what is set already; it wins.
        redis_url: used when none is set.

    Returns:
        The whole environment for the service's processes.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    given = _given(environment)
    chosen = {
        "DATABASE_URL": f"sqlite:///{(data_dir / 'intake.db').resolve()}",
        "REDIS_URL": redis_url,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PRACTICES_FILE": given.get("PRACTICES_FILE") or str(_practices_file().resolve()),
        "MODELS_DIR": str((data_dir / MODELS_FOLDER).resolve()),
        "DEMO_MODE": "0" if "TWILIO_ACCOUNT_SID" in given else "1",
    }
    complete = chosen | _keys(data_dir) | given
    run_file = data_dir / RUN_FILE
    run_file.write_text("".join(f"{name}={complete[name]}\n" for name in chosen))
    run_file.chmod(0o600)
    return dict(environment) | complete


def settings_of_running_service(data_dir: Path) -> Settings:
    """Read the settings that `intake up` runs with, or those of the environment where nothing runs.

    Raises:
        IntakeError: neither is complete.
    """
    local: dict[str, str] = {}
    for name in (KEYS_FILE, RUN_FILE):
        local |= {key: value for key, value in dotenv_values(data_dir / name).items() if value}
    values = local | _given(os.environ)
    known = {name: values[name.upper()] for name in Settings.model_fields if name.upper() in values}
    try:
        return load_settings(**known)
    except IntakeError as error:
        raise IntakeError(f"{error}; start the service with `intake up` first, or set the variables") from None


def model_places(data_dir: Path) -> ModelPlaces:
    """Find the models that the service uses, whether or not it runs and whatever else is set."""
    values = dotenv_values(data_dir / RUN_FILE) | _given(os.environ)
    pinned = values.get("MODEL_DIR")
    return ModelPlaces(
        store=Path(values.get("MODELS_DIR") or data_dir / MODELS_FOLDER), pinned=Path(pinned) if pinned else None
    )


def keyring_of_service(data_dir: Path) -> Keyring:
    """Read the encryption keys of the service; the other settings that it needs may be missing.

    Raises:
        IntakeError: there are none, or they are no keys.
    """
    keys = (dotenv_values(data_dir / KEYS_FILE) | _given(os.environ)).get("ENCRYPTION_KEYS")
    try:
        return Keyring(keys or "")
    except ValueError:
        raise IntakeError(
            f"ENCRYPTION_KEYS is missing or holds no Fernet keys: set it, or give the data folder with {KEYS_FILE}"
        ) from None


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of `.env` and of the environment, the environment first."""
    names = {name.upper() for name in Settings.model_fields}
    values = {key: value for key, value in dotenv_values(".env").items() if value}
    values |= {key: value for key, value in environment.items() if value}
    return {key: value for key, value in values.items() if key in names}


def _keys(data_dir: Path) -> dict[str, str]:
    """Return the keys of this machine, made at the first start and kept: without them the database is unreadable."""
    path = data_dir / KEYS_FILE
    if not path.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(32),
            "ENCRYPTION_KEYS": new_key(),
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        }
        lines = "".join(f"{name}={value}\n" for name, value in made.items())
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("# Made once by `intake up`. Keep it: the database cannot be read without ENCRYPTION_KEYS.\n")
            file.write(lines)
    return {key: value for key, value in dotenv_values(path).items() if value}


def _practices_file() -> Path:
    for path in PRACTICES_FILES:
        if path.exists():
            return path
    raise IntakeError("no practices file: set PRACTICES_FILE, or write practices.toml in this folder")
