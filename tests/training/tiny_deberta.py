"""Random DeBERTa classifiers small enough to compare with in full, whose every weight matters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.training.lazy import Lazy

if TYPE_CHECKING:
    import torch
    from transformers import DebertaV2Config, DebertaV2ForSequenceClassification, DebertaV2ForTokenClassification
else:
    torch = Lazy("torch")
    DebertaV2Config = Lazy("transformers", "DebertaV2Config")
    DebertaV2ForSequenceClassification = Lazy("transformers", "DebertaV2ForSequenceClassification")
    DebertaV2ForTokenClassification = Lazy("transformers", "DebertaV2ForTokenClassification")


LONGEST: Final = 48
WORDS: Final = 100
# As training/fit/warm_start.py makes them with either number of terms, and as microsoft/deberta-v3-base is.
COMPACT: Final[dict[str, Any]] = {
    "position_biased_input": True,
    "pos_att_type": ["c2p"],
    "share_att_key": False,
    "position_buckets": 8,
    "max_relative_positions": 24,
}
BOTH: Final[dict[str, Any]] = COMPACT | {"pos_att_type": ["c2p", "p2c"]}
V3: Final[dict[str, Any]] = {
    "position_biased_input": False,
    "share_att_key": True,
    "position_buckets": 16,
    "max_relative_positions": -1,
}


def config(**changes: Any) -> DebertaV2Config:
    """Describe a model of three layers."""
    usual = {
        "vocab_size": WORDS,
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": LONGEST,
        "type_vocab_size": 0,
        "relative_attention": True,
        "pos_att_type": ["p2c", "c2p"],
        "norm_rel_ebd": "layer_norm",
        "initializer_range": 0.3,
        "num_labels": 7,
    }
    return DebertaV2Config(**(usual | changes))


def write(folder: Path, seed: int = 0, **changes: Any) -> DebertaV2ForSequenceClassification:
    """Write a random model, biases and layer norms too, as a checkpoint."""
    torch.manual_seed(seed)
    model = DebertaV2ForSequenceClassification(config(**changes))
    model.eval()
    for parameter in model.parameters():
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter, float(parameter.detach().mean()), 0.3)
    model.save_pretrained(folder)
    return model


def write_tagger(folder: Path, seed: int = 0, **changes: Any) -> DebertaV2ForTokenClassification:
    """Write a random model with a head on every token as a checkpoint."""
    torch.manual_seed(seed)
    model = DebertaV2ForTokenClassification(config(**changes))
    model.eval()
    model.save_pretrained(folder)
    return model


def batch(lengths: list[int]) -> dict[str, torch.Tensor]:
    """Return random texts of these lengths, padded to the longest."""
    longest = max(lengths)
    mask = torch.tensor([[1] * length + [0] * (longest - length) for length in lengths])
    generator = torch.Generator().manual_seed(longest)
    return {"input_ids": torch.randint(WORDS, mask.shape, generator=generator) * mask, "attention_mask": mask}
