"""The folder in which one run keeps its checkpoints and what was made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.errors import TrainingError
from training.recipe import Recipe

RUNS = Path(__file__).parent / "runs"


class RunError(TrainingError):
    """A run folder that cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where things are in `<runs>/<recipe name>/`; the Trainer's checkpoints lie beside them."""

    path: Path

    @property
    def best(self) -> Path:
        """The best checkpoint's weights and configuration, once training has ended."""
        return self.path / "best"

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
        """The model folder as it will be served."""
        return self.path / "model"


def open_run(recipe: Recipe, runs: Path = RUNS) -> RunFolder:
    """Open a recipe's run folder, made if need be.

    Raises:
        RunError: The folder was made by another version of the recipe.
    """
    run = RunFolder(runs / recipe.name)
    run.path.mkdir(parents=True, exist_ok=True)
    note = run.path / "recipe.json"
    wanted = recipe.model_dump_json(indent=2)
    if note.exists() and note.read_text(encoding="utf-8") != wanted:
        raise RunError(f"{run.path} was made by another version of the recipe; remove it to start anew")
    note.write_text(wanted, encoding="utf-8")
    return run


def require_step(path: Path, command: str) -> Path:
    """Return a path that an earlier command has written.

    Raises:
        RunError: It is not there yet.
    """
    if not path.exists():
        raise RunError(f"{path} is not there yet; run `python -m training {command}` first")
    return path
