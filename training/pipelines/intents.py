"""The steps of the intent model.

Each step imports its own libraries, because some take seconds to import.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from classifier.folders import MODELS
from training.data.splitting import Split, read_split, validation_intents
from training.recipe import Recipe, holding_out, load_recipe
from training.run_folder import RunFolder, is_finished, open_run, require_step


class IntentRun:
    """One invocation for the intent model: the recipe, the split corpus and the run folder."""

    output = MODELS / "intent"
    """Where the model that ships with the program is."""

    def __init__(self, config: Path, corpus: Path, runs: Path, held_out: Sequence[str] = ()) -> None:
        """Read the recipe and the corpus, and open the run folder.

        Args:
            config: The recipe's file.
            corpus: The folder with the training messages.
            runs: The folder for run folders.
            held_out: Writers whose messages a later run is validated on, so that this one must not see them.

        Raises:
            TrainingError: One of them cannot be used.
        """
        self.recipe: Recipe = holding_out(load_recipe(config), held_out)
        self.split: Split = read_split(self.recipe, corpus)
        validation_intents(self.split, corpus)
        self.folder: RunFolder = open_run(self.recipe, runs)
        self.config = config
        self.corpus = corpus
        self.runs = runs

    def fit(self) -> None:
        """Fit the weights, and before them those of the recipes that this one builds on, unless they ship."""
        from training.fit.earlier_run import earlier_weights
        from training.fit.teacher import teacher_logits
        from training.fit.train import train_model

        for earlier in (self.recipe.continues, self.recipe.distillation and self.recipe.distillation.teacher):
            if earlier:
                self._fit_unless_done(earlier)
        teacher = teacher_logits(self.recipe, self.config, self.split.train, self.runs)
        start = self._teachers_layers() or earlier_weights(self.recipe, self.config, self.runs)
        writers = sorted({message.writer for message in self.split.train})
        self.folder.writers.write_text(json.dumps(writers) + "\n", encoding="utf-8")
        train_model(self.recipe, self.split, self.folder, teacher, start)

    def _teachers_layers(self) -> Path | None:
        """Return a folder of the teacher's layers that this recipe starts from; None if it starts from none."""
        from training.fit.earlier_run import open_earlier_run
        from training.fit.thinned import require_same_shape, thin_out

        taught = self.recipe.distillation
        if taught is None or not taught.kept_layers:
            return None
        teacher, run = open_earlier_run(self.config.parent / taught.teacher, self.recipe, self.runs)
        require_same_shape(self.recipe, teacher)
        return thin_out(run.best, taught.kept_layers, self.folder.path / "start")

    def _fit_unless_done(self, name: str) -> None:
        from training.export.recover import recover_run

        file = self.config.parent / name
        recipe = load_recipe(file)
        if is_finished(recipe, self.runs) or recover_run(recipe, self.runs, self.output):
            return
        run = IntentRun(file, self.corpus, self.runs, self.recipe.data.validation_writers)
        if not run.folder.best.exists():
            run.fit()

    def export(self) -> None:
        """Export and calibrate the best checkpoint."""
        from training.export.export_model import export_model

        require_step(self.folder.best, "fit")
        export_model(self.recipe, self.split.validation, self.folder)

    def evaluate(self, output: Path | None, reports: Path, validation_only: bool) -> None:
        """Evaluate the exported model, write its report and card, and publish it in `output` if that is given."""
        from training.evaluation.card import write_card
        from training.evaluation.evaluate import evaluate_model, read_unseen, time_validation
        from training.evaluation.plots import TITLES
        from training.evaluation.report import write_report
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
        unseen = None if validation_only else read_unseen(self.corpus, self.folder, command)
        evaluation = evaluate_model(self.recipe, self.split, self.folder, unseen)
        report = report_folder(reports, read_version(model), validation_only)
        write_report(evaluation, time_validation(self.split, self.folder), report)
        write_json(model / EVALUATION, evaluation)
        write_card(model)
        write_manifest(model)
        if output is not None:
            publish_model(model, output)
        for part in TITLES:
            if part in evaluation:
                scores = evaluation[part]["int8"]
                click.echo(f"{part}: accuracy {scores['accuracy']}, macro_f1 {scores['macro_f1']}")
        click.echo(f"report: {report / 'report.md'}")
        click.echo(f"model: {output or model}")
