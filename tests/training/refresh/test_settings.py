"""The settings of a refresh are checked before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.recipe import RecipeError
from training.refresh.settings import SETTINGS, load_settings


def test_the_shipped_settings_are_usable() -> None:
    assert load_settings().reviews.minimum > 0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("minimum = 400", "minimum = 0"), "reviews.minimum: Input should be greater than 0"),
        (("held_out = 0.3", "held_out = 1.0"), "reviews.held_out: Input should be less than 1"),
        (("repeats = 3", "repeat = 3"), "reviews.repeats: Field required"),
        (("loss = 0.005", "loss = -1"), "rule.loss: Input should be greater than or equal to 0"),
        (("[rule]", "[rule"), "is not valid TOML"),
    ],
)
def test_a_wrong_one_is_named(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    text = SETTINGS.read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "wrong.toml").write_text(text.replace(*change, 1), encoding="utf-8")

    with pytest.raises(RecipeError, match=complaint):
        load_settings(tmp_path / "wrong.toml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"nowhere\.toml cannot be read"):
        load_settings(tmp_path / "nowhere.toml")
