"""Find the checkpoint that a recipe starts from."""

from __future__ import annotations

import io
import zipfile
from importlib.metadata import PackageNotFoundError, files
from importlib.resources import files as resources
from pathlib import Path

from training.recipe import BaseCheckpoint, RecipeError

BASES = Path(__file__).parents[1] / "runs" / "bases"


def locate_checkpoint(base: BaseCheckpoint, unpacked: Path = BASES) -> Path:
    """Return the folder with the checkpoint's `config.json`, weights and tokenizer.

    Args:
        base: The recipe's description of the checkpoint.
        unpacked: Where to assemble an archive that is split across packages.

    Raises:
        RecipeError: It is missing, and the hub does not have it either.
    """
    if base.path:
        folder = base.path.expanduser()
    elif base.packed:
        folder = _from_packed(base, unpacked)
    elif base.package:
        folder = _in_package(base)
    elif base.parts:
        folder = _from_parts(base, unpacked)
    else:
        folder = _from_hub(base)
    if not (folder / "config.json").is_file():
        raise RecipeError(
            f"{folder} has no config.json: expected the folder of a Hugging Face checkpoint; correct base in the recipe"
        )
    return folder


def _in_package(base: BaseCheckpoint) -> Path:
    try:
        return Path(str(resources(str(base.package)))) / base.folder
    except ModuleNotFoundError:
        raise RecipeError(
            f"the package {base.package} with {base.name} is not installed: install it, or give another base"
        ) from None


def _from_parts(base: BaseCheckpoint, unpacked: Path) -> Path:
    home = unpacked / base.name.replace("/", "--")
    if not home.exists():
        content = io.BytesIO(b"".join(_part(name) for name in base.parts))
        arriving = home.with_name(home.name + ".arriving")
        with zipfile.ZipFile(content) as archive:
            archive.extractall(arriving)
        arriving.rename(home)
    return home / base.folder


def _part(distribution: str) -> bytes:
    try:
        listed = files(distribution) or []
    except PackageNotFoundError:
        raise RecipeError(
            f"{distribution} is not installed: install it, it contains a part of the base checkpoint"
        ) from None
    parts = [path for path in listed if path.match("*.zip.*")]
    if len(parts) != 1:
        raise RecipeError(f"{distribution} contains {len(parts)} parts of an archive, expected one: correct base.parts")
    return Path(str(parts[0].locate())).read_bytes()


def _from_packed(base: BaseCheckpoint, unpacked: Path) -> Path:
    # Slow to import, and rarely needed.
    from training.fit.packed_checkpoint import common_words, unpack_checkpoint

    home = unpacked / base.name.replace("/", "--")
    if not home.exists():
        unpack_checkpoint(_file_of(str(base.package), str(base.packed)), home, common_words())
    return home


def _file_of(distribution: str, name: str) -> Path:
    # The package itself cannot be imported: its engine is built for one version of Python only.
    try:
        listed = files(distribution) or []
    except PackageNotFoundError:
        raise RecipeError(
            f"the package {distribution} is not installed: install it, it contains the base checkpoint"
        ) from None
    found = [path for path in listed if path.name == name]
    if not found:
        raise RecipeError(f"{distribution} contains no {name}: correct base.packed in the recipe")
    return Path(str(found[0].locate()))


def _from_hub(base: BaseCheckpoint) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError
    from requests import RequestException

    wanted = ["*.json", "*.safetensors", "*.bin", "*.model", "*.txt"]
    try:
        return Path(snapshot_download(base.name, allow_patterns=wanted))
    except (LocalEntryNotFoundError, RepositoryNotFoundError, HfHubHTTPError, RequestException) as error:
        raise RecipeError(
            f"{base.name} could not be downloaded from the Hugging Face hub ({type(error).__name__}): download it "
            "yourself and give its folder as base.path"
        ) from error
