"""Open contenders by their names on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from training.benchmark.api_model import ApiModel
from training.benchmark.contender import Contender
from training.benchmark.errors import BenchmarkError
from training.llm.providers import Provider, open_chat

FORMS = ("openai:MODEL", "anthropic:MODEL", "local:FOLDER", "hf:FOLDER_OR_NAME", "baseline")
_PROVIDERS: Mapping[str, Provider] = {"openai": "openai", "anthropic": "anthropic"}
_TIMEOUT_SECONDS = 60.0


def split_name(name: str) -> tuple[str, str]:
    """Split a name into the kind of contender and the model ("" for the baseline).

    Raises:
        BenchmarkError: The name has none of the known forms.
    """
    kind, _, which = name.partition(":")
    known = {form.partition(":")[0] for form in FORMS}
    if kind not in known or (kind == "baseline") == bool(which) or name == "baseline:":
        raise BenchmarkError(f"{name!r} is not a model: expected one of {', '.join(FORMS)}")
    return kind, which


def is_billed(name: str) -> bool:
    """Return whether the predictions of a contender cost money."""
    return split_name(name)[0] in _PROVIDERS


def open_contender(name: str, corpus: Path) -> Contender:
    """Load a local model, connect to an API, or prepare the baseline.

    Raises:
        BenchmarkError: The name is invalid, or the model cannot be loaded.
        RefusedError: The environment has no key for the API.
        CorpusError: The corpus cannot be read.
    """
    kind, which = split_name(name)
    if kind in _PROVIDERS:
        return ApiModel(name, open_chat(_PROVIDERS[kind], which, _TIMEOUT_SECONDS))
    from training.benchmark.local_models import Baseline, ClassifierFolder, HuggingFaceCheckpoint

    if kind == "local":
        return ClassifierFolder(which)
    return HuggingFaceCheckpoint(which) if kind == "hf" else Baseline(corpus)
