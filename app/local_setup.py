"""Prepare this machine for the service: keys that are made once, and defaults for what nobody set."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import set_key

from intake.encryption import new_key
from intake.errors import IntakeError
from intake.key_sources import SOURCED, is_given
from intake.loopback import is_loopback_name
from intake.made_token import REFUSED, make_token
from intake.service_files import ATTACHMENTS_FOLDER, DATABASE_FILE, KEYS_FILE, MODELS_FOLDER, RUN_FILE
from intake.settings import ENV_FILE, Settings, given_settings, load_settings

PRACTICES_FILES = (Path("practices.toml"), Path("practices.demo.toml"))
ENCRYPTION_KEYS = "ENCRYPTION_KEYS"
TWILIO_AUTH_TOKEN = "TWILIO_AUTH_TOKEN"  # noqa: S105 (a name)
KEY_MAKERS: Mapping[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(32),
    ENCRYPTION_KEYS: new_key,
    TWILIO_AUTH_TOKEN: make_token,
}


def prepare(data_dir: Path, port: int, redis_url: str) -> Settings:
    """Complete the settings for a service on this machine, and keep them where other commands find them.

    Args:
        data_dir: Where the database, the keys, the models and Redis's file live; created if missing.
        port: Where the web server will listen.
        redis_url: Used if neither `.env` nor the environment sets one.

    Raises:
        IntakeError: A setting is wrong, there is no practices file, or the key of a database is missing.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    _make_keys(data_dir / KEYS_FILE)
    given = given_settings(data_dir / KEYS_FILE, ENV_FILE)
    if given.get("twilio_account_sid"):
        _require_own_token(data_dir / KEYS_FILE)
    chosen = {
        "database_url": f"sqlite:///{(data_dir / DATABASE_FILE).resolve()}",
        "redis_url": redis_url,
        "public_url": f"http://127.0.0.1:{port}",
        "practices_file": given.get("practices_file") or _practices_file().resolve(),
        "models_dir": (data_dir / MODELS_FOLDER).resolve(),
        "attachments_dir": (data_dir / ATTACHMENTS_FOLDER).resolve(),
        "demo_mode": "twilio_account_sid" not in given and _is_for_this_machine(given.get("public_url")),
    }
    settings = load_settings(**(chosen | given))
    _write_run_file(data_dir / RUN_FILE, settings, chosen)
    return settings


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment variables that make these settings.

    A key that comes from a file or a command is left to be read from there: what is in the file may change meanwhile.
    """
    values = settings.model_dump(mode="json", exclude_none=True)
    for name in SOURCED:
        if f"{name}_file" in values or f"{name}_command" in values:
            values.pop(name, None)
            values.pop(f"{name}_fallbacks", None)
    return {name.upper(): str(value) for name, value in values.items()}


def _is_for_this_machine(public_url: str | None) -> bool:
    """Return whether nobody else can open the service, so that a page to play a patient with does no harm."""
    return public_url is None or is_loopback_name(urlsplit(public_url).hostname or "")


def _write_run_file(path: Path, settings: Settings, names: Iterable[str]) -> None:
    environment = environment_of(settings)
    path.unlink(missing_ok=True)  # so that it is never readable by others, not even for a moment
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("".join(f"{name.upper()}={environment[name.upper()]}\n" for name in names))


def _make_keys(path: Path) -> None:
    """Make and keep each key that is not set yet, but none for a database that was written with another one.

    Raises:
        IntakeError: there is such a database.
    """
    given = given_settings(path, ENV_FILE)
    missing = [name for name in KEY_MAKERS if not is_given(name.lower(), given)]
    if TWILIO_AUTH_TOKEN in missing and given.get("twilio_account_sid"):
        missing.remove(TWILIO_AUTH_TOKEN)  # its own is to be set
    if ENCRYPTION_KEYS in missing:
        _require_no_database(path, given)
    if missing and not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("# Made once by `intake up`. Keep it: the database cannot be read without ENCRYPTION_KEYS.\n")
    for name in missing:
        set_key(path, name, KEY_MAKERS[name](), quote_mode="never")


def _require_own_token(keys: Path) -> None:
    """Check that the token of an account is not one that a release which did not mark them made and kept here.

    Raises:
        IntakeError: it is.
    """
    name = TWILIO_AUTH_TOKEN.lower()
    if not given_settings(ENV_FILE).get(name) and given_settings(keys).get(name):
        raise IntakeError(f"{REFUSED}. If the line in {keys} is the account's own, move it into {ENV_FILE}")


def _require_no_database(keys: Path, given: Mapping[str, Any]) -> None:
    """Check that there is no data yet that a new key could not read.

    Raises:
        IntakeError: there is a database here, or another one is set.
    """
    put_back = f"put the line {ENCRYPTION_KEYS}=… that you kept into {keys} or {ENV_FILE}, then start again"
    database = keys.with_name(DATABASE_FILE)
    if given.get("database_url"):
        raise IntakeError(
            f"{ENCRYPTION_KEYS} is missing, and the database of DATABASE_URL can be read with its own key alone:"
            f" {put_back}. For a new database, make a key with `intake keys new`"
        )
    if database.exists():
        raise IntakeError(
            f"{ENCRYPTION_KEYS} is missing, and {database} can be read with its own key alone: {put_back}. To begin"
            f" anew without that data, move {database} away"
        )


def _practices_file() -> Path:
    for path in PRACTICES_FILES:
        if path.exists():
            return path
    raise IntakeError(
        "no practices file: run `intake init`, set PRACTICES_FILE, or write practices.toml in this folder"
    )
