"""The command `python -m training benchmark`; what it stands on is imported when it runs."""

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
    help="Who reads: openai:MODEL, anthropic:MODEL, local:FOLDER, hf:FOLDER_OR_NAME or baseline; as often as you like.",
)
@click.option("--prices", type=_PATH, default=_PRICES, help="What API models cost, a TOML file.")
@click.option("--corpus", type=_PATH, default=CORPUS, help="The folder that the baseline is trained on.")
@click.option("--output", type=_PATH, default=RUNS / "benchmark", help="Where the report and what is remembered go.")
def benchmark(messages: Path, models: tuple[str, ...], prices: Path, corpus: Path, output: Path) -> None:
    """Compare models on the file MESSAGES, one JSON object a line with text and intent.

    API models are sent the messages, so none of them may be a real patient's. Keys come from OPENAI_API_KEY and
    ANTHROPIC_API_KEY. What was answered is not asked again.
    """
    from training.benchmark.run import run_benchmark

    click.echo(run_benchmark(messages, models, prices, corpus, output))
