from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import pytest

from tests.training.conftest import third_party_warnings_ignored
from tests.training.tiny_deberta import COMPACT, LONGEST, V3, batch, config, write

if TYPE_CHECKING:
    import torch
    from transformers import BertConfig

    from training.export.deberta_onnx import export_deberta, is_exportable

BATCHES = ([1], [2], [3], [17], [LONGEST], [5, 2, 9, 1], [LONGEST, 30])


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    """Import these where the tests run: they take seconds, and every test process collects this module."""
    global torch, BertConfig, export_deberta, is_exportable
    with third_party_warnings_ignored():
        import torch
        from transformers import BertConfig

        from training.export.deberta_onnx import export_deberta, is_exportable


def differences(folder: Path, **changes: Any) -> list[float]:
    """Return how far the lean network is from PyTorch, at most, on each of `BATCHES`."""
    model = write(folder / "checkpoint", **changes)
    network = export_deberta(folder / "checkpoint", folder / "onnx")
    session = onnxruntime.InferenceSession(str(network), providers=["CPUExecutionProvider"])
    found = []
    for lengths in BATCHES:
        inputs = batch(lengths)
        with torch.no_grad():
            expected = model(**inputs).logits.numpy()
        (logits,) = session.run(["logits"], {name: value.numpy() for name, value in inputs.items()})
        assert logits.shape == expected.shape
        found.append(float(np.abs(logits - expected).max()))
    return found


@pytest.mark.parametrize(
    "changes",
    [
        COMPACT,
        V3,
        COMPACT | {"type_vocab_size": 2},
        V3 | {"type_vocab_size": 2},
        V3 | {"position_buckets": -1, "max_relative_positions": 10, "norm_rel_ebd": "none"},
        V3 | {"num_hidden_layers": 1, "num_labels": 11},
    ],
    ids=["compact", "v3", "compact with token types", "v3 with token types", "no buckets", "one layer"],
)
def test_it_says_what_pytorch_says_at_every_length_and_beside_any_other_text(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    assert max(differences(tmp_path, **changes)) < 1e-4


def test_what_pytorch_says_depends_on_where_the_words_stand(tmp_path: Path) -> None:
    """Else agreement would say nothing about positions."""
    model = write(tmp_path, **V3)
    ids = batch([17])["input_ids"]
    with torch.no_grad():
        assert (model(ids).logits - model(ids.flip(1).roll(1, 1)).logits).abs().max() > 0.1


def test_onnx_runtime_runs_it_without_single_element_gathers_and_without_its_slow_layer_norm(tmp_path: Path) -> None:
    write(tmp_path / "checkpoint", **COMPACT)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    # What it says of the file that it writes.
    options.log_severity_level = 3
    network = export_deberta(tmp_path / "checkpoint", tmp_path / "onnx")
    onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])

    kinds = {node.op_type for node in onnx.load(tmp_path / "optimised.onnx", load_external_data=False).graph.node}

    assert "LayerNormalization" in kinds
    assert not kinds & {"GatherElements", "SkipLayerNormalization", "Where", "Tile", "Expand", "Div", "Erf"}


@pytest.mark.parametrize("changes", [COMPACT, V3])
def test_it_fits_the_usual_builds(tmp_path: Path, changes: dict[str, Any]) -> None:
    config(**changes).save_pretrained(tmp_path)
    assert is_exportable(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"conv_kernel_size": 3},
        {"pos_att_type": ["c2p"]},
        {"relative_attention": False},
        {"hidden_act": "relu"},
        {"embedding_size": 16},
    ],
    ids=str,
)
def test_it_does_not_fit_rarer_builds(tmp_path: Path, change: dict[str, Any]) -> None:
    config(**(V3 | change)).save_pretrained(tmp_path)
    assert not is_exportable(tmp_path)


def test_it_does_not_fit_another_architecture(tmp_path: Path) -> None:
    BertConfig().save_pretrained(tmp_path)
    assert not is_exportable(tmp_path)
