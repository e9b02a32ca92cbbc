"""The folder where a run stores its checkpoints and exports."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from training.errors import TrainingError
from training.recipe import EntityRecipe, Recipe

RUNS = Path(__file__).parent / "runs"


class RunError(TrainingError):
    """A run folder that cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths in `<runs>/<recipe name>/`, which also contains the Trainer's checkpoints."""

    path: Path

    @property
    def best(self) -> Path:
        """The weights and configuration of the best checkpoint, once training is finished."""
        return self.path / "best"

    @property
    def writers(self) -> Path:
        """The names of the writers of its training messages, as JSON; missing if they were read back or long ago."""
        return self.path / "writers.json"

    @property
    def onnx(self) -> Path:
        """The full-precision export."""
        return self.path / "onnx"

    @property
    def folded(self) -> Path:
        """The full-precision network with its constants folded."""
        return self.onnx / "folded.onnx"

    @property
    def model(self) -> Path:
        """The model folder, ready to be served."""
        return self.path / "model"

    def last_checkpoint(self) -> Path | None:
        """Return the last checkpoint that was saved whole; remove any that was not, as after a crash."""
        whole: dict[int, Path] = {}
        for checkpoint in self.path.glob("checkpoint-*"):
            # The Trainer writes the state after everything else.
            if _is_json(checkpoint / "trainer_state.json"):
                whole[int(checkpoint.name.removeprefix("checkpoint-"))] = checkpoint
            else:
                shutil.rmtree(checkpoint)
        return whole[max(whole)] if whole else None


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def open_run(recipe: Recipe | EntityRecipe, runs: Path = RUNS) -> RunFolder:
    """Open a recipe's run folder; create it if necessary.

    Raises:
        RunError: A different version of the recipe created the folder.
    """
    run = RunFolder(runs / recipe.name)
    run.path.mkdir(parents=True, exist_ok=True)
    note = run.path / "recipe.json"
    wanted = recipe.model_dump_json(indent=2)
    if note.exists() and note.read_text(encoding="utf-8") != wanted:
        raise RunError(f"{run.path} belongs to another version of the recipe: remove it to start over")
    note.write_text(wanted, encoding="utf-8")
    return run


def is_finished(recipe: Recipe | EntityRecipe, runs: Path) -> bool:
    """Return whether a recipe, as it is, has been trained."""
    run = RunFolder(runs / recipe.name)
    note = run.path / "recipe.json"
    return run.best.exists() and note.exists() and note.read_text(encoding="utf-8") == recipe.model_dump_json(indent=2)


def require_step(path: Path, command: str) -> Path:
    """Return a path that an earlier command must have written.

    Raises:
        RunError: It does not exist yet.
    """
    if not path.exists():
        raise RunError(f"{path} does not exist yet: run `python -m training {command}` first")
    return path
