"""`python -m training refresh`: learn from reviews, compare with the model in use, and propose only what is no worse.

The libraries behind the steps take seconds to import, so each is imported where it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classifier import ModelError
from classifier.store import ModelStore
from intake.errors import IntakeError
from intake.service_files import DATA_DIR, model_places
from training.data.corpus import CORPUS, CorpusError
from training.data.splitting import read_split
from training.evaluation.test_set_log import record_read
from training.export.model_folder import version_of
from training.recipe import Recipe, RecipeError, load_recipe
from training.refresh.settings import SETTINGS, RefreshError, RefreshSettings, load_settings
from training.run_folder import RUNS, RunError

if TYPE_CHECKING:
    from intake.review_archive import ReviewsFile
    from training.refresh.comparison import Labelled
    from training.refresh.mixing import Mixture
    from training.refresh.proposing import Evidence
    from training.refresh.verdict import Verdict

_PATH = click.Path(path_type=Path)
_RECIPE = Path(__file__).parents[1] / "recipes" / "compact.toml"


@click.command()
@click.option("--test", type=_PATH, required=True, help="Messages to compare on: JSON lines with text and intent.")
@click.option("--reviews", type=_PATH, help="What `intake model export-reviews` wrote; without it the inbox is read.")
@click.option("--data-dir", type=_PATH, default=DATA_DIR, help="Where the service keeps its keys and its models.")
@click.option("--config", type=_PATH, default=_RECIPE, help="The recipe, a TOML file.")
@click.option("--settings", type=_PATH, default=SETTINGS, help="How reviews are used and what is asked, a TOML file.")
@click.option("--corpus", type=_PATH, default=CORPUS, help="The folder with the training messages.")
@click.option("--runs", type=_PATH, default=RUNS, help="Where runs keep their checkpoints.")
def refresh(
    test: Path, reviews: Path | None, data_dir: Path, config: Path, settings: Path, corpus: Path, runs: Path
) -> None:
    """Learn from reviewed messages too, and propose the new model if nothing regresses.

    A model that is proposed is put into the store, and not activated. Patient text stays in memory.
    """
    try:
        job = _Refresh(load_settings(settings), load_recipe(config), config, corpus, runs, data_dir)
        version = job.run(test, reviews)
    except (RefreshError, RecipeError, CorpusError, RunError, ModelError, IntakeError) as error:
        raise click.ClickException(str(error)) from None
    place = "" if data_dir == DATA_DIR else f" --data-dir {data_dir}"
    click.echo(f"Proposed. To use it: intake model activate {version}{place}")


@dataclass(frozen=True, slots=True)
class _Refresh:
    """One refresh: what it depends on and where things are."""

    settings: RefreshSettings
    recipe: Recipe
    config: Path
    corpus: Path
    runs: Path
    data_dir: Path

    def run(self, test: Path, reviews: Path | None) -> str:
        """Train, compare and report.

        Returns:
            The version that was put into the store.

        Raises:
            RefreshError: Something is missing, or the new model is not proposed.
        """
        from training.refresh.comparison import read_labelled
        from training.refresh.fitting import fit
        from training.refresh.mixing import mix
        from training.refresh.proposing import judge, propose
        from training.refresh.source import read_reviews
        from training.refresh.verdict import summary, write_report

        labelled = read_labelled(test, "the test file")  # before hours of training
        places = model_places(self.data_dir)
        store = ModelStore(places.store, places.pinned)
        old = store.active_folder()
        exported = read_reviews(reviews, self.data_dir)
        mixture = mix(read_split(self.recipe, self.corpus), exported.messages, self.settings.reviews)
        run = fit(self.recipe, self.config, mixture, self.runs)
        evidence = _evidence(labelled, mixture, exported)
        self._note_reading(test, version_of(run.model))
        verdict = judge(old, run.model, evidence, self.recipe.name, self.settings.rule)
        report = write_report(verdict, run.path)
        click.echo("\n".join([*summary(verdict), f"report: {report}"]))
        return propose(_accepted(verdict), run.model, store)

    def _note_reading(self, test: Path, version: str) -> None:
        """Write down that a model is about to read messages that are for testing alone, if they are."""
        home, file = self.corpus.resolve(), test.resolve()
        if file.is_relative_to(home):
            day = datetime.now(UTC).date()
            record_read(self.corpus, day, version, [file.relative_to(home)], "python -m training refresh")


def _accepted(verdict: Verdict) -> Verdict:
    if not verdict.is_proposed:
        raise RefreshError("the new model is not proposed: " + "; ".join(verdict.objections))
    return verdict


def _evidence(test: Labelled, mixture: Mixture, exported: ReviewsFile) -> Evidence:
    from training.data.dataset import render_all
    from training.fit.train import VALIDATION_SEED
    from training.refresh.comparison import Labelled
    from training.refresh.proposing import Evidence
    from training.refresh.verdict import Counts

    recent = Labelled(
        "the recent reviews",
        render_all(mixture.recent, VALIDATION_SEED),
        [message.label or "" for message in mixture.recent],
    )
    urgent = [message for message in mixture.split.validation if message.urgent]
    counts = Counts(
        practices=exported.practices,
        trained_on=len(mixture.older),
        compared_on=len(mixture.recent),
        identifying=exported.left_out + mixture.left_out,
        without_intent=exported.without_intent,
    )
    return Evidence((test, recent), render_all(urgent, VALIDATION_SEED), counts)
