"""The messages that a recipe trains and validates on."""

from __future__ import annotations

from pathlib import Path

from classifier.understanding import INTENTS
from training.data.corpus import Split, read_corpus, split_corpus
from training.recipe import Recipe


def read_split(recipe: Recipe, corpus: Path) -> Split:
    """Read the corpus and split it, leaving out what the recipe's network has no output for.

    Raises:
        CorpusError: The corpus does not follow its format.
    """
    messages = read_corpus(corpus)
    if not recipe.data.screens:
        messages = [message for message in messages if message.label in INTENTS]
    return split_corpus(messages, recipe.data.validation_fraction, recipe.seed)
