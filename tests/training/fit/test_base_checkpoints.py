from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.packed_file import PackedFile
from training.fit.base_checkpoints import locate_checkpoint
from training.recipe import BaseCheckpoint, RecipeError


def base(**source: object) -> BaseCheckpoint:
    return BaseCheckpoint.model_validate({"name": "someone/encoder", "licence": "MIT"} | source)


def checkpoint(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, dict[str, bytes]], None]:
    """Installs a distribution of some files where Python looks for them."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))

    def install(name: str, content: dict[str, bytes]) -> None:
        record = site / f"{name.replace('-', '_')}-1.0.dist-info"
        record.mkdir(parents=True)
        (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (record / "RECORD").write_text("".join(f"{path},,\n" for path in content))
        for path, written in content.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_bytes(written)

    return install


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        written.writestr("encoder/config.json", "{}")
        written.writestr("encoder/vocab.txt", "word\n" * 100)
    return content.getvalue()


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert locate_checkpoint(base(path=checkpoint(tmp_path / "encoder"))) == tmp_path / "encoder"


def test_a_package_s_folder_is_found(installed: Callable[[str, dict[str, bytes]], None], tmp_path: Path) -> None:
    installed(
        "encoder-in-package", {"encoder_in_package/__init__.py": b"", "encoder_in_package/model/config.json": b"{}"}
    )
    found = locate_checkpoint(base(package="encoder_in_package", folder="model"))
    assert found == tmp_path / "site" / "encoder_in_package" / "model"


def test_an_archive_in_parts_is_put_together_once(
    installed: Callable[[str, dict[str, bytes]], None], tmp_path: Path
) -> None:
    whole = archive()
    installed("part-one", {"part_one/encoder.zip.001": whole[:150], "part_one/__init__.py": b""})
    installed("part-two", {"part_two/encoder.zip.002": whole[150:]})
    wanted = base(parts=("part-one", "part-two"), folder="encoder")
    found = locate_checkpoint(wanted, tmp_path / "bases")
    assert found == tmp_path / "bases" / "someone--encoder" / "encoder"
    assert (found / "vocab.txt").read_text() == "word\n" * 100
    (found / "vocab.txt").unlink()
    assert not (locate_checkpoint(wanted, tmp_path / "bases") / "vocab.txt").exists()


def test_a_packed_file_of_an_installed_distribution_is_unpacked_once(
    installed: Callable[[str, dict[str, bytes]], None], tmp_path: Path
) -> None:
    installed("packed-encoder", {"elsewhere/weights.bin": PackedFile().content(), "elsewhere/__init__.py": b"1 / 0"})
    wanted = base(package="packed-encoder", packed="weights.bin")
    found = locate_checkpoint(wanted, tmp_path / "bases")
    assert found == tmp_path / "bases" / "someone--encoder"
    assert json.loads((found / "config.json").read_text())["model_type"] == "bert"
    (found / "tokenizer.json").unlink()
    assert not (locate_checkpoint(wanted, tmp_path / "bases") / "tokenizer.json").exists()


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ({"path": "nowhere"}, "nowhere has no config.json: expected the folder of a Hugging Face checkpoint"),
        (
            {"package": "no_such_encoder"},
            "the package no_such_encoder with someone/encoder is not installed: install it",
        ),
        (
            {"package": "no-such-encoder", "packed": "weights.bin"},
            "the package no-such-encoder is not installed: install it, it contains the base checkpoint",
        ),
        (
            {"package": "pytest", "packed": "weights.bin"},
            r"pytest contains no weights\.bin: correct base\.packed in the recipe",
        ),
        ({"parts": ("no-such-part",)}, "no-such-part is not installed: install it"),
        ({"parts": ("pytest",)}, "pytest contains 0 parts of an archive, expected one"),
    ],
)
def test_a_checkpoint_that_is_not_there_is_named(tmp_path: Path, source: dict[str, object], complaint: str) -> None:
    with pytest.raises(RecipeError, match=complaint):
        locate_checkpoint(base(**source), tmp_path)
