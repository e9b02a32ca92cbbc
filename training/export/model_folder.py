"""Writing the folder that is served: its JSON files, its manifest, and putting it in its place."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

MANIFEST = "manifest.json"
NETWORK = "model.onnx"


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON object the way every file of the model folder is written."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_manifest(folder: Path) -> None:
    """List every file of a model folder with its checksum and size, in `manifest.json`."""
    files = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST
    }
    write_json(
        folder / MANIFEST,
        {
            "format": 1,
            "name": "intent",
            "version": str(files[NETWORK]["sha256"])[:12],
            "created": datetime.now(UTC).date().isoformat(),
            "files": files,
        },
    )


def publish(model: Path, output: Path) -> None:
    """Put a model folder where it is served from, replacing what is there as a whole."""
    arriving = output.with_name(output.name + ".arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    shutil.copytree(model, arriving)
    shutil.rmtree(output, ignore_errors=True)
    arriving.rename(output)


def version_of(model: Path) -> str:
    """Return the version of an exported model folder."""
    return str(json.loads((model / MANIFEST).read_text(encoding="utf-8"))["version"])
