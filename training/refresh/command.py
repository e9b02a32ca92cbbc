"""`python -m training refresh`: learn from reviews and propose a new model if it is no worse than the one in use.

Each step imports its own libraries, because some take seconds to import.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from classifier.network.store import ModelStore
from intake.service_files import DATA_DIR, model_places
from training.data.corpus import CORPUS
from training.data.splitting import read_split, validation_intents
from training.evaluation.test_set_log import record_read
from training.export.model_folder import read_version
from training.recipe import Recipe, load_recipe
from training.refresh.settings import SETTINGS, RefreshError, RefreshSettings, load_settings
from training.run_folder import RUNS

if TYPE_CHECKING:
    from intake.review_archive import ReviewsFile
    from training.refresh.assessment import Assessment
    from training.refresh.candidate import Evidence
    from training.refresh.comparison import LabeledSet
    from training.refresh.mixing import Mixture

_PATH = click.Path(path_type=Path)
_RECIPE = Path(__file__).parents[1] / "recipes" / "refreshed.toml"


@click.command()
@click.option(
    "--test", type=_PATH, required=True, help="Messages to compare the models on: JSON lines with text and intent."
)
@click.option("--reviews", type=_PATH, help="Output of `intake model export-reviews`; default: read the inbox.")
@click.option("--data-dir", type=_PATH, default=DATA_DIR, help="The folder with the service's keys and models.")
@click.option("--config", type=_PATH, default=_RECIPE, help="The recipe, a TOML file.")
@click.option("--settings", type=_PATH, default=SETTINGS, help="The refresh settings, a TOML file.")
@click.option("--corpus", type=_PATH, default=CORPUS, help="The folder with the training messages.")
@click.option("--runs", type=_PATH, default=RUNS, help="The folder for run folders with checkpoints.")
def refresh(
    test: Path, reviews: Path | None, data_dir: Path, config: Path, settings: Path, corpus: Path, runs: Path
) -> None:
    """Train on reviewed messages as well, and propose the new model if nothing regresses.

    A proposed model is put in the store, but not activated. Patient text stays in memory.
    """
    job = _Refresh(load_settings(settings), load_recipe(config), config, corpus, runs, data_dir)
    version = job.run(test, reviews)
    place = "" if data_dir == DATA_DIR else f" --data-dir {data_dir}"
    click.echo(f"Proposed. To use it: intake model activate {version}{place}")


@dataclass(frozen=True, slots=True)
class _Refresh:
    """One refresh: its settings and paths."""

    settings: RefreshSettings
    recipe: Recipe
    config: Path
    corpus: Path
    runs: Path
    data_dir: Path

    def run(self, test: Path, reviews: Path | None) -> str:
        """Train, compare and report.

        Returns:
            The version that was put in the store.

        Raises:
            RefreshError: Something is missing, or the new model is not proposed.
        """
        from training.refresh.assessment import summarize_assessment, write_assessment
        from training.refresh.candidate import assess_candidate, store_candidate
        from training.refresh.comparison import load_labeled_set
        from training.refresh.fitting import fit_candidate
        from training.refresh.mixing import mix_reviews
        from training.refresh.source import read_reviews

        # Fail on a bad file now, before hours of training.
        labeled = load_labeled_set(test, "the test file")
        places = model_places(self.data_dir)
        store = ModelStore(places.store, places.pinned)
        old = store.active_folder()
        exported = read_reviews(reviews, self.data_dir)
        split = read_split(self.recipe, self.corpus)
        validation_intents(split, self.corpus)
        mixture = mix_reviews(split, exported.messages, self.settings.reviews)
        run = fit_candidate(self.recipe, self.config, mixture, self.runs)
        evidence = _evidence(labeled, mixture, exported, self.recipe)
        self._note_reading(test, read_version(run.model))
        assessment = assess_candidate(old, run.model, evidence, self.recipe.name, self.settings.rule)
        report = write_assessment(assessment, run.path)
        click.echo("\n".join([*summarize_assessment(assessment), f"report: {report}"]))
        return store_candidate(_accepted(assessment), run.model, store)

    def _note_reading(self, test: Path, version: str) -> None:
        """Record the use of a test set, if the file to compare on is one."""
        home, file = self.corpus.resolve(), test.resolve()
        if file.is_relative_to(home):
            day = datetime.now(UTC).date()
            record_read(self.corpus, day, version, [file.relative_to(home)], "python -m training refresh")


def _accepted(assessment: Assessment) -> Assessment:
    if not assessment.is_proposed:
        raise RefreshError("the new model is not proposed: " + "; ".join(assessment.objections))
    return assessment


def _evidence(test: LabeledSet, mixture: Mixture, exported: ReviewsFile, recipe: Recipe) -> Evidence:
    from training.data.dataset import render_all
    from training.data.splitting import VALIDATION_SEED
    from training.refresh.assessment import ReviewCounts
    from training.refresh.candidate import Evidence
    from training.refresh.comparison import LabeledSet

    recent = LabeledSet(
        "the recent reviews",
        render_all(mixture.recent, VALIDATION_SEED),
        [message.label or "" for message in mixture.recent],
        mixture.weights,
    )
    # An older file does not say how its messages were chosen, so they cannot speak for or against a model.
    sets = (test,) if exported.format == 1 else (test, recent)
    counts = ReviewCounts(
        practices=exported.practices,
        trained_on=len(mixture.older),
        compared_on=len(mixture.recent),
        identifying=exported.left_out + mixture.left_out,
        without_intent=exported.without_intent,
    )
    validation = mixture.split.validation
    rendered = render_all(validation, VALIDATION_SEED)
    return Evidence(sets, validation, rendered, recipe.calibration.everyday_writers, counts)
