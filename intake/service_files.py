"""Where a service on this machine keeps its files, and what another command can learn from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from intake.errors import IntakeError
from intake.key_sources import resolve_keys

if TYPE_CHECKING:
    from intake.encryption import Keyring
    from intake.settings import Settings

DATA_DIR = Path("var")
KEYS_FILE = "keys.env"
RUN_FILE = "run.env"
DATABASE_FILE = "intake.db"
MODELS_FOLDER = "models"
ATTACHMENTS_FOLDER = "attachments"


@dataclass(frozen=True, slots=True)
class ModelPlaces:
    """Where the models of a service on this machine are.

    Attributes:
        store: Folder of the models that can be activated.
        pinned: Folder of the model that is used whatever is activated, if there is one.
    """

    store: Path
    pinned: Path | None


def settings_of_running_service(data_dir: Path) -> Settings:
    """Read the settings that `intake up` runs with; `.env` and the environment override them.

    Raises:
        IntakeError: A setting is missing or wrong.
    """
    from intake.settings import ENV_FILE, load_settings  # slow to import, and every command imports this module

    try:
        return load_settings(_env_file=(data_dir / KEYS_FILE, data_dir / RUN_FILE, ENV_FILE))
    except IntakeError as error:
        raise IntakeError(f"{error}; start the service with `intake up` first, or set the variables") from None


def model_places(data_dir: Path) -> ModelPlaces:
    """Find the models of the service, whether or not it runs and whatever else is set."""
    from intake.settings import ENV_FILE, given_settings  # as above

    given = given_settings(data_dir / RUN_FILE, ENV_FILE)
    pinned = given.get("model_dir")
    return ModelPlaces(
        store=Path(given.get("models_dir") or data_dir / MODELS_FOLDER), pinned=Path(pinned) if pinned else None
    )


def keyring_of_service(data_dir: Path) -> Keyring:
    """Read the encryption keys of the service; its other settings may be missing.

    Raises:
        IntakeError: There are no keys, or they are not Fernet keys.
    """
    from intake.encryption import Keyring  # as above
    from intake.settings import ENV_FILE, given_settings  # as above

    try:
        given = resolve_keys(given_settings(data_dir / KEYS_FILE, ENV_FILE))
    except ValueError as error:
        raise IntakeError(str(error)) from None
    try:
        return Keyring(given.get("encryption_keys", ""))
    except ValueError:
        raise IntakeError(
            f"ENCRYPTION_KEYS is missing or holds no Fernet keys: set it, or give the data folder with {KEYS_FILE}"
        ) from None
