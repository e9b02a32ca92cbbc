"""Read a model folder and check its files before any of them is used.

A folder holds `manifest.json`, which lists every other file with its SHA-256 and size, and the four files that loading
needs: the network, its tokenizer, its configuration and its calibration.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from classifier.errors import ModelError
from classifier.folders import MODELS
from classifier.network.decoding import DANGER_SUSPECTED, Outputs, Thresholds
from classifier.network.second_intents import PartsWeights, SecondIntentWeights, WholeWeights
from classifier.outputs import INTENTS, Language

DEFAULT_FOLDER: Final = MODELS / "intent"
FAST_FOLDER: Final = MODELS / "intent_fast"
FORMAT: Final = 2
MANIFEST: Final = "manifest.json"
NETWORK: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
CONFIG: Final = "config.json"
CALIBRATION: Final = "calibration.json"
NEEDED: Final = (NETWORK, TOKENIZER, CONFIG, CALIBRATION)

_REMEDY = "restore the model folder or install the model again"


def _check_file_name(name: str) -> str:
    # A name with a path in it could reach outside the folder.
    if name != Path(name).name or name in {"", ".", "..", MANIFEST}:
        raise ValueError(f"{name!r} is not the name of a file beside it")
    return name


def _check_labels(labels: list[str]) -> list[str]:
    Outputs(labels)
    return labels


def _check_intent(name: str) -> str:
    if name not in INTENTS:
        raise ValueError(f"{name!r} is not an intent")
    return name


def _hexadecimal(digits: int) -> AfterValidator:
    def check_digits(text: str) -> str:
        if not re.fullmatch(f"[0-9a-f]{{{digits}}}", text):
            raise ValueError(f"must be {digits} hexadecimal digits")
        return text

    return AfterValidator(check_digits)


_Text = Annotated[str, Field(min_length=1)]
_Share = Annotated[float, Field(ge=0, le=1)]
_FileName = Annotated[str, AfterValidator(_check_file_name)]
_Intent = Annotated[str, AfterValidator(_check_intent)]


class BundleModel(BaseModel):
    """A JSON object of the folder. Keys that this program does not use are ignored."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class FileRecord(BundleModel):
    """The manifest's entry for one file.

    Attributes:
        sha256: SHA-256 of the content, 64 hexadecimal digits.
        size: Length in bytes.
    """

    sha256: Annotated[str, _hexadecimal(64)]
    size: Annotated[int, Field(alias="bytes", ge=0)]


class ModelManifest(BundleModel):
    """The folder's table of contents.

    Attributes:
        name: What the model is for, for example "intent".
        version: 12 hexadecimal digits, different for each training result.
        created: ISO date or time of the export.
        files: Every other file of the folder, by name.
    """

    name: _Text
    version: Annotated[str, _hexadecimal(12)]
    created: _Text
    files: dict[_FileName, FileRecord]


class ConfigFile(BundleModel):
    """How to feed the network and what its outputs are.

    Attributes:
        labels: The network's outputs, in order: see `classifier.outputs.check_columns`.
        max_tokens: The most tokens the network reads at once, including the two special ones.
        window_overlap: Tokens that neighboring windows of a longer text share.
        base_model: The checkpoint that training started from.
        base_revision: The commit of a checkpoint that came from the Hugging Face hub.
    """

    labels: Annotated[list[str], AfterValidator(_check_labels)]
    max_tokens: int
    window_overlap: int
    base_model: _Text
    base_revision: Annotated[str, _hexadecimal(40)] | None = None

    @model_validator(mode="after")
    def _check_overlap(self) -> ConfigFile:
        # Two places go to the special tokens, and a window must move on by at least one token.
        if not 0 <= self.window_overlap < self.max_tokens - 2:
            raise ValueError("window_overlap must be from 0 to max_tokens - 3")
        return self


class LanguageCalibration(BundleModel):
    """The thresholds that calibration chose for one language; `classifier.network.decoding.Thresholds` explains each.

    A network that knows only the intents has no more than `temperature`, `review` and `of_intents`.
    """

    temperature: Annotated[float, Field(gt=0)]
    review: _Share
    of_intents: dict[_Intent, _Share] = {}
    scope: _Share = 0.0
    acknowledgement: _Share = 1.0
    person: _Share = 1.0
    praise: _Share = 1.0
    emergency: _Share = 1.0
    emergency_with_sign: _Share = 0.0
    suspicion: _Share = DANGER_SUSPECTED
    other_emergency: _Share | None = None
    short_emergency: _Share | None = None
    short_other_emergency: _Share | None = None
    long_emergency: _Share | None = None
    long_emergency_with_sign: _Share | None = None
    same_day: _Share = 1.0
    mention: _Share = 1.0


class WholeWeightsFile(BundleModel):
    """The weights of a second intent; `classifier.network.second_intents` explains each."""

    constant: float
    mention: float
    share: float
    first: float


class PartsWeightsFile(WholeWeightsFile):
    """Those for a message whose parts were read."""

    part: float
    rest: float


class SecondIntentsFile(BundleModel):
    """How a second intent is weighed."""

    whole: WholeWeightsFile
    parts: PartsWeightsFile | None = None


class CalibrationFile(BundleModel):
    """What calibration found for each language that the network was calibrated for.

    Attributes:
        languages: The thresholds.
        confidences: The deciles, lowest and highest included, of the confidence on validation messages.
        second_intents: How a second intent is weighed, in any language; None if the network's mentions alone decide.
    """

    languages: dict[Language, LanguageCalibration]
    confidences: dict[Language, Annotated[list[_Share], Field(min_length=11, max_length=11)]] = {}
    second_intents: SecondIntentsFile | None = None

    @model_validator(mode="after")
    def _check_english(self) -> CalibrationFile:
        if "en" not in self.languages:
            raise ValueError("languages must have en")
        return self

    def thresholds(self) -> dict[str, Thresholds]:
        """Return the thresholds as decoding uses them."""
        return {language: Thresholds(**found.model_dump()) for language, found in self.languages.items()}

    def second_intent_weights(self) -> SecondIntentWeights | None:
        """Return the weights as decoding uses them."""
        if self.second_intents is None:
            return None
        whole, parts = self.second_intents.whole, self.second_intents.parts
        return SecondIntentWeights(
            WholeWeights(**whole.model_dump()), None if parts is None else PartsWeights(**parts.model_dump())
        )


_Model = TypeVar("_Model", bound=BundleModel)


def read_manifest(folder: Path) -> ModelManifest:
    """Read and validate the manifest.

    Raises:
        ModelError: The manifest is missing, is not valid JSON, has another format, or omits a needed file.
    """
    if not folder.is_dir():
        raise ModelError(
            f"{folder} is not a folder; expected a model folder with {MANIFEST}: check the path or set MODEL_DIR"
        )
    path = folder / MANIFEST
    table = parse_object(_content(path), path)
    if table.get("format") != FORMAT:
        raise ModelError(
            f"{path}: format is {table.get('format')!r}, this program reads format {FORMAT}: "
            "install a model made for this version"
        )
    manifest = validate_table(ModelManifest, table, path)
    for name in NEEDED:
        if name not in manifest.files:
            raise ModelError(f"{folder / name} is needed but {MANIFEST} does not list it: {_REMEDY}")
    return manifest


class _Contents(BaseModel):
    """What is read of the manifest of a folder that has other files than a network's."""

    model_config = ConfigDict(frozen=True)

    version: str
    files: dict[str, FileRecord]


def read_contents(folder: Path, names: Collection[str]) -> tuple[str, dict[str, bytes]]:
    """Return the version of a folder that ships with the program, and the contents of its files, as they were written.

    Raises:
        ModelError: A file is missing, altered, or not in the manifest; the message names it.
    """
    remedy = "install the program again"
    try:
        manifest = _Contents.model_validate_json((folder / MANIFEST).read_bytes())
        return manifest.version, {name: read_file(folder, name, manifest.files[name]) for name in names}
    except OSError as error:
        raise ModelError(f"{folder / MANIFEST} cannot be read ({error.strerror}): {remedy}") from None
    except (ValidationError, KeyError):
        raise ModelError(f"{folder / MANIFEST} does not list {', '.join(names)}: {remedy}") from None


def read_file(folder: Path, name: str, record: FileRecord) -> bytes:
    """Return the content of a file that matches its manifest entry.

    Raises:
        ModelError: The file is missing, unreadable, or differs in size or checksum.
    """
    content = _content(folder / name)
    if len(content) != record.size:
        raise ModelError(f"{folder / name} was altered: {len(content)} bytes, {MANIFEST} says {record.size}: {_REMEDY}")
    if hashlib.sha256(content).hexdigest() != record.sha256:
        raise ModelError(f"{folder / name} was altered: its checksum is not the one in {MANIFEST}: {_REMEDY}")
    return content


def read_config(folder: Path, content: bytes | None = None) -> ConfigFile:
    """Validate the content of `config.json`, or of what was read from it; the folder is named in errors.

    Raises:
        ModelError: It is missing, is not valid JSON, or a value is missing or out of range.
    """
    path = folder / CONFIG
    return validate_table(ConfigFile, parse_object(_content(path) if content is None else content, path), path)


def read_calibration(folder: Path, content: bytes) -> CalibrationFile:
    """Validate the content of `calibration.json`; the folder is named in errors.

    Raises:
        ModelError: It is not valid JSON, or a value is missing or out of range.
    """
    return validate_table(CalibrationFile, parse_object(content, folder / CALIBRATION), folder / CALIBRATION)


def validate_table(model: type[_Model], table: dict[str, Any], path: Path) -> _Model:
    """Return a JSON object of a model folder as a checked model.

    Raises:
        ModelError: A value is missing or out of range.
    """
    try:
        return model.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "[key]")
        problem = first["msg"].removeprefix("Value error, ")
        raise ModelError(": ".join(filter(None, (str(path), place, problem, _REMEDY)))) from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: {_REMEDY}") from None
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}): check its permissions, or {_REMEDY}") from error


def parse_object(content: bytes, path: Path) -> dict[str, Any]:
    """Return the JSON object that a file of a model folder holds.

    Raises:
        ModelError: It holds something else.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise ModelError(f"{path} is not valid JSON: {_REMEDY}") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path} must hold a JSON object: {_REMEDY}")
    return value
