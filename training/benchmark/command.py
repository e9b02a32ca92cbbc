"""The command `python -m training benchmark`, which imports its libraries only when it runs."""

from __future__ import annotations

from pathlib import Path

import click

from training.data.corpus import CORPUS
from training.run_folder import RUNS

_PATH = click.Path(path_type=Path)
_PRICES = Path(__file__).parents[1] / "recipes" / "prices.toml"


@click.command()
@click.argument("messages", type=_PATH)
@click.option(
    "--model",
    "models",
    multiple=True,
    required=True,
    help="openai:MODEL, anthropic:MODEL, local:FOLDER, hf:FOLDER_OR_NAME or baseline; repeat for more models.",
)
@click.option("--prices", type=_PATH, default=_PRICES, help="Prices of API models, a TOML file.")
@click.option("--corpus", type=_PATH, default=CORPUS, help="The training messages of the baseline.")
@click.option("--output", type=_PATH, default=RUNS / "benchmark", help="The folder for the report and the cache.")
def benchmark(messages: Path, models: tuple[str, ...], prices: Path, corpus: Path, output: Path) -> None:
    """Compare models on the file MESSAGES, with one JSON object with text and intent per line.

    API models receive the messages, so do not use messages of real patients. Keys come from OPENAI_API_KEY and
    ANTHROPIC_API_KEY. Answers are cached.
    """
    from training.benchmark.run import run_benchmark

    click.echo(run_benchmark(messages, models, prices, corpus, output))
