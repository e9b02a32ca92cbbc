"""The command `python -m training generate`, which imports its libraries only when it runs."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from training.run_folder import RUNS

if TYPE_CHECKING:
    from training.generation.recipe import Purpose

_PATH = click.Path(path_type=Path)
_RECIPE = Path(__file__).parents[1] / "recipes" / "generation.toml"


@click.command()
@click.argument("purpose", type=click.Choice(["training", "test"]))
@click.option("--config", type=_PATH, default=_RECIPE, help="The generation recipe, a TOML file.")
@click.option("--output", type=_PATH, help="The folder for the messages; default: training/runs/generated/PURPOSE.")
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    metavar="DOLLARS",
    help="Stop before the requests in this folder, including earlier runs, could cost more.",
)
def generate(purpose: Purpose, config: Path, output: Path | None, budget: float | None) -> None:
    """Ask a language model for labeled messages for training or testing.

    Resumes an earlier run in the same folder. The key comes from OPENAI_API_KEY or ANTHROPIC_API_KEY.
    """
    from training.generation.run import Generation

    with contextlib.closing(Generation(config, purpose, output or RUNS / "generated" / purpose, budget)) as run:
        for line in run.run():
            click.echo(line)
