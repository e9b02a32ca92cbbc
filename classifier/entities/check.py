"""Check the entity model, for `intake model check`."""

from __future__ import annotations

from pathlib import Path

from classifier.entities.bundle import DEFAULT_FOLDER
from classifier.entities.recognizer import Recognizer
from classifier.errors import ModelError
from classifier.network.check import Finding

SUBJECT = "entities"


def check_entities(path: Path | None = None) -> Finding:
    """Load the entity model and say whether it is usable; the rules alone are usable, too."""
    try:
        tagger = Recognizer.load(DEFAULT_FOLDER if path is None else path).tagger
    except ModelError as error:
        return Finding(SUBJECT, False, str(error))
    if tagger is None:
        return Finding(SUBJECT, True, "no entity model is installed, so the rules work alone and miss most names")
    return Finding(SUBJECT, True, f"entity model {tagger.version} loads")
