"""The benchmarks that build what they measure still build what is served."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from classifier import Classifier
from classifier.model_bundle import DEFAULT_FOLDER
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
