from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from classifier import INTENTS
from training.bases import locate
from training.recipe import Recipe, load_recipe

RECIPES = Path(__file__).parents[2] / "training" / "recipes"
PRACTICES = ("dental", "dermatology")
CHANNELS = ("sms", "voicemail")


@pytest.fixture(scope="session")
def compact() -> Recipe:
    return load_recipe(RECIPES / "compact.toml")


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory, compact: Recipe) -> Path:
    """An importable package with a random BERT of two narrow layers and the real tokenizer in `model/`."""
    from transformers import BertConfig, BertModel

    package = tmp_path_factory.mktemp("packages") / "tiny_bert"
    checkpoint = package / "model"
    checkpoint.mkdir(parents=True)
    (package / "__init__.py").touch()
    config = BertConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        layer_norm_eps=1e-12,
    )
    BertModel(config).save_pretrained(checkpoint)
    shutil.copy(locate(compact.base) / "tokenizer.json", checkpoint)
    return checkpoint


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus")


def write_corpus(folder: Path) -> Path:
    """Write 28 intent messages and three contrast topics of seven, in the real layout."""
    for practice in PRACTICES:
        (folder / practice).mkdir(parents=True)
        for intent in INTENTS:
            rows = [f"{c}\tpolite\tsenior\t{intent} to {practice} by {c}, {{full_name}}" for c in CHANNELS]
            (folder / practice / f"{intent}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "extra").mkdir()
    contrast = [f"{intent}\tdental\tchat\ttopic {topic} as {intent}" for topic in range(3) for intent in INTENTS]
    (folder / "extra" / "contrast.tsv").write_text("\n".join(contrast) + "\n", encoding="utf-8")
    return folder


def write_cross_style_test(corpus: Path) -> None:
    rows = [{"text": f"other words for {i}", "intent": i, "practice": "dental"} for i in INTENTS]
    (corpus / "test").mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (corpus / "test" / "crossstyle.jsonl").write_text(lines, encoding="utf-8")
