"""Write a model folder, with its JSON files and manifest, and publish it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from classifier.network.model_bundle import FORMAT

MANIFEST = "manifest.json"
NETWORK = "model.onnx"
EVALUATION = "evaluation.json"
CARD = "README.md"


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON object in the format that all files of a model folder share."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_manifest(folder: Path, name: str = "intent") -> None:
    """List all files of a model folder with their checksums and sizes in `manifest.json`.

    Args:
        folder: The model folder.
        name: What the model is for.
    """
    write_json(folder / MANIFEST, {"format": FORMAT, **_describe_contents(folder, name, NETWORK)})


def write_contents(folder: Path, name: str, weights: str) -> None:
    """Do the same for a folder that `classifier.network.model_bundle.read_contents` reads, which is no model folder.

    Args:
        folder: The folder.
        name: What its files are for.
        weights: The file whose checksum is the version.
    """
    write_json(folder / MANIFEST, _describe_contents(folder, name, weights))


def _describe_contents(folder: Path, name: str, weights: str) -> dict[str, object]:
    files = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST
    }
    return {
        "name": name,
        "version": str(files[weights]["sha256"])[:12],
        "created": datetime.now(UTC).date().isoformat(),
        "files": files,
    }


def drop_evaluation(model: Path) -> None:
    """Remove an earlier, possibly interrupted evaluation from a model folder; the other checksums stay."""
    manifest = json.loads((model / MANIFEST).read_text(encoding="utf-8"))
    for name in (EVALUATION, CARD):
        manifest["files"].pop(name, None)
    write_json(model / MANIFEST, manifest)
    for name in (EVALUATION, CARD):
        (model / name).unlink(missing_ok=True)


def publish_model(model: Path, output: Path) -> None:
    """Replace the served model folder with a copy of a finished one.

    If anything fails, the folder that was served before stays in place, complete.
    """
    arriving = output.with_name(f"{output.name}.arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    shutil.copytree(model, arriving)
    replace_folder(output, arriving)


def begin_folder(folder: Path) -> Path:
    """Return an empty folder that replaces another once it is finished; what an interrupted run left is removed."""
    arriving = folder.with_name(f"{folder.name}.arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    arriving.mkdir(parents=True)
    return arriving


def replace_folder(folder: Path, arriving: Path) -> None:
    """Rename a finished folder to replace another, and only then delete the old one."""
    previous = folder.with_name(f"{folder.name}.previous")
    try:
        if folder.exists():
            shutil.rmtree(previous, ignore_errors=True)
            folder.rename(previous)
        arriving.rename(folder)
    except BaseException:
        if not folder.exists():
            previous.rename(folder)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def read_version(model: Path) -> str:
    """Return the version of an exported model folder."""
    return str(json.loads((model / MANIFEST).read_text(encoding="utf-8"))["version"])


UNSEEN = "unseen_writers"
"""The set of the validation messages by writers of whom training has nothing."""
_OF_VALIDATION = frozenset({"model", "messages", "validation", "presidio", "recipe", "sets"})
"""What an evaluation has that used validation alone."""
_VALIDATION_SETS = frozenset({"validation", UNSEEN})


def report_folder(reports: Path, version: str, validation_only: bool) -> Path:
    """Return the folder of a model's report; one on validation alone never replaces one with the test messages."""
    folder = reports / version
    if not validation_only or not (folder / EVALUATION).is_file():
        return folder
    evaluation = json.loads((folder / EVALUATION).read_text(encoding="utf-8"))
    has_tests = bool(evaluation.keys() - _OF_VALIDATION or evaluation.get("sets", {}).keys() - _VALIDATION_SETS)
    return folder.with_name(f"{version}-validation") if has_tests else folder
