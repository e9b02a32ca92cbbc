"""`intake model`: which models there are, and switching between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.command import ROOT, intake, python
from tests.models import write_imported_model, write_misreading_model, write_model

A, B, BROKEN, IMPORTED = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc", "eeeeeeeeeeee"
SHIPPED_FOLDER = ROOT / "classifier" / "models" / "intent"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to work in, whose store holds two models that can be used and one that cannot."""
    for version in (A, B):
        write_model(tmp_path / "var" / "models", version)
    write_misreading_model(tmp_path / "var" / "models", BROKEN)
    return tmp_path


def info(folder: Path, *options: str, **environment: str) -> dict[str, str]:
    lines = intake("model", "info", *options, folder=folder, environment=environment).lines
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


def active(folder: Path) -> bytes | None:
    path = folder / "var" / "models" / "active.json"
    return path.read_bytes() if path.exists() else None


def test_a_model_is_activated_and_taken_back(folder: Path) -> None:
    assert info(folder)["in use"] == "as the one that came with the program"

    assert intake("model", "activate", A, folder=folder).lines == [f"In use from the next message on: {A}."]
    assert info(folder)["version"] == A
    assert info(folder)["in use"].startswith("as it was activated, since 20")
    assert intake("model", "rollback", folder=folder).lines == ["In use from the next message on: shipped."]
    assert info(folder)["folder"] == str(SHIPPED_FOLDER)


def test_a_model_that_knows_no_triage_is_used_only_by_who_says_so(folder: Path) -> None:
    write_imported_model(folder / "var" / "models", IMPORTED)

    refused = intake("model", "activate", IMPORTED, folder=folder)

    assert refused.error == (
        f"Error: model {IMPORTED} is not used. It knows no triage levels: only danger signs in the words raise an"
        " alarm, and they miss more than half of the emergencies. Give --without-triage to use it."
    )
    assert active(folder) is None
    assert intake("model", "activate", IMPORTED, "--without-triage", folder=folder).lines == [
        f"In use from the next message on: {IMPORTED}.",
        "It knows no triage levels: only danger signs in the words raise an alarm, and they miss more than half of the"
        " emergencies.",
        "It knows no languages: every message is taken for English, and answered in English.",
        "It knows only intents: spam, thanks, and wrong numbers are taken for one of them.",
    ]


def test_what_is_active_is_what_classifies_and_what_is_checked(folder: Path) -> None:
    intake("model", "activate", A, folder=folder)
    (folder / "var" / "models" / A / "tokenizer.json").unlink()

    assert f"{A}/tokenizer.json is missing" in intake("classify", "hello", folder=folder).error
    assert f"{A}/tokenizer.json is missing" in intake("model", "check", folder=folder).out


def test_the_list_shows_what_can_be_activated_and_what_is_in_use(folder: Path) -> None:
    intake("model", "activate", A, folder=folder)
    intake("model", "activate", B, folder=folder)
    (folder / "var" / "models" / A / "manifest.json").unlink()

    shipped, fast, first, second, third = intake("model", "list", folder=folder).lines

    assert shipped.startswith("shipped, intent ")
    assert shipped.endswith(", used before")
    assert fast.startswith("fast, intent ")
    assert first.startswith(f"{A}, not usable (")
    assert second == f"{B}, intent {B} of 2026-01-31, in use"
    assert third == f"{BROKEN}, intent {BROKEN} of 2026-01-31"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["activate", "dddddddddddd"], f"has no model of that version; it has shipped, fast, {A}, {B}, {BROKEN}"),
        (["activate", BROKEN], f"model {BROKEN} did not pass and is not used: "),
        (["rollback"], "the shipped model is in use and there was none before it"),
    ],
    ids=["unknown", "misreading", "nothing before"],
)
def test_what_cannot_be_used_is_refused_in_a_sentence_and_nothing_changes(
    folder: Path, arguments: list[str], complaint: str
) -> None:
    assert complaint in intake("model", *arguments, folder=folder).error
    assert active(folder) is None


@pytest.mark.parametrize("arguments", [["activate", A], ["rollback"]], ids=["activate", "rollback"])
def test_while_model_dir_is_set_nothing_is_switched(folder: Path, arguments: list[str]) -> None:
    environment = {"MODEL_DIR": str(SHIPPED_FOLDER)}

    error = intake("model", *arguments, folder=folder, environment=environment).error

    assert error == f"Error: MODEL_DIR is set, so {SHIPPED_FOLDER} is used whatever is activated: unset it first."
    assert active(folder) is None
    assert info(folder, **environment)["in use"] == "as MODEL_DIR is set"
    assert intake("model", "list", folder=folder, environment=environment).lines[-1].endswith("as MODEL_DIR is set.")


def test_the_store_is_in_the_data_folder_unless_it_is_set(folder: Path) -> None:
    (folder / "var").rename(folder / "data")
    (folder / ".env").write_text("MODELS_DIR=data/models\n")

    intake("model", "activate", A, "--data-dir", "data", folder=folder)
    assert info(folder)["version"] == A, "the file's place was not used"

    (folder / ".env").unlink()
    assert info(folder, "--data-dir", "data")["version"] == A
    assert info(folder, MODELS_DIR=str(folder / "data" / "models"))["version"] == A
    assert info(folder)["folder"] == str(SHIPPED_FOLDER)


def test_a_damaged_choice_is_one_sentence(folder: Path) -> None:
    (folder / "var" / "models" / "active.json").write_text("{")

    for command in (["classify", "hello"], ["model", "info"], ["model", "check"], ["model", "list"]):
        assert "active.json is damaged" in intake(*command, folder=folder).error


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{}/missing", "{}/missing is not a folder: give the folder of a checkpoint or its name on the hub"),
        (
            "checkpoints/missing",
            "checkpoints/missing is not a folder: give the folder of a checkpoint or its name on the hub",
        ),
        ("missing/", "missing/ is not a folder: give the folder of a checkpoint or its name on the hub"),
        ("checkpoints", "checkpoints has no config.json: give the folder of a Hugging Face checkpoint"),
    ],
    ids=["path", "in a folder", "slash", "empty"],
)
def test_what_is_no_checkpoint_is_refused_before_anything_slow_is_imported(
    tmp_path: Path, source: str, said: str
) -> None:
    (tmp_path / "checkpoints").mkdir()
    program = (
        "import sys; sys.modules |= dict.fromkeys(['torch', 'transformers', 'numpy']); from app.cli import main; main()"
    )

    done = python("-c", program, "model", "import", source.format(tmp_path), folder=tmp_path)

    assert done.error == f"Error: {said.format(tmp_path)}."
