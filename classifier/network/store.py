"""The model store: installed models, and which of them is in use.

`<home>/<version>/` is a model folder, which never changes once it is there. `<home>/active.json` says which model is in
use and which were in use before. Without that file, the model that ships with the program is in use. A second, faster
one ships, too, and has a name instead of a version.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from classifier.errors import ModelError
from classifier.network import model_bundle
from classifier.network.check import WITHOUT_TRIAGE, check, missing_screens

SHIPPED: Final = "shipped"
"""Stands for the model that ships with the program and is used by default, whatever its version."""

FAST: Final = "fast"
"""Stands for the small model that ships with the program, whatever its version."""

BUILT_IN: Final = {SHIPPED: model_bundle.DEFAULT_FOLDER, FAST: model_bundle.FAST_FOLDER}
"""The folders of the models that ship with the program."""

ACTIVE: Final = "active.json"
FORMAT: Final = 1
_VERSION = re.compile(r"[0-9a-f]{12}")

Mark = tuple[int, int, int]
"""Identifies a state of `active.json`; it differs after every change."""


@dataclass(frozen=True, slots=True)
class Use:
    """A model that is or was in use.

    Attributes:
        version: 12 hexadecimal digits, `SHIPPED`, or `FAST`.
        since: When it was activated, aware; None for the shipped model before any activation.
    """

    version: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model in use, and those that were in use before it, oldest first."""

    active: Use
    previous: tuple[Use, ...] = ()


class ModelStore:
    """The models of one service.

    Any number of processes may read it while one writes: each sees the choice before the change or after it.
    """

    def __init__(self, home: Path, pinned: Path | None = None) -> None:
        """Take the store's location, without touching it.

        Args:
            home: The store's folder; it need not exist.
            pinned: A model folder outside the store that overrides it (MODEL_DIR).
        """
        self.home = home
        self.pinned = pinned

    def choice(self) -> ModelChoice:
        """Return the recorded choice, which ignores the pinned folder.

        Raises:
            ModelError: `active.json` exists but cannot be used.
        """
        path = self.home / ACTIVE
        try:
            return _read_choice(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return ModelChoice(Use(SHIPPED, None))
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror}): check its permissions") from None
        except (ValueError, TypeError, KeyError):
            raise ModelError(f"{path} is damaged: remove it to use the shipped model, then activate another") from None

    def mark(self) -> Mark | None:
        """Return a value that changes with each activation, for one stat call; None before the first."""
        try:
            found = (self.home / ACTIVE).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def active_folder(self) -> Path:
        """Return the folder of the model in use: the pinned one, else the active one, else the shipped one.

        Raises:
            ModelError: `active.json` exists but cannot be used.
        """
        return self.pinned or self.folder_of(self.choice().active.version)

    def usable_folder(self) -> tuple[Path, str | None]:
        """Return a folder that patients can be answered with: the active one, or the shipped one if that is gone.

        A pinned folder has no substitute, because it is a setting of this machine that must be right.

        Returns:
            The folder, and why it is not the active one; None if it is.
        """
        if self.pinned is not None:
            return self.pinned, None
        try:
            folder = self.active_folder()
            manifest = model_bundle.read_manifest(folder)
            lost = [name for name in manifest.files if not os.access(folder / name, os.R_OK)]
        except ModelError as error:
            return model_bundle.DEFAULT_FOLDER, str(error)
        if lost:
            return model_bundle.DEFAULT_FOLDER, f"{folder} lacks {', '.join(lost)}: install the model again"
        return folder, None

    def folder_of(self, version: str) -> Path:
        """Return the folder of a version, which need not exist."""
        return BUILT_IN.get(version, self.home / version)

    def versions(self) -> list[str]:
        """Return the versions in the store, usable or not, in order, without those that ship."""
        if not self.home.is_dir():
            return []
        return sorted(path.name for path in self.home.iterdir() if path.is_dir() and _VERSION.fullmatch(path.name))

    def add(self, source: Path) -> str:
        """Copy a model folder into the store, completely or not at all; an existing version is left as it is.

        Returns:
            Its version.

        Raises:
            ModelError: The folder's manifest cannot be used, or the store cannot be written.
        """
        version = model_bundle.read_manifest(source).version
        target = self.folder_of(version)
        if target.exists():
            return version
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(prefix=".arriving-", dir=self.home) as arriving:
                shutil.copytree(source, Path(arriving) / version)
                (Path(arriving) / version).rename(target)
        except OSError as error:
            raise ModelError(f"{self.home} cannot be written ({error.strerror}): check its permissions") from None
        return version

    def activate(self, version: str, moment: datetime, *, without_triage: bool = False) -> Use:
        """Put a version in use, after checking its files and its answers to the known messages.

        Activating the version in use again changes nothing, but workers that could not load it try again.

        Args:
            version: 12 hexadecimal digits, `SHIPPED`, or `FAST`; the own version of a model that ships means the same.
            moment: Now, aware.
            without_triage: Whether the model may know no triage levels, so that it misses most emergencies.

        Raises:
            ModelError: A model is pinned, the version is unknown or not usable, or the store cannot be written.
        """
        version = self._known(version)
        choice = self.choice()
        if version == choice.active.version:
            self._write(choice)
            return choice.active
        self._verify(version)
        if not without_triage and WITHOUT_TRIAGE in missing_screens(self.folder_of(version)):
            raise ModelError(f"{_named(version)} is not used. {WITHOUT_TRIAGE} Give --without-triage to use it")
        return self._use(Use(version, moment), (*choice.previous, choice.active))

    def rollback(self, moment: datetime) -> Use:
        """Go back to the version that was in use before.

        Raises:
            ModelError: A model is pinned, no model was in use before, that model is no longer usable, or the store
                cannot be written.
        """
        self._require_unpinned()
        choice = self.choice()
        if not choice.previous:
            raise ModelError(f"{_named(choice.active.version)} is in use and there was none before it")
        *earlier, before = choice.previous
        version = self._known(before.version)
        self._verify(version)
        return self._use(Use(version, moment), tuple(earlier))

    def _use(self, chosen: Use, previous: tuple[Use, ...]) -> Use:
        self._write(ModelChoice(chosen, previous))
        return chosen

    def _known(self, version: str) -> str:
        self._require_unpinned()
        for name, folder in BUILT_IN.items():
            if version in (name, model_bundle.read_manifest(folder).version):
                return name
        if version not in self.versions():
            known = ", ".join([*BUILT_IN, *self.versions()])
            raise ModelError(f"{self.home} has no model of that version; it has {known}")
        return version

    def _require_unpinned(self) -> None:
        if self.pinned is not None:
            raise ModelError(f"MODEL_DIR is set, so {self.pinned} is used whatever is activated: unset it first")

    def _verify(self, version: str) -> None:
        home = self.folder_of(version)
        for finding in check(home):
            if not finding.passed:
                raise ModelError(f"{_named(version)} did not pass and is not used: {finding.subject}: {finding.detail}")
        inside = model_bundle.read_manifest(home).version
        if version not in (*BUILT_IN, inside):
            raise ModelError(f"{home} holds version {inside}: rename the folder to what it holds")

    def _write(self, choice: ModelChoice) -> None:
        content = {
            "format": FORMAT,
            "active": _written(choice.active),
            "previous": [_written(use) for use in choice.previous],
        }
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            _replace(self.home / ACTIVE, json.dumps(content, indent=2) + "\n")
        except OSError as error:
            raise ModelError(f"{self.home} cannot be written ({error.strerror}): check its permissions") from None


def _named(version: str) -> str:
    return {SHIPPED: "the shipped model", FAST: "the fast model"}.get(version, f"model {version}")


def _replace(path: Path, text: str) -> None:
    """Replace a file so that readers, even after a crash, see either the old content or the new."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _written(use: Use) -> dict[str, str | None]:
    return {"version": use.version, "since": None if use.since is None else use.since.isoformat(timespec="seconds")}


def _read_choice(table: Any) -> ModelChoice:
    if table["format"] != FORMAT:
        raise ValueError("another format")
    return ModelChoice(_read_use(table["active"]), tuple(map(_read_use, table["previous"])))


def _read_use(entry: Any) -> Use:
    version, since = entry["version"], entry["since"]
    if version not in BUILT_IN and not _VERSION.fullmatch(version):
        raise ValueError("not a version")
    return Use(version, None if since is None else datetime.fromisoformat(since))
