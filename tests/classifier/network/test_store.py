"""The model store: what is in use, and that nothing unusable ever is."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier import Classifier, ModelError
from classifier.network.model_bundle import DEFAULT_FOLDER, FAST_FOLDER, read_manifest
from classifier.network.store import FAST, SHIPPED, ModelStore
from tests.classifier import tiny_model
from tests.models import write_misreading_model, write_model

A, B, C = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 6, day, 9, tzinfo=UTC) for day in (1, 2, 3))


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """A store with two models that can be used, and nothing chosen yet."""
    for version in (A, B):
        write_model(tmp_path / "models", version)
    return ModelStore(tmp_path / "models")


def test_before_anything_is_chosen_the_shipped_model_is_in_use(tmp_path: Path) -> None:
    empty = ModelStore(tmp_path / "models")

    assert (empty.choice().active.version, empty.choice().active.since) == (SHIPPED, None)
    assert empty.active_folder() == DEFAULT_FOLDER
    assert empty.versions() == []
    assert not empty.home.exists(), "reading made a folder"


def test_a_model_that_is_activated_is_in_use_and_the_one_before_is_remembered(store: ModelStore) -> None:
    store.activate(A, MONDAY)
    store.activate(B, TUESDAY)

    choice = ModelStore(store.home).choice()
    assert (choice.active.version, choice.active.since) == (B, TUESDAY)
    assert [(use.version, use.since) for use in choice.previous] == [(SHIPPED, None), (A, MONDAY)]
    assert Classifier.load(store.active_folder()).info.version == B


def test_rolling_back_goes_step_by_step_to_the_shipped_model(store: ModelStore) -> None:
    store.activate(A, MONDAY)
    store.activate(B, TUESDAY)

    assert store.rollback(WEDNESDAY).version == A
    assert store.choice().active.since == WEDNESDAY
    assert store.rollback(WEDNESDAY).version == SHIPPED
    with pytest.raises(ModelError, match="the shipped model is in use and there was none before it"):
        store.rollback(WEDNESDAY)


@pytest.mark.parametrize("by_version", [False, True], ids=["by name", "by version"])
@pytest.mark.parametrize(("name", "folder"), [(SHIPPED, DEFAULT_FOLDER), (FAST, FAST_FOLDER)])
def test_what_ships_can_be_activated_like_any_other(
    store: ModelStore, name: str, folder: Path, by_version: bool
) -> None:
    store.activate(A, MONDAY)

    store.activate(read_manifest(folder).version if by_version else name, TUESDAY)

    assert store.choice().active.version == name
    assert store.usable_folder() == (folder, None)
    assert store.rollback(WEDNESDAY).version == A


def test_rolling_back_can_lead_to_the_fast_model(store: ModelStore) -> None:
    store.activate(FAST, MONDAY)
    store.activate(A, TUESDAY)

    assert store.rollback(WEDNESDAY).version == FAST
    assert ModelStore(store.home).active_folder() == FAST_FOLDER


def test_activating_what_is_in_use_adds_no_history_but_is_noticed(store: ModelStore) -> None:
    store.activate(A, MONDAY)
    before, mark = store.choice(), store.mark()

    store.activate(A, TUESDAY)

    assert store.choice() == before
    assert store.mark() != mark


def test_every_change_is_noticed(store: ModelStore) -> None:
    marks = [store.mark()]
    for change in (lambda: store.activate(A, MONDAY), lambda: store.rollback(TUESDAY)):
        change()
        marks.append(store.mark())

    assert marks[0] is None
    assert marks[1] != marks[2]


# ---- what is refused


def _spoil_network(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"no network")


def _spoil_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")


def _take_away(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


@pytest.mark.parametrize("spoil", [_spoil_network, _spoil_manifest, _take_away])
def test_a_folder_that_is_not_whole_is_refused_and_nothing_changes(store: ModelStore, spoil) -> None:  # type: ignore[no-untyped-def]
    store.activate(A, MONDAY)
    before = (store.home / "active.json").read_bytes()
    spoil(store.home / B)

    with pytest.raises(ModelError, match=f"model {B} did not pass and is not used: "):
        store.activate(B, TUESDAY)

    assert (store.home / "active.json").read_bytes() == before


def test_a_model_that_misreads_a_known_message_is_refused(store: ModelStore) -> None:
    write_misreading_model(store.home, C)

    with pytest.raises(ModelError, match="expected clinical_concern, got "):
        store.activate(C, MONDAY)

    assert store.mark() is None


def test_a_folder_that_holds_another_version_than_its_name_says_is_refused(store: ModelStore) -> None:
    (store.home / A).rename(store.home / C)

    with pytest.raises(ModelError, match=f"holds version {A}: rename the folder"):
        store.activate(C, MONDAY)


@pytest.mark.parametrize("version", ["dddddddddddd", "../models/" + A, "", "active.json"])
def test_a_version_that_is_not_there_is_refused_with_those_that_are(store: ModelStore, version: str) -> None:
    with pytest.raises(ModelError, match=f"has no model of that version; it has shipped, fast, {A}, {B}"):
        store.activate(version, MONDAY)


def test_going_back_to_a_model_that_is_gone_is_refused(store: ModelStore) -> None:
    store.activate(A, MONDAY)
    store.activate(B, TUESDAY)
    (store.home / A / "model.onnx").unlink()

    with pytest.raises(ModelError, match=f"model {A} did not pass"):
        store.rollback(WEDNESDAY)

    assert store.choice().active.version == B


def test_a_pinned_model_is_used_whatever_was_activated_and_nothing_can_be(store: ModelStore, tmp_path: Path) -> None:
    store.activate(A, MONDAY)
    pinned = ModelStore(store.home, tmp_path / "elsewhere")

    assert pinned.active_folder() == tmp_path / "elsewhere"
    for change in (lambda: pinned.activate(B, TUESDAY), lambda: pinned.rollback(TUESDAY)):
        with pytest.raises(ModelError, match=r"MODEL_DIR is set, so .*elsewhere is used whatever is activated: unset"):
            change()
    assert store.choice().active.version == A


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"format": 2, "active": {"version": "shipped", "since": null}, "previous": []}',
        '{"format": 1, "active": {"version": "../../etc", "since": null}, "previous": []}',
        '{"format": 1, "active": {"version": 7, "since": null}, "previous": []}',
        '{"format": 1, "active": {"version": "shipped", "since": "yesterday"}, "previous": []}',
    ],
)
def test_a_damaged_choice_says_what_to_do(store: ModelStore, content: str) -> None:
    (store.home / "active.json").write_text(content)

    with pytest.raises(ModelError, match=r"active\.json is damaged: remove it to use the shipped model"):
        store.active_folder()


# ---- what is put into it


def test_a_folder_that_is_added_can_be_activated_and_is_not_in_use(store: ModelStore, tmp_path: Path) -> None:
    source = write_model(tmp_path / "elsewhere", C)

    assert store.add(source) == C
    assert store.add(source) == C, "adding it again is no error"

    assert store.versions() == [A, B, C]
    assert store.choice().active.version == SHIPPED
    assert store.activate(C, MONDAY).version == C


def test_what_does_not_arrive_whole_is_not_there(store: ModelStore, tmp_path: Path) -> None:
    source = tiny_model.write(tmp_path / "source")
    (source / "model.onnx").unlink()
    (source / "model.onnx").symlink_to(tmp_path / "nowhere")

    with pytest.raises(ModelError):
        store.add(source)

    assert store.versions() == [A, B]
    assert sorted(path.name for path in store.home.iterdir()) == [A, B]


def test_the_choice_is_written_for_people_too(store: ModelStore) -> None:
    store.activate(A, MONDAY)

    assert json.loads((store.home / "active.json").read_text()) == {
        "format": 1,
        "active": {"version": A, "since": "2026-06-01T09:00:00+00:00"},
        "previous": [{"version": SHIPPED, "since": None}],
    }


# ---- a model that is lost


def test_a_model_that_is_there_is_used(store: ModelStore) -> None:
    store.activate(A, MONDAY)

    assert store.usable_folder() == (store.folder_of(A), None)


def test_the_shipped_model_stands_in_for_one_whose_folder_is_gone(store: ModelStore) -> None:
    store.activate(A, MONDAY)
    shutil.rmtree(store.folder_of(A))

    folder, lost = store.usable_folder()
    assert folder == DEFAULT_FOLDER
    assert lost is not None
    assert A in lost


def test_the_shipped_model_stands_in_for_one_that_lacks_a_file(store: ModelStore) -> None:
    store.activate(A, MONDAY)
    (store.folder_of(A) / "model.onnx").unlink()

    folder, lost = store.usable_folder()
    assert folder == DEFAULT_FOLDER
    assert "model.onnx" in str(lost)


def test_the_shipped_model_stands_in_when_the_choice_is_damaged(store: ModelStore) -> None:
    store.activate(A, MONDAY)
    (store.home / "active.json").write_text("{")

    assert store.usable_folder()[0] == DEFAULT_FOLDER


def test_a_folder_that_is_pinned_has_no_substitute(tmp_path: Path) -> None:
    pinned = tmp_path / "no such model"

    assert ModelStore(tmp_path / "models", pinned).usable_folder() == (pinned, None)
