from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sentencepiece

from classifier import INTENTS
from training.fit.base_checkpoints import locate_checkpoint
from training.recipe import Recipe, load_recipe

RECIPES = Path(__file__).parents[2] / "training" / "recipes"
PRACTICES = ("dental", "dermatology")
CHANNELS = ("sms", "voicemail")
KINDS = ("spam", "vendor", "acknowledgement", "non_english")
THIRD_PARTY = (
    # transformers scripts its DeBERTa module on import, and optimum exports through TorchScript.
    ("`torch.jit.script` is deprecated", DeprecationWarning),
    ("You are using the legacy TorchScript-based ONNX export", DeprecationWarning),
    ("The feature will be removed", DeprecationWarning),
    # Two checkpoints within a second or so are ordered by their numbers.
    ("mtime may not be reliable on this filesystem", UserWarning),
)


@contextmanager
def third_party_warnings_ignored() -> Iterator[None]:
    with warnings.catch_warnings():
        for message, category in THIRD_PARTY:
            warnings.filterwarnings("ignore", message, category)
        yield


@pytest.fixture(scope="session")
def compact() -> Recipe:
    return load_recipe(RECIPES / "compact.toml")


@pytest.fixture(scope="session")
def compact_base(compact: Recipe) -> Path:
    """The checkpoint that the shipped model started from."""
    return locate_checkpoint(compact.base)


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory, compact_base: Path) -> Path:
    """An importable package with a random BERT of two narrow layers and the real tokenizer in `model/`."""
    import torch
    from transformers import BertConfig, BertModel

    # What an untrained model says of everything, such as that it is Spanish, must not depend on the tests before.
    torch.manual_seed(0)
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
    shutil.copy(compact_base / "tokenizer.json", checkpoint)
    return checkpoint


@pytest.fixture(scope="session")
def tiny_deberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random DeBERTa-v3 of two narrow layers, in the files that the hub has of it: a sentencepiece model alone."""
    checkpoint = tmp_path_factory.mktemp("tiny_deberta")
    with third_party_warnings_ignored():
        from transformers import DebertaV2Model

        from tests.training.tiny_deberta import V3, config

        narrow = config(
            **V3,
            vocab_size=400,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=512,
        )
        DebertaV2Model(narrow).save_pretrained(checkpoint)
    _write_sentencepiece(checkpoint)
    (checkpoint / "tokenizer_config.json").write_text('{"do_lower_case": false, "vocab_type": "spm"}')
    return checkpoint


def _write_sentencepiece(checkpoint: Path) -> None:
    text = checkpoint / "text.txt"
    text.write_text("\n".join(f"{intent.replace('_', ' ')} to {p}, by sms!" for intent in INTENTS for p in PRACTICES))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(checkpoint / "spm"),
        vocab_size=200,
        hard_vocab_limit=False,
        pad_id=0,
        pad_piece="[PAD]",
        bos_id=1,
        bos_piece="[CLS]",
        eos_id=2,
        eos_piece="[SEP]",
        unk_id=3,
        unk_piece="[UNK]",
        minloglevel=2,
    )
    text.unlink()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus")


def write_corpus(folder: Path) -> Path:
    """Write a few messages of everything, in the real layout.

    28 intent messages, three contrast topics of seven, three messages of each of four kinds that belong to no
    intent, of which one is Spanish, and eight that are or are not urgent.
    """
    for practice in PRACTICES:
        (folder / practice).mkdir(parents=True)
        for intent in INTENTS:
            rows = [f"{c}\tpolite\tsenior\t{intent} to {practice} by {c}, {{full_name}}" for c in CHANNELS]
            (folder / practice / f"{intent}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    contrast = [f"{intent}\tdental\tchat\ttopic {topic} as {intent}" for topic in range(3) for intent in INTENTS]
    _write(folder / "extra" / "contrast.tsv", contrast)
    _write(folder / "out_of_scope.tsv", [f"sms\t{kind}\t{kind} {number}" for kind in KINDS for number in range(2)])
    _write(folder / "out_of_scope" / "written.tsv", [f"chat\t{kind}\tmore {kind}" for kind in KINDS])
    _write(folder / "spanish.txt", ["more non_english"])
    urgency = [f"{urgent}\tdental\tsms\t{urgent} {n} {{first_name}}" for urgent in (0, 1) for n in range(3)]
    _write(folder / "urgency.tsv", urgency)
    _write(folder / "urgency" / "written.tsv", ["1\tdental\tsms\tcannot breathe", "0\tdental\tsms\ta sore gum"])
    _write(folder / "judged.tsv", ["1\tdental\tsms\tclinical_concern to dental by sms, {full_name}"])
    return folder


def write_unseen(corpus: Path) -> None:
    """Write what only an evaluation reads: a cross-style test and held-back messages."""
    rows = [
        {"text": f"other words for {i}", "intent": i, "practice": p, "channel": "sms"}
        for i in INTENTS
        for p in PRACTICES
    ]
    _write(corpus / "test" / "crossstyle.jsonl", [json.dumps(row) for row in rows])
    held_back = corpus / "held_back"
    _write(
        held_back / "out_of_scope.tsv", ["sms\tspam\twin {amount}", "chat\tspanish\thola", "chat\tmagazine\tread us"]
    )
    _write(held_back / "urgency.tsv", ["1\tdental\tsms\ti cannot breathe", "0\tdental\tsms\tmy gum is sore"])
    _write(held_back / "in_scope.tsv", [f"{i}\tdental\temail\theld back words for {i}, {{dob}}" for i in INTENTS])


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
