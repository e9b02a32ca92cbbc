from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from tests.training.lazy import Lazy
from tests.training.tiny_deberta import BOTH, COMPACT, LONGEST, batch, config, write, write_tagger

if TYPE_CHECKING:
    import torch

    from training.export.deberta_onnx import export_deberta
    from training.export.quantize import quantize_deberta
    from training.export.recover import recover_tagger, recover_weights
else:
    torch = Lazy("torch")
    export_deberta = Lazy("training.export.deberta_onnx", "export_deberta")
    quantize_deberta = Lazy("training.export.quantize", "quantize_deberta")
    recover_tagger = Lazy("training.export.recover", "recover_tagger")
    recover_weights = Lazy("training.export.recover", "recover_weights")


def answers(network: Path) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(str(network), providers=["CPUExecutionProvider"])
    inputs = {name: value.numpy() for name, value in batch([LONGEST, 30, 3]).items()}
    logits: NDArray[np.float32] = session.run(["logits"], inputs)[0]
    return logits


@pytest.mark.parametrize("changes", [COMPACT, BOTH, BOTH | {"num_hidden_layers": 1}], ids=["c2p", "both", "one layer"])
def test_what_is_read_back_from_a_full_precision_network_says_the_same(tmp_path: Path, changes: dict[str, Any]) -> None:
    model = write(tmp_path / "checkpoint", **changes)
    network = export_deberta(tmp_path / "checkpoint", tmp_path / "onnx")

    recovered = recover_weights(network, config(**changes), seed=1).eval()

    inputs = batch([LONGEST, 30, 3])
    with torch.no_grad():
        assert np.abs(recovered(**inputs).logits.numpy() - model(**inputs).logits.numpy()).max() < 1e-3


def test_what_is_read_back_from_an_8_bit_network_becomes_the_same_network_again(tmp_path: Path) -> None:
    write(tmp_path / "checkpoint", **COMPACT)
    first, second = tmp_path / "first.onnx", tmp_path / "second.onnx"
    quantize_deberta(export_deberta(tmp_path / "checkpoint", tmp_path / "onnx"), first)

    recover_weights(first, config(**COMPACT), seed=1).save_pretrained(tmp_path / "recovered")
    quantize_deberta(export_deberta(tmp_path / "recovered", tmp_path / "again"), second)

    assert np.abs(answers(first) - answers(second)).max() < 0.05 * np.abs(answers(first)).max()


def test_a_model_with_a_head_on_every_token_is_read_back_too(tmp_path: Path) -> None:
    model = write_tagger(tmp_path / "checkpoint", **COMPACT)
    network = export_deberta(tmp_path / "checkpoint", tmp_path / "onnx")

    recovered = recover_tagger(network, config(**COMPACT), seed=1).eval()

    inputs = batch([LONGEST])
    with torch.no_grad():
        assert np.abs(recovered(**inputs).logits.numpy() - model(**inputs).logits.numpy()).max() < 1e-3


def test_a_network_of_another_size_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "checkpoint", **COMPACT)
    network = export_deberta(tmp_path / "checkpoint", tmp_path / "onnx")

    with pytest.raises(ValueError, match="a weight of shape"):
        recover_weights(network, config(**COMPACT, hidden_size=16), seed=1)
    with pytest.raises(KeyError, match="tokens/2"):
        recover_weights(network, config(**COMPACT, num_hidden_layers=5), seed=1)
