from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from classifier import INTENTS
from training.corpus import RECIPE_SOURCE, CorpusError, Message, read_corpus, split_corpus

PACKAGE = Path(__file__).parents[2] / "training"


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    return read_corpus()


def test_every_intent_message_and_every_extra_message_is_read(messages: list[Message]) -> None:
    sources = Counter(message.source == RECIPE_SOURCE for message in messages)
    assert sources == {True: 9_030, False: 12_250}
    assert {message.intent for message in messages} == set(INTENTS)


def test_the_split_loses_and_repeats_nothing(messages: list[Message]) -> None:
    split = split_corpus(messages, 0.1, seed=1)
    assert Counter(split.train + split.validation) == Counter(messages)


def test_every_stratum_gives_its_share_to_validation(messages: list[Message]) -> None:
    def strata(part: list[Message]) -> Counter[tuple[str, str]]:
        return Counter((m.intent, m.practice) for m in part if m.topic is None)

    held_back = strata(split_corpus(messages, 0.1, seed=1).validation)
    assert held_back == {stratum: round(count * 0.1) for stratum, count in strata(messages).items()}


def test_the_seven_lines_of_a_contrast_topic_stay_together(messages: list[Message]) -> None:
    split = split_corpus(messages, 0.1, seed=1)
    topics = Counter(message.topic for message in split.validation if message.topic)
    assert set(topics.values()) == {7}
    assert len(topics) == 20
    assert topics.keys().isdisjoint(message.topic for message in split.train)


def test_a_contrast_topic_holds_one_message_of_each_intent(messages: list[Message]) -> None:
    by_topic: dict[str, list[str]] = {}
    for message in messages:
        if message.topic:
            by_topic.setdefault(message.topic, []).append(message.intent)
    assert len(by_topic) == 200
    assert all(sorted(intents) == sorted(INTENTS) for intents in by_topic.values())


def test_the_split_depends_on_the_seed_alone(messages: list[Message]) -> None:
    assert split_corpus(messages, 0.1, seed=1) == split_corpus(messages, 0.1, seed=1)
    assert split_corpus(messages, 0.1, seed=1) != split_corpus(messages, 0.1, seed=2)


def test_nothing_but_the_evaluation_can_reach_the_cross_style_test() -> None:
    named_in = {
        path.name
        for path in PACKAGE.glob("*.py")
        if "cross_style" in _imported(path) or "crossstyle" in path.read_text(encoding="utf-8")
    }
    assert named_in == {"cross_style.py", "evaluate.py", "__main__.py"}


def test_nothing_that_trains_or_calibrates_imports_the_evaluation() -> None:
    for module in ("corpus", "dataset", "train", "export", "calibrate"):
        assert _imported(PACKAGE / f"{module}.py").isdisjoint({"evaluate", "cross_style", "__main__"})


def test_a_folder_without_messages_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="holds no"):
        read_corpus(tmp_path)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("sms\ttext", "2 columns, expected 4"), ("praise\tdental\tsms\ttext", "unknown intent 'praise'")],
)
def test_a_wrong_line_is_named(corpus: Path, line: str, complaint: str) -> None:
    (corpus / "extra" / "voices.tsv").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"voices\.tsv:1 has .*{complaint}"):
        read_corpus(corpus)


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module)
    return {str(node.module).removeprefix("training.") for node in imports}
