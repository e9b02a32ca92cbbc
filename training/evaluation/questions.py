"""Measure how common questions are found: right answers, wrong answers, and silence.

The practice that is measured answers every question of the starter set, as suggested. The share of wrong answers counts
all messages, asked or not; among the answers given, it is larger, and reported too.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier import Classifier
from classifier.questions import encode_questions, is_answerable
from classifier.sentences import SentenceEncoder
from training.data.held_back import read_held_back_questions
from training.data.questions import NO_TOPIC, Question, QuestionPart, read_questions
from training.export.calibrate_questions import index_of
from training.markdown import format_interval, format_percent, format_table
from training.statistics import wilson_interval

_TIMED = 200


@dataclass(frozen=True, slots=True)
class QuestionScores:
    """What became of a set of messages.

    Attributes:
        asked: how many ask a question of the starter set.
        others: how many do not.
        right: how many got the answer to what they ask.
        wrong: how many got the answer to another question.
        stray: how many got an answer although they ask none of the questions.
    """

    asked: int
    others: int
    right: int
    wrong: int
    stray: int

    @property
    def all_wrong(self) -> int:
        """How many got an answer that is not theirs."""
        return self.wrong + self.stray


def score_answers(questions: Sequence[Question], answers: Sequence[str | None]) -> QuestionScores:
    """Count right and wrong answers.

    Args:
        questions: The messages.
        answers: The topic that each was answered for, None for silence.
    """
    given = Counter[str]()
    for question, answer in zip(questions, answers, strict=True):
        if answer is not None:
            is_right = answer == question.topic
            given["stray" if question.topic == NO_TOPIC else "right" if is_right else "wrong"] += 1
    asked = sum(question.topic != NO_TOPIC for question in questions)
    return QuestionScores(asked, len(questions) - asked, given["right"], given["wrong"], given["stray"])


def measure_questions(corpus: Path, report: Path) -> dict[str, QuestionScores]:
    """Measure the shipped encoder on its own, write the report, and return the scores by set."""
    encoder = SentenceEncoder.load()
    parts = read_questions(corpus)
    sets = {
        "held-out lines of everyday/faq.tsv": parts[QuestionPart.HELD_OUT],
        "Spanish lines of everyday/faq.tsv": parts[QuestionPart.SPANISH],
    }
    strangers = read_held_back_questions(corpus)
    if strangers:
        sets["strangers' questions"] = strangers
    answers = {name: _answer_all(encoder, questions) for name, questions in sets.items()}
    scores = {name: score_answers(questions, answers[name]) for name, questions in sets.items()}
    if strangers:
        sure = _allowed(strangers)
        gated = [
            answer if allowed else None for answer, allowed in zip(answers["strangers' questions"], sure, strict=True)
        ]
        scores["strangers' questions, those that the intent model lets through"] = score_answers(strangers, gated)
    report.write_text(_report(encoder, scores, _milliseconds(encoder, parts[QuestionPart.HELD_OUT])), encoding="utf-8")
    return scores


def _answer_all(encoder: SentenceEncoder, questions: Sequence[Question]) -> list[str | None]:
    index = index_of(encoder, encoder.info.thresholds)
    found = [index.find(vector) for vector in encode_questions(encoder, [question.text for question in questions])]
    return [match.topic if match.is_clear else None for match in found]


def _allowed(questions: Sequence[Question]) -> list[bool]:
    understood = Classifier.load().classify([question.text for question in questions])
    return [is_answerable(found, question.text) for found, question in zip(understood, questions, strict=True)]


def _milliseconds(encoder: SentenceEncoder, questions: Sequence[Question]) -> float:
    index = index_of(encoder, encoder.info.thresholds)
    times = []
    for question in (list(questions) * 3)[:_TIMED]:
        started = time.perf_counter()
        index.find(encode_questions(encoder, [question.text])[0])
        times.append(time.perf_counter() - started)
    return 1000 * sorted(times)[len(times) // 2]


def _report(encoder: SentenceEncoder, scores: dict[str, QuestionScores], milliseconds: float) -> str:
    limits = encoder.info.thresholds
    rows = [
        (
            name,
            _share(found.right, found.asked),
            _share(found.asked - found.right - found.wrong, found.asked),
            _share(found.all_wrong, found.asked + found.others),
            _share(found.all_wrong, found.right + found.all_wrong),
        )
        for name, found in scores.items()
    ]
    header = (
        "messages",
        "right",
        "asked, but silent",
        "answered wrong (goal ≤ 2%)",
        "wrong among the answers",
    )
    return _TEXT.format(
        version=encoder.info.version,
        similarity=limits.similarity,
        margin=limits.margin,
        nearest=limits.nearest,
        table=format_table(header, rows),
        milliseconds=milliseconds,
    )


def _share(count: int, total: int) -> str:
    if not total:
        return "–"
    low, high = wilson_interval(count, total)
    return f"{format_percent(count / total)} ({format_interval(low, high)}; {count} of {total})"


_TEXT = """\
# Common questions

Written by `python -m training questions`, with the sentence encoder `{version}`. A question is answered if the mean
similarity to its {nearest} nearest phrasings is at least {similarity} and {margin} above the next question's. 95%
Wilson intervals are in parentheses.

{table}

The first rows have the encoder decide alone; the service also asks the intent model, which keeps it from
answering anything clinical, urgent, or a complaint. `training/corpus/held_back/questions.tsv` is measured if it is
there. Patients who write Spanish are not answered by this: the encoder knows English only, as the second row shows.

Encoding a question and finding its topic took {milliseconds:.1f} ms in the median on the machine that wrote this.
"""
