"""The files that a new service starts from: `practices.toml`, and `.env` with keys of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from app.local_setup import KEY_MAKERS
from intake.errors import IntakeError

STARTER = Path(__file__).parent / "starter"
PRACTICES_FILE = "practices.toml"
ENV_FILE = ".env"
ENV_HEADER = """\
# The settings of this service. Made by `intake init`; the environment overrides them.
# Keep this file: without ENCRYPTION_KEYS the database cannot be read.
# `intake up` needs nothing else; `intake web` and `intake worker` need the first six settings.
# TWILIO_AUTH_TOKEN is made up for `intake simulate`: replace it when you set TWILIO_ACCOUNT_SID."""


def write_starter_files(folder: Path) -> None:
    """Write both files into a folder, which is created if missing.

    Raises:
        IntakeError: One of them exists, or the folder cannot be written to.
    """
    for name in (PRACTICES_FILE, ENV_FILE):
        if os.path.lexists(folder / name):
            raise IntakeError(f"{folder / name} exists and is left as it is: choose another folder, or move it away")
    example = (STARTER / "env.example").read_text()
    keys = {name: make() for name, make in KEY_MAKERS.items()}
    settings = render_env(example, {**keys, "PRACTICES_FILE": PRACTICES_FILE})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(folder / ENV_FILE, settings)
        _write_new(folder / PRACTICES_FILE, (STARTER / PRACTICES_FILE).read_text())  # its addresses may hold passwords
    except OSError as error:
        raise IntakeError(f"cannot write into {folder}: {error.strerror}") from None


def render_env(example: str, values: Mapping[str, str]) -> str:
    """Return the text of `.env`: these values filled in, and every other setting of the example commented out.

    Args:
        example: The text of `.env.example`; its first paragraph, which says how to use it, is replaced.
        values: Values by the name of the setting.
    """

    def render(line: re.Match[str]) -> str:
        name = line[1]
        return f"{name}={values[name]}" if name in values else f"# {line[0]}"

    _, _, settings = example.partition("\n\n")
    return f"{ENV_HEADER}\n\n" + re.sub(r"^([A-Z0-9_]+)=.*$", render, settings, flags=re.MULTILINE)


def _write_new(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
