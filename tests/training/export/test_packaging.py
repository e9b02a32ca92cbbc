"""A package is what transformers and Optimum load, and says what the served model says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from safetensors import safe_open

from classifier import Classifier
from classifier.outputs import LABELS
from tests.training.conftest import third_party_warnings_ignored, write_corpus, write_unseen
from tests.training.lazy import Lazy
from tests.training.test_pipeline import CHANGES, Pipeline, rewritten
from training.data.splitting import VALIDATION_SEED, read_split
from training.recipe import load_recipe

if TYPE_CHECKING:
    import torch
    from optimum.onnxruntime import ORTModelForSequenceClassification
    from transformers import AutoTokenizer
    from transformers import pipeline as load_pipeline

    from training.data.dataset import render_all
else:
    torch = Lazy("torch")
    ORTModelForSequenceClassification = Lazy("optimum.onnxruntime", "ORTModelForSequenceClassification")
    AutoTokenizer = Lazy("transformers", "AutoTokenizer")
    load_pipeline = Lazy("transformers", "pipeline")
    render_all = Lazy("training.data.dataset", "render_all")


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Iterator[tuple[Pipeline, Path]]:
    """A tiny model that learned nothing, and its package; tests only read them."""
    with third_party_warnings_ignored():
        import_module("optimum.onnxruntime")  # now, as it adds to the import path, which the patch below restores
    folder = tmp_path_factory.mktemp("packaged")
    corpus = write_corpus(folder / "corpus")
    write_unseen(corpus)
    pipeline = Pipeline(folder, corpus, rewritten("plain.toml", CHANGES))
    with pytest.MonkeyPatch.context() as patch, third_party_warnings_ignored():
        patch.syspath_prepend(str(tiny_bert.parents[1]))
        trained = pipeline("train")
        assert trained.exit_code == 0, trained.output
        made = pipeline("package", "--to", str(folder / "package"))
        assert made.exit_code == 0, made.output
        yield pipeline, folder / "package"


def texts_of(pipeline: Pipeline) -> list[str]:
    split = read_split(load_recipe(pipeline.config), pipeline.corpus)
    return [text for text in render_all(split.validation, VALIDATION_SEED) if text.isascii()]


def served_scores(pipeline: Pipeline, texts: list[str]) -> list[str]:
    """The intents that the served model gives."""
    model = Classifier.load(pipeline.output)
    return [model.classify([text])[0].intent for text in texts]


def best_intent(scores: list[dict[str, object]]) -> str:
    return next(str(score["label"]) for score in scores if score["label"] in LABELS[:7])


def test_a_package_has_the_files_of_the_hub(packaged: tuple[Pipeline, Path]) -> None:
    _, folder = packaged
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md"} <= files
    assert "onnx/model.onnx" in files
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert [config["id2label"][str(number)] for number in range(len(LABELS))] == list(LABELS)
    with safe_open(str(folder / "model.safetensors"), "pt") as weights:
        assert {str(weights.get_tensor(name).dtype) for name in weights.keys()} == {"torch.float16"}  # noqa: SIM118


def test_the_card_starts_with_what_the_hub_reads(packaged: tuple[Pipeline, Path]) -> None:
    _, folder = packaged
    _, front, body = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    matter = yaml.safe_load(front)
    assert (matter["license"], matter["pipeline_tag"], matter["language"][0]) == ("mit", "text-classification", "en")
    (entry,) = matter["model-index"]
    assert [result["metrics"][0]["type"] for result in entry["results"]] == ["accuracy", "accuracy"]
    assert "# Intent model" in body


def test_the_pipeline_of_transformers_agrees_with_the_served_model(packaged: tuple[Pipeline, Path]) -> None:
    pipeline, folder = packaged
    texts = texts_of(pipeline)
    with third_party_warnings_ignored():
        classify = load_pipeline("text-classification", model=str(folder), top_k=None, dtype=torch.float32)
        answers: Any = classify(texts)
        found = [best_intent(scores) for scores in answers]
    agreement = np.mean([ours == theirs for ours, theirs in zip(served_scores(pipeline, texts), found, strict=True)])
    assert agreement >= 0.9


def test_optimum_agrees_with_the_served_model(packaged: tuple[Pipeline, Path]) -> None:
    pipeline, folder = packaged
    texts = texts_of(pipeline)
    with third_party_warnings_ignored():
        model = ORTModelForSequenceClassification.from_pretrained(folder, subfolder="onnx", file_name="model.onnx")
        tokenizer = AutoTokenizer.from_pretrained(folder)
        found = []
        for text in texts:
            logits = model(**tokenizer(text, return_tensors="pt")).logits[0]
            found.append(LABELS[int(logits[:7].argmax())])
    assert found == served_scores(pipeline, texts)
