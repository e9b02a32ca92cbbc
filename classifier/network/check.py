"""Check an installed model, from its files to its answers, for `intake model check`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from classifier.errors import ModelError
from classifier.network import model_bundle
from classifier.network.model import Classifier
from classifier.outputs import LANGUAGE_COLUMNS, LEVEL_COLUMNS, OTHERS

# Messages that any usable model classifies correctly.
KNOWN_MESSAGES: tuple[tuple[str, str], ...] = (
    ("my kid's fever is 103.2 and not coming down with tylenol. need advice now", "clinical_concern"),
    (
        "Hi, I'm new to the area and looking for a dermatologist. Are you accepting new patients?",
        "new_patient_inquiry",
    ),
    (
        "got a bill for $382 for my visit on 4/12 but my copay should only be $35, what's the rest?",
        "billing_inquiry",
    ),
)


WITHOUT_TRIAGE = (
    "It knows no triage levels: only danger signs in the words raise an alarm, and they miss more than half of the"
    " emergencies."
)
_SCREENS: tuple[tuple[str, str], ...] = (
    (LEVEL_COLUMNS[0], WITHOUT_TRIAGE),
    (LANGUAGE_COLUMNS[0], "It knows no languages: every message is taken for English, and answered in English."),
    (OTHERS[0], "It knows only intents: spam, thanks, and wrong numbers are taken for one of them."),
)
"""What a network without an output does to patients."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Attributes:
        subject: What was checked: a file's name, "model" or a known message.
        passed: Whether the check passed.
        detail: The result, in one sentence.
    """

    subject: str
    passed: bool
    detail: str

    def __str__(self) -> str:
        return f"{'ok' if self.passed else 'FAILED'}: {self.subject}: {self.detail}"


def missing_screens(path: Path) -> list[str]:
    """Return what the network in a model folder leaves out of what protects patients, one sentence each.

    Raises:
        ModelError: The folder's configuration cannot be used.
    """
    labels = model_bundle.read_config(path).labels
    return [sentence for column, sentence in _SCREENS if column not in labels]


def check(path: Path | str | None = None) -> list[Finding]:
    """Verify every file of a model folder, load the model and classify the known messages.

    Args:
        path: The model folder; the one shipped with the package by default.

    Returns:
        One finding for each check that could be made, in order. The model is healthy if all have passed. Every bad
        file is reported, not only the first.
    """
    home = model_bundle.DEFAULT_FOLDER if path is None else Path(path)
    try:
        manifest = model_bundle.read_manifest(home)
    except ModelError as error:
        return [Finding(model_bundle.MANIFEST, False, str(error))]
    findings = [_check_file(home, name, record) for name, record in manifest.files.items()]
    if not all(finding.passed for finding in findings):
        return findings
    try:
        classifier = Classifier.load(home)
    except ModelError as error:
        return [*findings, Finding("model", False, str(error))]
    loaded = Finding("model", True, f"{classifier.info.name} {classifier.info.version} loads")
    return [*findings, loaded, *_check_answers(classifier)]


def _check_file(home: Path, name: str, record: model_bundle.FileRecord) -> Finding:
    try:
        model_bundle.read_file(home, name, record)
    except ModelError as error:
        return Finding(name, False, str(error))
    return Finding(name, True, f"{record.size} bytes, checksum matches")


def _check_answers(classifier: Classifier) -> list[Finding]:
    messages = [message for message, _ in KNOWN_MESSAGES]
    return [
        Finding(
            message,
            understanding.intent == expected,
            f"expected {expected}, got {understanding.intent} at {understanding.confidence:.2f}",
        )
        for (message, expected), understanding in zip(KNOWN_MESSAGES, classifier.classify(messages), strict=True)
    ]
