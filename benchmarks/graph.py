"""What a message costs to read: the original of the reference architecture in PyTorch, and what is served of it.

`python -m benchmarks.graph` prints the table. Run it on an idle machine. Weights are random: they cost as much to
multiply as trained ones.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import torch
from transformers import (
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    PreTrainedTokenizerFast,
    TextClassificationPipeline,
)

from classifier import INTENTS, Classifier
from classifier.network.model_bundle import CALIBRATION, DEFAULT_FOLDER, FAST_FOLDER
from training.export.export_model import export_network
from training.export.model_folder import NETWORK, write_json, write_manifest

TOKENS: Final = (16, 32, 64, 128, 256)
BATCHES: Final = (1, 16)
ROUNDS: Final = 7
# One token of the tokenizer that all of them use.
WORD: Final = "appointment"

PIPELINE: Final = "PyTorch pipeline"
SERVED: Final = "served, reference"
SHIPPED: Final = "served, shipped"
FAST: Final = "served, fast"

Read = Callable[[list[str]], object]


def main() -> None:
    """Measure everything in turn, several times, and print the medians."""
    torch.set_num_threads(1)
    print(f"milliseconds a message, one thread, median of {ROUNDS} rounds; in brackets the pipeline's over it\n")
    print(f"{'texts':>5}{'tokens':>8}{PIPELINE:>20}{SERVED:>24}{SHIPPED:>24}{FAST:>24}")
    with tempfile.TemporaryDirectory() as folder:
        readers = dict(readers_of(Path(folder)))
        for texts in BATCHES:
            for tokens in TOKENS:
                print_row(texts, tokens, measure(readers, texts, tokens))


def readers_of(folder: Path) -> Iterator[tuple[str, Read]]:
    """Yield what reads texts, by name: of the reference architecture, microsoft/deberta-v3-base, and ours."""
    model = reference()
    yield SERVED, Classifier.load(served(model, folder)).classify
    yield SHIPPED, Classifier.load().classify
    yield FAST, Classifier.load(FAST_FOLDER).classify
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(DEFAULT_FOLDER / "tokenizer.json"), **special)
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    pipeline = TextClassificationPipeline(model=model, tokenizer=tokenizer, framework="pt", device="cpu")
    yield PIPELINE, lambda texts: pipeline(texts, batch_size=len(texts))


def reference() -> Any:
    """Build microsoft/deberta-v3-base as it is, with random weights and seven outputs."""
    config = DebertaV2Config(
        vocab_size=128100,
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3072,
        max_position_embeddings=512,
        relative_attention=True,
        position_buckets=256,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        pos_att_type=["p2c", "c2p"],
        position_biased_input=False,
        num_labels=len(INTENTS),
    )
    torch.manual_seed(0)
    return DebertaV2ForSequenceClassification(config).eval()


def served(model: Any, folder: Path) -> Path:
    """Make a model folder of it, as `intake model import` does but for what random weights have no use of."""
    model.save_pretrained(folder / "checkpoint")
    home = folder / "model"
    home.mkdir()
    export_network(folder / "checkpoint", folder / "onnx", home / NETWORK)
    (home / "tokenizer.json").write_bytes((DEFAULT_FOLDER / "tokenizer.json").read_bytes())
    settings = {"labels": list(INTENTS), "max_tokens": 256, "window_overlap": 64, "base_model": "random"}
    write_json(home / "config.json", settings)
    write_json(home / CALIBRATION, {"languages": {"en": {"temperature": 1.0, "review": 0.5}}})
    write_manifest(home)
    return home


def measure(readers: dict[str, Read], texts: int, tokens: int) -> dict[str, float]:
    """Return each reader's median milliseconds a message; they take turns, so that a slow spell meets them all."""
    # Two of the tokens are the special ones.
    batch = [" ".join([WORD] * (tokens - 2))] * texts
    times: dict[str, list[float]] = {name: [] for name in readers}
    for round_number in range(ROUNDS + 1):
        for name, read in readers.items():
            began = time.perf_counter()
            read(batch)
            if round_number:
                times[name].append((time.perf_counter() - began) / texts * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def print_row(texts: int, tokens: int, medians: dict[str, float]) -> None:
    """Print one line of the table."""
    pipeline = medians[PIPELINE]
    cells = (f"{medians[name]:>14.2f} ({pipeline / medians[name]:>5.1f} x)" for name in (SERVED, SHIPPED, FAST))
    print(f"{texts:>5}{tokens:>8}{pipeline:>20.2f}" + "".join(f"{cell:>24}" for cell in cells))


if __name__ == "__main__":
    main()
