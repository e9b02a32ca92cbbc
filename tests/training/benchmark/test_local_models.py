"""The contenders that run on this machine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from classifier import INTENTS
from classifier.network.model_bundle import DEFAULT_FOLDER
from tests.training.benchmark.conftest import Benchmarking
from training.benchmark.errors import BenchmarkError
from training.benchmark.local_models import Baseline, ClassifierFolder, HuggingFaceCheckpoint

pytestmark = [
    # transformers scripts a module on import.
    pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning"),
]


def save_checkpoint(folder: Path, base: Path, labels: tuple[str, ...]) -> Path:
    """Save a random BERT of one narrow layer that classifies, with the real tokenizer."""
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    shutil.copy(base / "tokenizer.json", folder)
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, compact_base: Path) -> Path:
    return save_checkpoint(
        tmp_path_factory.mktemp("checkpoint"), compact_base, tuple(label.upper() for label in INTENTS)
    )


def test_a_model_folder_is_read_by_the_classifier() -> None:
    prediction = ClassifierFolder(str(DEFAULT_FOLDER)).predict("How much do you charge for a crown without insurance?")
    assert prediction.intent == "price_shopper"
    assert prediction.seconds > 0
    assert (prediction.input_tokens, prediction.output_tokens) == (0, 0)


def test_a_checkpoint_is_read_by_transformers_and_its_long_texts_are_cut(checkpoint: Path) -> None:
    contender = HuggingFaceCheckpoint(str(checkpoint))
    assert contender.predict("hello").intent in INTENTS
    assert contender.predict("word " * 5000).intent in INTENTS


def test_a_checkpoint_that_changed_is_another(tmp_path: Path, compact_base: Path) -> None:
    first = HuggingFaceCheckpoint(str(save_checkpoint(tmp_path / "model", compact_base, INTENTS))).identity
    assert HuggingFaceCheckpoint(str(tmp_path / "model")).identity == first
    assert HuggingFaceCheckpoint(str(save_checkpoint(tmp_path / "model", compact_base, INTENTS))).identity != first


def test_a_checkpoint_with_other_labels_is_refused(tmp_path: Path, compact_base: Path) -> None:
    folder = save_checkpoint(tmp_path / "model", compact_base, ("positive", "negative"))
    with pytest.raises(BenchmarkError, match="are positive, negative: expected new_patient_inquiry"):
        HuggingFaceCheckpoint(str(folder))


def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match=r"transformers cannot load .*name a folder or a hub model"):
        HuggingFaceCheckpoint(str(tmp_path))


def test_the_baseline_learns_from_the_corpus_and_another_corpus_makes_another(corpus: Path) -> None:
    baseline = Baseline(corpus)
    assert baseline.predict("complaint to dental by sms").intent == "complaint"
    assert Baseline(corpus).identity == baseline.identity
    with (corpus / "dental" / "complaint.tsv").open("a", encoding="utf-8") as file:
        file.write("sms\tpolite\tsenior\tone more complaint\n")
    assert Baseline(corpus).identity != baseline.identity


def test_local_models_are_compared_and_cost_nothing(benchmarking: Benchmarking, corpus: Path, checkpoint: Path) -> None:
    models = (f"local:{DEFAULT_FOLDER}", f"hf:{checkpoint}", "baseline")
    result = benchmarking(*models, options=("--corpus", str(corpus)))
    assert result.exit_code == 0, result.output
    content = json.loads((benchmarking.output / "benchmark.json").read_text(encoding="utf-8"))
    assert [model["name"] for model in content["models"]] == list(models)
    assert [model["dollars_per_1000"] for model in content["models"]] == [0, 0, 0]
    assert "number" not in benchmarking.remembered()
    assert benchmarking(*models, options=("--corpus", str(corpus))).stdout == result.stdout
