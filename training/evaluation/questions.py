"""Measure how common questions are found: right answers, wrong answers, and silence.

The practice that is measured answers every question of the starter set, as suggested. An answer is right if it answers
all that a message asks and nothing else. The share of wrong answers counts
all messages, asked or not; among the answers given, it is larger, and reported too.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier import Classifier
from classifier.questions.find import encode_questions, is_answerable
from classifier.questions.sentences import SentenceEncoder
from intake.starter_questions import starter_questions
from training.data.held_back import read_bilingual_questions, read_held_back_questions
from training.data.questions import QuestionExample, QuestionPart, fill_slots, read_questions
from training.export.calibrate_questions import encode_starters, matcher_of, own_index
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


def score_answers(questions: Sequence[QuestionExample], answers: Sequence[frozenset[str]]) -> QuestionScores:
    """Count right and wrong answers.

    Args:
        questions: The messages.
        answers: The topics that each was answered for, none for silence.
    """
    given = Counter[str]()
    for question, answer in zip(questions, answers, strict=True):
        if answer:
            given["stray" if not question.topics else "right" if answer == question.topics else "wrong"] += 1
    asked = sum(bool(question.topics) for question in questions)
    return QuestionScores(asked, len(questions) - asked, given["right"], given["wrong"], given["stray"])


def measure_questions(corpus: Path, report: Path) -> dict[str, QuestionScores]:
    """Measure the shipped encoder behind the intent model, write the report, and return the scores by set."""
    encoder = SentenceEncoder.load()
    parts = {part: fill_slots(questions) for part, questions in read_questions(corpus).items()}
    asked = parts[QuestionPart.ASKED_HELD_OUT]
    sets = {
        "the messages that calibrate": parts[QuestionPart.ASKED_CALIBRATION],
        "everyday/asked.tsv, the half held out": asked,
        "everyday/asked.tsv, the half held out, Spanish": [question for question in asked if question.is_spanish],
        "everyday/faq.tsv, the lines held out": parts[QuestionPart.HELD_OUT],
    }
    strangers = fill_slots(read_held_back_questions(corpus))
    if strangers:
        sets["strangers' questions"] = strangers
    bilingual = read_bilingual_questions(corpus)
    if bilingual:
        sets["another stranger's, English"] = [question for question in bilingual if not question.is_spanish]
        sets["another stranger's, Spanish"] = [question for question in bilingual if question.is_spanish]
    scores = {name: score_answers(questions, _answer_all(encoder, questions)) for name, questions in sets.items()}
    scores["a practice's own question, everyday/asked.tsv"] = _score_own(
        encoder, [question for question in asked if not question.is_spanish]
    )
    report.write_text(_report(encoder, scores, _milliseconds(encoder, parts[QuestionPart.HELD_OUT])), encoding="utf-8")
    return scores


def _answer_all(encoder: SentenceEncoder, questions: Sequence[QuestionExample]) -> list[frozenset[str]]:
    matcher = matcher_of(encoder)
    understood = Classifier.load().classify([question.text for question in questions])
    answers = []
    for question, found in zip(questions, understood, strict=True):
        match = matcher.match(question.text)
        is_given = match.is_clear and is_answerable(found, question.text)
        answers.append(frozenset((match.topic, *match.also)) if is_given else frozenset())
    return answers


def _score_own(encoder: SentenceEncoder, questions: Sequence[QuestionExample]) -> QuestionScores:
    """Take each question of the starter set for the practice's own in turn, with a few phrasings, and add up."""
    vectors = encode_questions(encoder, [question.text for question in questions])
    phrasings = encode_starters(encoder)
    asked = right = stray = 0
    for own in starter_questions():
        index = own_index(phrasings, own, encoder.info.thresholds)
        for question, vector in zip(questions, vectors, strict=True):
            match = index.find(vector)
            is_given = match.is_clear and match.topic == own
            asked += own in question.topics
            right += is_given and own in question.topics
            stray += is_given and own not in question.topics
    return QuestionScores(asked, len(questions) * len(starter_questions()) - asked, right, 0, stray)


def _milliseconds(encoder: SentenceEncoder, questions: Sequence[QuestionExample]) -> float:
    matcher = matcher_of(encoder)
    times = []
    for question in (list(questions) * 3)[:_TIMED]:
        started = time.perf_counter()
        matcher.match(question.text)
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
        topic=limits.topic,
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

Written by `python -m training questions`, with the sentence encoder `{version}`. A question of the starter set is
answered from the probability {topic} on. A question of the practice's own is answered if the mean similarity to its
{nearest} nearest phrasings is at least {similarity} and {margin} above the next question's. The intent model keeps
anything clinical, urgent, or a complaint from being answered, as in the service. 95% Wilson intervals are in
parentheses.

{table}

In the last row, each question of the starter set is the practice's own in turn, with four phrasings; the intent model
is left out. The strangers' questions are `training/corpus/held_back/questions.tsv` and `questions_birch.tsv`.

Finding what a message asks took {milliseconds:.1f} ms in the median on the machine that wrote this.
"""
