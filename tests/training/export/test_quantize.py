from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from tests.training.lazy import Lazy
from tests.training.tiny_deberta import BOTH, COMPACT, V3, batch, write

if TYPE_CHECKING:
    import torch

    from training.export.deberta_onnx import export_deberta
    from training.export.quantize import quantize_columns, quantize_deberta, quantize_rows
else:
    torch = Lazy("torch")
    export_deberta = Lazy("training.export.deberta_onnx", "export_deberta")
    quantize_columns = Lazy("training.export.quantize", "quantize_columns")
    quantize_deberta = Lazy("training.export.quantize", "quantize_deberta")
    quantize_rows = Lazy("training.export.quantize", "quantize_rows")


MATRICES = arrays(
    np.float32, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(-900, 900).map(float)
)


class Networks:
    """One model in full precision and with 8-bit weights."""

    def __init__(self, folder: Path) -> None:
        full = export_deberta(folder / "checkpoint", folder / "onnx")
        quantize_deberta(full, folder / "model.onnx")
        self.full = onnxruntime.InferenceSession(str(full), providers=["CPUExecutionProvider"])
        self.quantised = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])


def logits(session: onnxruntime.InferenceSession, inputs: dict[str, torch.Tensor]) -> NDArray[np.float32]:
    (rows,) = session.run(["logits"], {name: value.numpy() for name, value in inputs.items()})
    found: NDArray[np.float32] = rows
    return found


@pytest.fixture(scope="module", params=[BOTH, V3], ids=["c2p and p2c", "v3"])
def networks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Networks:
    folder = tmp_path_factory.mktemp("quantised")
    write(folder / "checkpoint", **request.param)
    return Networks(folder)


def test_it_says_nearly_what_it_said_in_full_precision(networks: Networks) -> None:
    inputs = batch([20, 3, 31, 7, 48, 1, 12, 5])
    full, quantised = logits(networks.full, inputs), logits(networks.quantised, inputs)
    assert np.abs(full - quantised).mean() < 0.03 * full.std()


def test_with_one_term_of_positions_it_does_so_too_on_average_over_random_models(tmp_path: Path) -> None:
    inputs, errors = batch([20, 3, 31, 7, 48, 1, 12, 5]), []
    for seed in range(4):
        write(tmp_path / str(seed) / "checkpoint", seed, **COMPACT)
        networks = Networks(tmp_path / str(seed))
        full, quantised = logits(networks.full, inputs), logits(networks.quantised, inputs)
        errors.append(np.abs(full - quantised).mean() / full.std())
    assert np.mean(errors) < 0.04


def test_a_text_is_read_alike_alone_and_in_company(networks: Networks) -> None:
    inputs = batch([20, 3, 31, 7])
    together = logits(networks.quantised, inputs)
    for row, length in enumerate([20, 3, 31, 7]):
        alone = {name: value[row : row + 1, :length] for name, value in inputs.items()}
        assert logits(networks.quantised, alone)[0] == pytest.approx(together[row], abs=0.01 * float(together.std()))


def test_states_of_nothing_but_zeros_stay_zeros(tmp_path: Path) -> None:
    model = write(tmp_path / "checkpoint", **COMPACT)
    layers: Any = model.deberta.encoder.layer
    for layer in layers:
        torch.nn.init.zeros_(layer.attention.self.value_proj.weight)
        torch.nn.init.zeros_(layer.attention.self.value_proj.bias)
    model.save_pretrained(tmp_path / "checkpoint")
    networks = Networks(tmp_path)
    inputs = batch([9, 4])
    full = logits(networks.full, inputs)
    assert np.abs(full - logits(networks.quantised, inputs)).mean() < 0.03 * full.std()


@settings(deadline=None)
@given(MATRICES)
def test_no_pair_of_weights_can_overflow_16_bits(weight: NDArray[np.float32]) -> None:
    numbers, _ = quantize_columns(weight)
    even = numbers[: len(numbers) // 2 * 2].astype(int).reshape(-1, 2, weight.shape[1])
    most, least = 255 * np.maximum(even, 0).sum(axis=1), 255 * np.minimum(even, 0).sum(axis=1)
    assert most.max(initial=0) < 2**15
    assert least.min(initial=0) >= -(2**15)


@settings(deadline=None)
@given(MATRICES)
def test_a_number_and_its_scale_give_the_weight_to_half_a_step(weight: NDArray[np.float32]) -> None:
    numbers, scales = quantize_columns(weight)
    assert (np.abs(numbers * scales - weight) <= 0.501 * scales).all()
    numbers, scales = quantize_rows(weight)
    assert (np.abs(numbers * scales[:, None] - weight) <= 0.501 * scales[:, None]).all()
