"""Tell a checkpoint's folder from its name on the Hugging Face hub, before anything that is slow to import."""

from __future__ import annotations

from pathlib import Path

from training.errors import TrainingError


class ImportRefusedError(TrainingError):
    """A checkpoint that cannot be imported; the message says why."""


def find_folder(source: str) -> Path | None:
    """Return a checkpoint's folder, None if it is a name on the hub.

    Raises:
        ImportRefusedError: It can be neither.
    """
    folder = Path(source)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ImportRefusedError(f"{folder} has no config.json: give the folder of a Hugging Face checkpoint")
        return folder
    # A name on the hub is `name` or `owner/name`; anything else must be a mistyped path.
    is_path = source.startswith((".", "/", "~")) or source.endswith("/") or source.count("/") > 1
    if is_path or (folder.name != source and folder.parent.is_dir()):
        raise ImportRefusedError(f"{source} is not a folder: give the folder of a checkpoint or its name on the hub")
    return None
