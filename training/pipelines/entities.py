"""The steps of the entity model.

Each step imports its own libraries, because some take seconds to import.
"""

from __future__ import annotations

from pathlib import Path

from training.data.spans.messages import SpanSplit, read_span_messages, split_spans
from training.recipe import EntityRecipe, load_entity_recipe
from training.run_folder import MODELS, RunFolder, open_run, require_step


class EntityRun:
    """One invocation for the entity model: the recipe, the split corpus and the run folder."""

    output = MODELS / "entities"
    """Where the model is served from, unless another folder is given."""

    def __init__(self, config: Path, corpus: Path, runs: Path) -> None:
        """Read the recipe and the corpus, and open the run folder.

        Raises:
            TrainingError: One of them cannot be used.
        """
        self.recipe: EntityRecipe = load_entity_recipe(config)
        self.split: SpanSplit = split_spans(read_span_messages(corpus), self.recipe.data, self.recipe.seed)
        self.folder: RunFolder = open_run(self.recipe, runs)
        self.corpus = corpus

    def fit(self) -> None:
        """Fit the weights. Resumes from the last checkpoint."""
        from training.fit.tag import train_tagger

        train_tagger(self.recipe, self.split, self.folder, self.corpus)

    def export(self) -> None:
        """Export and calibrate the best checkpoint."""
        require_step(self.folder.best, "fit")

    def evaluate(self, output: Path, reports: Path, validation_only: bool) -> None:
        """Evaluate the exported model, write its report and card, and publish it in `output`."""
