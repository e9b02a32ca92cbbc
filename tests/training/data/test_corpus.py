from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from classifier import INTENTS
from classifier.understanding import LABELS
from tests.training.conftest import write_unseen
from training.data.corpus import CORPUS, FIRST_SOURCES, RECIPE_SOURCE, CorpusError, CorpusMessage, read_corpus
from training.data.splitting import split_corpus

PACKAGE = Path(__file__).parents[3] / "training"


@pytest.fixture(scope="module")
def messages() -> list[CorpusMessage]:
    return read_corpus()


def test_every_message_of_every_file_is_read(messages: list[CorpusMessage]) -> None:
    kinds = Counter("scope" if m.kind else "intent" if m.label else "urgency" for m in messages)
    assert kinds == {"intent": 23_438, "scope": 2_030, "urgency": 2_400}
    assert sum(message.source == RECIPE_SOURCE for message in messages) == 9_030
    assert {message.label for message in messages} == {*LABELS, None}


def test_tone_and_age_are_known_of_the_intent_files_alone(messages: list[CorpusMessage]) -> None:
    for message in messages:
        assert bool(message.tone) == bool(message.age) == (message.source == RECIPE_SOURCE)


def test_what_belongs_to_no_intent_is_labelled_by_its_kind(corpus: Path) -> None:
    labels = Counter((m.kind, m.label, m.urgent) for m in read_corpus(corpus) if m.kind)
    assert labels == {
        ("spam", "out_of_scope", False): 3,
        ("vendor", "out_of_scope", False): 3,
        ("acknowledgement", "acknowledgement", False): 3,
        ("non_english", "other_language", None): 2,
        ("spanish", "spanish", None): 1,
    }


def test_an_urgency_file_says_nothing_of_the_intent_and_an_intent_file_little_of_the_urgency(corpus: Path) -> None:
    messages = read_corpus(corpus)
    assert Counter((m.source, m.urgent) for m in messages if m.label is None) == {
        ("urgency", True): 3,
        ("urgency", False): 3,
        ("urgency-written", True): 1,
        ("urgency-written", False): 1,
    }
    known = {(m.label, m.urgent) for m in messages if m.label in INTENTS and "dental by sms" not in m.text}
    assert known == {(intent, None if intent == "clinical_concern" else False) for intent in INTENTS}


@pytest.mark.parametrize(("verdict", "urgent"), [("1", True), ("0", False), ("?", None)])
def test_what_a_reader_said_of_a_message_s_urgency_holds(corpus: Path, verdict: str, urgent: bool | None) -> None:
    text = "billing_inquiry to dental by sms, {full_name}"
    (corpus / "judged.tsv").write_text(f"{verdict}\tdental\tsms\t{text}\n", encoding="utf-8")
    (found,) = (message for message in read_corpus(corpus) if message.text == text)
    assert found.urgent is urgent
    assert found.label == "billing_inquiry"


def test_every_judged_message_is_one_of_the_corpus(messages: list[CorpusMessage]) -> None:
    judged = {line.split("\t")[-1] for line in (CORPUS / "judged.tsv").read_text(encoding="utf-8").splitlines()}
    assert judged <= {message.text for message in messages if message.label == "clinical_concern"}


def test_the_split_loses_and_repeats_nothing(messages: list[CorpusMessage]) -> None:
    split = split_corpus(messages, 0.1, seed=1)
    assert Counter(split.train + split.validation) == Counter(messages)


def test_every_stratum_gives_its_share_to_validation(messages: list[CorpusMessage]) -> None:
    def strata(part: list[CorpusMessage]) -> Counter[tuple[bool | str, ...]]:
        # What came later is split file by file.
        return Counter(
            ("" if m.source in FIRST_SOURCES else m.source, m.label or str(m.urgent), m.practice or m.kind)
            for m in part
            if m.topic is None
        )

    kept = strata(split_corpus(messages, 0.1, seed=1).validation)
    shares = {stratum: round(count * 0.1) for stratum, count in strata(messages).items()}
    assert kept == {stratum: count for stratum, count in shares.items() if count}


def test_what_is_added_moves_no_message_of_the_first_corpus(messages: list[CorpusMessage]) -> None:
    first = [message for message in messages if message.source in FIRST_SOURCES]
    alone, whole = split_corpus(first, 0.1, seed=1), split_corpus(messages, 0.1, seed=1)
    assert alone.validation == [m for m in whole.validation if m.source in FIRST_SOURCES]


def test_the_seven_lines_of_a_contrast_topic_stay_together(messages: list[CorpusMessage]) -> None:
    split = split_corpus(messages, 0.1, seed=1)
    topics = Counter(message.topic for message in split.validation if message.topic)
    assert set(topics.values()) == {7}
    assert len(topics) == 35
    assert topics.keys().isdisjoint(message.topic for message in split.train)


def test_a_contrast_topic_holds_one_message_of_each_intent(messages: list[CorpusMessage]) -> None:
    by_topic: dict[str, list[str]] = {}
    for message in messages:
        if message.topic:
            by_topic.setdefault(message.topic, []).append(str(message.label))
    assert len(by_topic) == 350
    assert all(sorted(intents) == sorted(INTENTS) for intents in by_topic.values())


def test_the_split_depends_on_the_seed_alone(messages: list[CorpusMessage]) -> None:
    assert split_corpus(messages, 0.1, seed=1) == split_corpus(messages, 0.1, seed=1)
    assert split_corpus(messages, 0.1, seed=1) != split_corpus(messages, 0.1, seed=2)


@pytest.mark.parametrize(("module", "path"), [("cross_style", "crossstyle"), ("held_back", '"held_back"')])
def test_nothing_but_the_evaluation_can_reach_the_test_messages(module: str, path: str) -> None:
    sources = {file.relative_to(PACKAGE).as_posix(): file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")}
    assert {file for file in sources if module in _imported(PACKAGE / file)} == {"evaluation/evaluate.py"}
    # The generation writes such a file and never reads it.
    others = {"evaluation/evaluate.py", "evaluation/report.py", "evaluation/card.py", "generation/files.py"}
    assert {file for file, text in sources.items() if path in text} - others == {f"data/{module}.py"}


def test_the_corpus_that_is_learned_from_holds_no_held_back_message(corpus: Path) -> None:
    messages = read_corpus(corpus)
    write_unseen(corpus)
    assert read_corpus(corpus) == messages


def test_a_folder_without_messages_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="has no"):
        read_corpus(tmp_path)


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("extra/voices.tsv", "sms\ttext", "has 2 columns, expected 4"),
        ("extra/voices.tsv", "praise\tdental\tsms\ttext", "has the unknown intent 'praise'"),
        ("out_of_scope.tsv", "sms\tpraise\ttext", "has the unknown kind 'praise'; known are acknowledgement, "),
        ("out_of_scope/more.tsv", "sms\tspam\tdental\ttext", "has 4 columns, expected 3"),
        ("urgency.tsv", "yes\tdental\tsms\ttext", r"starts with 'yes', expected 1 \(urgent\) or 0"),
        ("judged.tsv", "2\tdental\tsms\ttext", r"starts with '2', expected 1 \(urgent\), 0 or \?"),
    ],
)
def test_a_wrong_line_is_named(corpus: Path, file: str, line: str, complaint: str) -> None:
    (corpus / file).write_text(line + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"{file}:1 {complaint}"):
        read_corpus(corpus)


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    modules = {str(node.module).removeprefix("training.") for node in imports}
    parents = ("training", "training.data")
    return modules | {name.name for node in imports if node.module in parents for name in node.names}
