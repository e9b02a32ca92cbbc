"""Model folders of known versions, for stores to hold."""

from __future__ import annotations

from pathlib import Path

from tests.classifier import tiny_model


def write_model(home: Path, version: str) -> Path:
    """Writes a model that passes every check into a store; what it does not know it is unsure of."""
    return _sealed(tiny_model.write_knowing(home / version, votes=tiny_model.KNOWN_VOTES), version)


def write_misreading_model(home: Path, version: str) -> Path:
    """Writes a model that loads, and misreads one of the known messages."""
    return _sealed(tiny_model.write_knowing(home / version), version)


def write_imported_model(home: Path, version: str) -> Path:
    """Writes a model that knows the intents and nothing else, as every imported one does."""
    return _sealed(tiny_model.write(home / version, votes=tiny_model.KNOWN_VOTES), version)


def _sealed(folder: Path, version: str) -> Path:
    tiny_model.seal(folder, version=version)
    return folder
