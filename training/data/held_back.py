"""The held-back messages, on which the screens are measured.

Like the cross-style test, they are used only for testing: only `training.evaluation.evaluate` imports this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from classifier.outputs import INTENTS, Language
from intake.vocabulary import TriageLevel
from training.data.corpus import CorpusError, CorpusMessage, label_for_kind, parse_level, parse_urgency, read_rows
from training.data.questions import QuestionExample, parse_questions

_FOLDER = Path("held_back")
FILES = tuple(_FOLDER / f"{name}.tsv" for name in ("out_of_scope", "urgency", "in_scope"))
"""Their paths in the corpus folder."""
QUESTIONS = _FOLDER / "questions.tsv"
"""The path of the strangers' questions, of which some ask none of the starter set's."""
BILINGUAL_QUESTIONS = _FOLDER / "questions_birch.tsv"
"""The path of another stranger's questions, half of them in Spanish."""
PLAIN = _FOLDER / "plain.tsv"
"""The path of a stranger's ordinary messages, some of which mention a danger on the side."""


def read_held_back(corpus: Path) -> list[CorpusMessage]:
    """Read the held-back messages, with their slots unfilled.

    Out-of-scope messages have a `kind`, messages of the urgency file have `urgent`, and messages with an intent have a
    `label` from `INTENTS`. Nothing else is known about them.

    Raises:
        CorpusError: A file cannot be read, or a line does not have the columns that `corpus/README.md` describes.
    """
    out_of_scope, urgency, in_scope = (corpus / file for file in FILES)
    return [*_out_of_scope(out_of_scope), *_urgency(urgency), *_in_scope(in_scope)]


def read_held_back_questions(corpus: Path) -> list[QuestionExample]:
    """Read the strangers' questions: topic, channel, text; empty if the file is not there.

    Raises:
        CorpusError: A line does not have the columns, or an unknown topic.
    """
    path = corpus / QUESTIONS
    return list(parse_questions(path)) if path.exists() else []


def read_bilingual_questions(corpus: Path) -> list[QuestionExample]:
    """Read a stranger's questions in two languages: topic, language, text; empty if the file is not there.

    Raises:
        CorpusError: A line does not have the columns, or an unknown topic.
    """
    path = corpus / BILINGUAL_QUESTIONS
    if not path.exists():
        return []
    languages = [language for _, (_topic, language, _text) in read_rows(path, 3)]
    questions = zip(parse_questions(path), languages, strict=True)
    return [replace(question, is_spanish=language == "es") for question, language in questions]


def read_plain(corpus: Path) -> list[CorpusMessage]:
    """Read a stranger's ordinary messages: level, language, text; empty if the file is not there.

    Raises:
        CorpusError: A line does not have the columns, or an unknown level or language.
    """
    path = corpus / PLAIN
    return list(_plain(path)) if path.exists() else []


def _plain(path: Path) -> Iterator[CorpusMessage]:
    for number, (level, language, text) in read_rows(path, 3):
        if language not in ("en", "es"):
            raise CorpusError(f"{path}:{number} has the language {language!r}, expected en or es")
        spoken: Language = "es" if language == "es" else "en"
        found = parse_level(level, path, number)
        yield CorpusMessage(text, None, "", "sms", "held_back", level=found, language=spoken, writer="plain")


def _out_of_scope(path: Path) -> Iterator[CorpusMessage]:
    for number, (channel, kind, text) in read_rows(path, 3):
        label = label_for_kind(kind, path, number)
        language: Language = "en" if label else "es" if kind == "spanish" else "other"
        yield CorpusMessage(text, label, "", channel, "held_back", kind=kind, language=language)


def _urgency(path: Path) -> Iterator[CorpusMessage]:
    for number, (urgent, practice, channel, text) in read_rows(path):
        # Those that are not urgent were not told apart any further; most of them are routine.
        level = TriageLevel.EMERGENCY if parse_urgency(urgent, path, number) else TriageLevel.ROUTINE
        yield CorpusMessage(text, None, practice, channel, "held_back", level=level)


def _in_scope(path: Path) -> Iterator[CorpusMessage]:
    for number, (intent, practice, channel, text) in read_rows(path):
        if intent not in INTENTS:
            raise CorpusError(f"{path}:{number} has the unknown intent {intent!r}")
        yield CorpusMessage(text, intent, practice, channel, "held_back")
