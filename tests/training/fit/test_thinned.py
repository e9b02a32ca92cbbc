from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from safetensors import safe_open

from tests.training.conftest import RECIPES, third_party_warnings_ignored
from training.fit.output_columns import output_names
from training.recipe import Recipe, RecipeError, load_recipe

if TYPE_CHECKING:
    from training.fit.initial_model import load_classifier, load_initial_model
    from training.fit.thinned import require_same_shape, thin_out


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    """Import these where the tests run: they take seconds, and every test process collects this module."""
    global load_classifier, load_initial_model, require_same_shape, thin_out
    with third_party_warnings_ignored():
        from training.fit.initial_model import load_classifier, load_initial_model
        from training.fit.thinned import require_same_shape, thin_out


@pytest.fixture
def teacher(tmp_path: Path, tiny_bert: Path, compact: Recipe) -> Path:
    """A network of two layers."""
    target = tmp_path / "teacher"
    load_initial_model(tiny_bert, compact.architecture, output_names(screens=True)).save_pretrained(target)
    return target


def layer(model: Path, number: int) -> dict[str, object]:
    before = f"deberta.encoder.layer.{number - 1}."
    with safe_open(model / "model.safetensors", framework="np") as weights:
        return {
            name.removeprefix(before): weights.get_tensor(name).tolist()
            for name in weights.keys()  # noqa: SIM118 (not a mapping)
            if name.startswith(before)
        }


def others(model: Path) -> dict[str, object]:
    with safe_open(model / "model.safetensors", framework="np") as weights:
        return {
            name: weights.get_tensor(name).tolist()
            for name in weights.keys()  # noqa: SIM118 (not a mapping)
            if ".layer." not in name
        }


@pytest.mark.parametrize("kept", [[2], [2, 1], [1, 2]], ids=["last", "turned-around", "all"])
def test_it_has_the_layers_that_are_kept_in_their_order_and_all_else(
    teacher: Path, tmp_path: Path, compact: Recipe, kept: list[int]
) -> None:
    thinner = thin_out(teacher, kept, tmp_path / "thinner")
    assert [layer(thinner, place) for place in range(1, len(kept) + 2)] == [*(layer(teacher, old) for old in kept), {}]
    assert layer(teacher, 1) != layer(teacher, 2)
    assert others(thinner) == others(teacher)
    loaded = load_classifier(thinner, compact.architecture, output_names(screens=True))
    assert loaded.config.num_hidden_layers == len(kept)


def test_a_layer_that_the_teacher_lacks_is_named(teacher: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="kept_layers names layers 3, 7, but the teacher has 2"):
        thin_out(teacher, [1, 3, 7], tmp_path / "thinner")
    assert not (tmp_path / "thinner").exists()


def test_the_recipe_of_the_small_model_fits_its_teacher() -> None:
    pupil = load_recipe(RECIPES / "fast.toml")
    assert pupil.distillation is not None
    require_same_shape(pupil, load_recipe(RECIPES / pupil.distillation.teacher))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("kept_layers = [1, 4, 7, 9]", "kept_layers = [1, 9]", "keeps 2 layers and has 4"),
        ("position_buckets = 32", "position_buckets = 16", "which has another base or architecture"),
        ("intfloat/multilingual-e5-small", "intfloat/another", "which has another base or architecture"),
    ],
    ids=["layers", "architecture", "base"],
)
def test_a_recipe_that_does_not_fit_its_teacher_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    file = tmp_path / "fast.toml"
    file.write_text((RECIPES / "fast.toml").read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    teacher = load_recipe(RECIPES / "accurate-eleventh.toml")
    with pytest.raises(RecipeError, match=complaint):
        require_same_shape(load_recipe(file), teacher)
