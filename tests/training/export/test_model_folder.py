"""A finished model folder replaces the one that is served in one step, or not at all."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from training.export.model_folder import begin_folder, drop_evaluation, publish_model, replace_folder, write_manifest


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "run" / "model", "new")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "served" / "intent", "old")


def write_folder(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    for name in ("model.onnx", "README.md"):
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def read_folder(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_the_new_folder_replaces_the_old_one_as_a_whole(model: Path, output: Path) -> None:
    (output / "evaluation.json").write_text("old", encoding="utf-8")

    publish_model(model, output)

    assert read_folder(output) == read_folder(model) == {"model.onnx": "new", "README.md": "new"}
    assert list(output.parent.iterdir()) == [output]


def test_a_first_model_needs_no_old_folder(model: Path, tmp_path: Path) -> None:
    publish_model(model, tmp_path / "elsewhere" / "intent")
    assert read_folder(tmp_path / "elsewhere" / "intent") == read_folder(model)


def test_what_an_interrupted_export_left_is_not_in_the_way_of_the_next(output: Path) -> None:
    (begin_folder(output) / "half.onnx").write_text("half", encoding="utf-8")

    arriving = begin_folder(output)
    (arriving / "model.onnx").write_text("whole", encoding="utf-8")
    replace_folder(output, arriving)

    assert read_folder(output) == {"model.onnx": "whole"}


def test_a_copy_that_fails_leaves_the_old_folder_whole(model: Path, output: Path) -> None:
    (model / "model.onnx").unlink()
    (model / "model.onnx").symlink_to("nowhere")

    with pytest.raises(OSError, match=r"model\.onnx"):
        publish_model(model, output)

    assert read_folder(output) == {"model.onnx": "old", "README.md": "old"}


@pytest.mark.parametrize("failure", [OSError(errno.EIO, "input/output error"), KeyboardInterrupt()])
def test_a_rename_that_fails_leaves_the_old_folder_whole(
    model: Path, output: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    rename = Path.rename

    def fail_for_the_new_folder(path: Path, target: Path) -> Path:
        if "arriving" in path.name:
            raise failure
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_folder)
    with pytest.raises(type(failure)):
        publish_model(model, output)

    assert read_folder(output) == {"model.onnx": "old", "README.md": "old"}


def test_what_an_interrupted_publication_left_is_cleared_away(model: Path, output: Path) -> None:
    for name in ("intent.arriving", "intent.previous"):
        write_folder(output.with_name(name), "half")

    publish_model(model, output)

    assert read_folder(output) == read_folder(model)
    assert list(output.parent.iterdir()) == [output]


def test_a_publication_killed_between_its_two_renames_can_be_repeated(model: Path, output: Path) -> None:
    output.rename(output.with_name("intent.previous"))

    publish_model(model, output)

    assert read_folder(output) == read_folder(model)
    assert list(output.parent.iterdir()) == [output]


def manifest_of(folder: Path) -> dict[str, dict[str, str]]:
    files: dict[str, dict[str, str]] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    return files


@pytest.mark.parametrize("present", [("evaluation.json", "README.md"), ("evaluation.json",), ()])
def test_an_evaluation_is_dropped_however_far_it_came(model: Path, present: tuple[str, ...]) -> None:
    (model / "README.md").unlink()
    for name in present:
        (model / name).write_text("old", encoding="utf-8")
    write_manifest(model)

    drop_evaluation(model)

    assert sorted(path.name for path in model.iterdir()) == ["manifest.json", "model.onnx"]
    assert list(manifest_of(model)) == ["model.onnx"]


def test_dropping_an_evaluation_does_not_vouch_for_a_network_that_was_altered(model: Path) -> None:
    write_manifest(model)
    checksum = manifest_of(model)["model.onnx"]["sha256"]
    (model / "model.onnx").write_text("altered", encoding="utf-8")

    drop_evaluation(model)

    assert manifest_of(model)["model.onnx"]["sha256"] == checksum
