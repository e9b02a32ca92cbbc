"""The model folder: what must be in it, and the checks made before any of it is used.

A folder holds `manifest.json`, which lists every other file with its SHA-256 and size, and the four files that
loading needs: the network, its tokenizer, its configuration and its calibration.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from classifier.decoding import Outputs, Thresholds
from classifier.errors import ModelError
from classifier.understanding import INTENTS

DEFAULT_FOLDER: Final = Path(__file__).parent / "models" / "intent"
FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
NETWORK: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
CONFIG: Final = "config.json"
CALIBRATION: Final = "calibration.json"
NEEDED: Final = (NETWORK, TOKENIZER, CONFIG, CALIBRATION)

_REMEDY = "restore the model folder or install the model again"
_VERSION = re.compile(r"[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What the manifest promises about one file.

    Attributes:
        sha256: SHA-256 of the content, 64 hexadecimal digits.
        size: Length in bytes.
    """

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The folder's table of contents.

    Attributes:
        name: What the model is for, for example "intent".
        version: 12 hexadecimal digits, one value for each training result.
        created: ISO date or time of the export.
        files: Every other file of the folder, by name.
    """

    name: str
    version: str
    created: str
    files: Mapping[str, FileRecord]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the network is to be fed and its output read.

    Attributes:
        labels: What the network's output stands for, in order: the seven intents, and any of `OTHERS` and `URGENT`.
        max_tokens: The most tokens the network reads at once, the two special ones included.
        window_overlap: Tokens that neighbouring windows of a longer text share.
        base_model: The checkpoint that training started from.
        thresholds: The calibration.
    """

    labels: tuple[str, ...]
    max_tokens: int
    window_overlap: int
    base_model: str
    thresholds: Thresholds


def read_manifest(folder: Path) -> Manifest:
    """Read and validate the manifest.

    Raises:
        ModelError: The manifest is missing, is not valid JSON, has another format, or omits a needed file.
    """
    if not folder.is_dir():
        raise ModelError(
            f"{folder} is not a folder; expected a model folder with {MANIFEST}: check the path or set MODEL_DIR"
        )
    table = _json_object(_content(folder / MANIFEST), folder / MANIFEST)
    if table.get("format") != FORMAT:
        raise ModelError(
            f"{folder / MANIFEST}: format is {table.get('format')!r}, this program reads format {FORMAT}: "
            "install a model made for this version"
        )
    texts = {key: _text(table, key, folder / MANIFEST) for key in ("name", "version", "created")}
    if not _VERSION.fullmatch(texts["version"]):
        raise ModelError(f"{folder / MANIFEST}: version must be 12 hexadecimal digits: {_REMEDY}")
    files = table.get("files")
    if not isinstance(files, dict):
        raise ModelError(f"{folder / MANIFEST}: files must be an object that lists each file: {_REMEDY}")
    records = {name: _record(folder, name, entry) for name, entry in files.items()}
    for name in NEEDED:
        if name not in records:
            raise ModelError(f"{folder / name} is needed but {MANIFEST} does not list it: {_REMEDY}")
    return Manifest(texts["name"], texts["version"], texts["created"], records)


def read_file(folder: Path, name: str, record: FileRecord) -> bytes:
    """Return the content of a file that is exactly what the manifest promises.

    Raises:
        ModelError: The file is missing, unreadable, or differs in size or checksum.
    """
    content = _content(folder / name)
    if len(content) != record.size:
        raise ModelError(f"{folder / name} was altered: {len(content)} bytes, {MANIFEST} says {record.size}: {_REMEDY}")
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise ModelError(f"{folder / name} was altered: its checksum is not the one in {MANIFEST}: {_REMEDY}")
    return content


def read_settings(folder: Path, config: bytes, calibration: bytes) -> Settings:
    """Read the configuration and the calibration.

    Args:
        folder: Where the two came from; used in messages only.
        config: Content of `config.json`.
        calibration: Content of `calibration.json`.

    Raises:
        ModelError: One of them is not valid JSON, or a value is missing or out of range.
    """
    path = folder / CONFIG
    table = _json_object(config, path)
    labels = table.get("labels")
    if not isinstance(labels, list):
        raise ModelError(f"{path}: labels must be a list of names: {_REMEDY}")
    try:
        Outputs([str(label) for label in labels])
    except ValueError as error:
        raise ModelError(f"{path}: labels {error}: {_REMEDY}") from None
    max_tokens = _integer(table, "max_tokens", path)
    window_overlap = _integer(table, "window_overlap", path)
    # Two places go to the special tokens, and a window must move on by one token at least.
    if not 0 <= window_overlap < max_tokens - 2:
        raise ModelError(f"{path}: window_overlap must be from 0 to max_tokens - 3: {_REMEDY}")
    base_model = _text(table, "base_model", path)

    thresholds = _thresholds(_json_object(calibration, folder / CALIBRATION), folder / CALIBRATION)
    return Settings(tuple(labels), max_tokens, window_overlap, base_model, thresholds)


def _thresholds(table: dict[str, Any], path: Path) -> Thresholds:
    temperature = _number(table, "temperature", path)
    if temperature <= 0:
        raise ModelError(f"{path}: temperature must be above 0: {_REMEDY}")
    review = _share(table, "review_threshold", path)
    # A network that knows the intents alone has none of these.
    others = {
        name: _share(table, f"{name}_threshold", path)
        for name in ("acknowledgement", "urgent", "urgent_with_sign")
        if f"{name}_threshold" in table
    }
    return Thresholds(temperature, review, of_intents=_thresholds_of_intents(table, path), **others)


def _thresholds_of_intents(table: dict[str, Any], path: Path) -> dict[str, float]:
    own = table.get("review_thresholds", {})
    if not isinstance(own, dict) or not set(own) <= set(INTENTS):
        raise ModelError(f"{path}: review_thresholds must give numbers to intents: {_REMEDY}")
    return {intent: _share(own, intent, path) for intent in own}


def _share(table: dict[str, Any], key: str, path: Path) -> float:
    value = _number(table, key, path)
    if not 0 <= value <= 1:
        raise ModelError(f"{path}: {key} must be from 0 to 1: {_REMEDY}")
    return value


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: {_REMEDY}") from None
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check its permissions, or {_REMEDY}") from error


def _json_object(content: bytes, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise ModelError(f"{path} is not valid JSON: {_REMEDY}") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path} must hold a JSON object: {_REMEDY}")
    return value


def _record(folder: Path, name: str, entry: object) -> FileRecord:
    # A name with a path in it could reach outside the folder.
    if name != Path(name).name or name in {"", ".", "..", MANIFEST}:
        raise ModelError(f"{folder / MANIFEST}: {name!r} is not the name of a file beside it: {_REMEDY}")
    if isinstance(entry, dict):
        sha256, size = entry.get("sha256"), entry.get("bytes")
        if isinstance(sha256, str) and _SHA256.fullmatch(sha256) and type(size) is int and size >= 0:
            return FileRecord(sha256, size)
    raise ModelError(f"{folder / MANIFEST}: the entry for {name} needs sha256 and bytes: {_REMEDY}")


def _text(table: dict[str, Any], key: str, path: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise ModelError(f"{path}: {key} must be a text: {_REMEDY}")
    return value


def _integer(table: dict[str, Any], key: str, path: Path) -> int:
    value = table.get(key)
    if type(value) is not int:
        raise ModelError(f"{path}: {key} must be a whole number: {_REMEDY}")
    return value


def _number(table: dict[str, Any], key: str, path: Path) -> float:
    value = table.get(key)
    # JSON as Python reads it has NaN and Infinity, and true is an int.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ModelError(f"{path}: {key} must be a number: {_REMEDY}")
    return float(value)
