"""The benchmarks: what they build to measure is what is served, and two commits are compared by the medians."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from benchmarks.paired import compare, find_worse, read_figures
from classifier import Classifier
from classifier.network.model_bundle import DEFAULT_FOLDER
from tests.training import tiny_deberta
from tests.training.lazy import Lazy

if TYPE_CHECKING:
    from benchmarks import graph
else:
    graph = Lazy("benchmarks.graph")


def test_the_reference_architecture_is_served_from_a_folder_like_the_shipped_model_s(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(str(DEFAULT_FOLDER / "tokenizer.json"))
    vocabulary = {"vocab_size": tokenizer.get_vocab_size(), "max_position_embeddings": 256}
    model = tiny_deberta.write(tmp_path / "tiny", **(tiny_deberta.V3 | vocabulary))

    classifier = Classifier.load(graph.served(model, tmp_path))

    assert graph.measure({"tiny": classifier.classify}, texts=2, tokens=16)["tiny"] > 0
    assert len(tokenizer.encode(" ".join([graph.WORD] * 30)).ids) == 32, "each word is one token, and two are special"


PRINTED = """2 cores, Python 3.11.7; medians of 5 starts, 40 messages

start of web, until it answers               1.20 s       2.0 x
classify one message of 32 tokens            {:>4.2f} ms      1.0 x
peak memory of the worker                    349 MB
"""


def test_figures_are_read_as_they_are_printed() -> None:
    assert read_figures(PRINTED.format(6.2)) == {
        "start of web, until it answers, s": 1.2,
        "classify one message of 32 tokens, ms": 6.2,
        "peak memory of the worker, MB": 349.0,
    }


def test_two_commits_are_compared_by_their_medians() -> None:
    before = [read_figures(PRINTED.format(ms)) for ms in (6.0, 9.9, 6.1)]
    after = [read_figures(PRINTED.format(ms)) for ms in (6.5, 6.6, 2.0)]

    rows = compare(before, after)

    assert rows["classify one message of 32 tokens, ms"] == (6.1, 6.5)
    assert find_worse(rows) == ["classify one message of 32 tokens, ms"]


def test_a_figure_that_only_one_commit_has_is_left_out() -> None:
    assert compare([{"new, ms": 1.0, "old, ms": 1.0}], [{"new, ms": 1.0}]) == {"new, ms": (1.0, 1.0)}
