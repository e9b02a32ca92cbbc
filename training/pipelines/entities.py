"""The steps of the entity model.

Each step imports its own libraries, because some take seconds to import.
"""

from __future__ import annotations

from pathlib import Path

import click

from classifier.folders import MODELS
from training.data.spans.messages import SpanSplit, read_span_messages, split_spans
from training.recipe import EntityRecipe, load_entity_recipe
from training.run_folder import RunFolder, open_run, require_step


class EntityRun:
    """One invocation for the entity model: the recipe, the split corpus and the run folder."""

    output = MODELS / "entities"
    """Where the model that ships with the program is."""

    def __init__(self, config: Path, corpus: Path, runs: Path) -> None:
        """Read the recipe and the corpus, and open the run folder.

        Raises:
            TrainingError: One of them cannot be used.
        """
        self.recipe: EntityRecipe = load_entity_recipe(config)
        self.split: SpanSplit = split_spans(read_span_messages(corpus), self.recipe.data, self.recipe.seed)
        self.folder: RunFolder = open_run(self.recipe, runs)
        self.config = config
        self.corpus = corpus
        self.runs = runs

    def fit(self) -> None:
        """Fit the weights, and before them those of the recipe that this one continues, unless they ship."""
        from training.fit.tag import train_tagger

        train_tagger(self.recipe, self.split, self.folder, self.corpus, self._earlier_weights())

    def _earlier_weights(self) -> Path | None:
        from training.export.recover import recover_run

        if self.recipe.continues is None:
            return None
        run = EntityRun(self.config.parent / self.recipe.continues, self.corpus, self.runs)
        if not run.folder.best.exists() and not recover_run(run.recipe, self.runs, self.output):
            run.fit()
        return run.folder.best

    def export(self) -> None:
        """Export and calibrate the best checkpoint."""
        from training.export.export_tagger import export_tagger

        require_step(self.folder.best, "fit")
        export_tagger(self.recipe, self.split.validation, self.folder, self.corpus)

    def evaluate(self, output: Path | None, reports: Path, validation_only: bool) -> None:
        """Evaluate the exported model, write its report and card, and publish it in `output` if that is given."""
        from classifier.entities.bundle import NAME
        from training.evaluation.spans.evaluate import evaluate_tagger, read_tests, time_messages
        from training.evaluation.spans.report import write_span_card, write_span_report
        from training.export.model_folder import (
            EVALUATION,
            MANIFEST,
            drop_evaluation,
            publish_model,
            read_version,
            report_folder,
            write_json,
            write_manifest,
        )

        model = require_step(self.folder.model / MANIFEST, "export").parent
        drop_evaluation(model)
        command = f"python -m training {click.get_current_context().info_name} (recipe {self.recipe.name})"
        tests = None if validation_only else read_tests(self.corpus, self.folder, command)
        evaluation = evaluate_tagger(self.recipe, self.split, self.folder, self.corpus, tests)
        report = report_folder(reports, read_version(model), validation_only)
        write_span_report(evaluation, time_messages(self.split, self.folder, self.corpus), report)
        write_json(model / EVALUATION, evaluation)
        write_span_card(model)
        write_manifest(model, NAME)
        if output is not None:
            publish_model(model, output)
        for name, found in evaluation["sets"].items():
            scores = found["finders"]["together"]["identifiers"]["covered"]
            click.echo(f"{name}: recall {scores['recall']}, precision {scores['precision']}")
        click.echo(f"report: {report / 'entities.md'}")
        click.echo(f"model: {output or model}")
