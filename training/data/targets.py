"""What a network should answer to a message, as numbers."""

from __future__ import annotations

from classifier.outputs import DANGERS, INTENTS, LABELS, LANGUAGES, LEVELS
from training.data.corpus import CorpusMessage

UNKNOWN = -100
"""Marks a target that nobody knows, for which no loss is computed."""


def targets_of(message: CorpusMessage) -> list[int]:
    """Return what a network with every column should say about a message, `UNKNOWN` where nobody knows.

    These are the index of the label, of the language and of the triage level; then 1 or 0 for each kind of danger with
    a column; then 1 or 0 for each intent, whether the message asks for it.
    """
    label = UNKNOWN if message.label is None else LABELS.index(message.label)
    level = UNKNOWN if message.level is None else LEVELS.index(message.level)
    dangers = [UNKNOWN if message.level is None else int(message.danger == kind) for kind in DANGERS]
    language = UNKNOWN if message.language is None else LANGUAGES.index(message.language)
    asked = (message.label, message.also)
    unasked = UNKNOWN if message.label is None or message.may_ask_more else 0
    mentions = [1 if message.label and intent in asked else unasked for intent in INTENTS]
    return [label, language, level, *dangers, *mentions]
