from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import pytest

from tests.training.lazy import Lazy
from tests.training.tiny_deberta import BOTH, COMPACT, LONGEST, V3, batch, config, write, write_tagger

if TYPE_CHECKING:
    import torch
    from transformers import BertConfig

    from training.export.deberta_onnx import export_deberta, is_exportable
    from training.export.quantize import quantize_deberta
else:
    torch = Lazy("torch")
    BertConfig = Lazy("transformers", "BertConfig")
    export_deberta = Lazy("training.export.deberta_onnx", "export_deberta")
    is_exportable = Lazy("training.export.deberta_onnx", "is_exportable")
    quantize_deberta = Lazy("training.export.quantize", "quantize_deberta")


BATCHES = ([1], [2], [3], [17], [LONGEST], [5, 2, 9, 1], [LONGEST, 30])


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
        BOTH,
        V3,
        V3 | {"pos_att_type": ["c2p"]},
        COMPACT | {"type_vocab_size": 2},
        V3 | {"type_vocab_size": 2},
        V3 | {"position_buckets": -1, "max_relative_positions": 10, "norm_rel_ebd": "none"},
        V3 | {"num_hidden_layers": 1, "num_labels": 11},
        COMPACT | {"num_hidden_layers": 1, "num_labels": 26},
    ],
    ids=[
        "c2p", "c2p and p2c", "v3", "v3 with c2p alone", "c2p with token types", "v3 with token types", "no buckets",
        "one layer", "one layer with c2p alone",
    ],
)  # fmt: skip
def test_it_says_what_pytorch_says_at_every_length_and_beside_any_other_text(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    assert max(differences(tmp_path, **changes)) < 1e-4


@pytest.mark.parametrize("changes", [COMPACT, V3 | {"num_hidden_layers": 1}], ids=["c2p", "v3, one layer"])
def test_it_says_what_pytorch_says_of_each_token(tmp_path: Path, changes: dict[str, Any]) -> None:
    model = write_tagger(tmp_path / "checkpoint", **changes)
    network = export_deberta(tmp_path / "checkpoint", tmp_path / "onnx")
    quantize_deberta(network, tmp_path / "model.onnx")
    for file, apart in ((network, 1e-4), (tmp_path / "model.onnx", 0.5)):
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        assert [output.shape[-1] for output in session.get_outputs()] == [7]
        for lengths in BATCHES:
            inputs = batch(lengths)
            with torch.no_grad():
                expected = model(**inputs).logits.numpy()
            (logits,) = session.run(["logits"], {name: value.numpy() for name, value in inputs.items()})
            assert logits.shape == expected.shape
            for row, length in enumerate(lengths):
                assert float(np.abs(logits[row, :length] - expected[row, :length]).max()) < apart


def test_what_pytorch_says_depends_on_where_the_words_stand(tmp_path: Path) -> None:
    """Else agreement would say nothing about positions."""
    model = write(tmp_path, **V3)
    ids = batch([17])["input_ids"]
    with torch.no_grad():
        assert (model(ids).logits - model(ids.flip(1).roll(1, 1)).logits).abs().max() > 0.1


@pytest.mark.parametrize("projection", ["pos_key_proj", "pos_query_proj"])
def test_what_pytorch_says_depends_on_each_product_with_distances(tmp_path: Path, projection: str) -> None:
    """Else agreement would say nothing about them: absolute positions alone tell words apart, too."""
    model, inputs = write(tmp_path, **BOTH), batch([17])
    with torch.no_grad():
        before = model(**inputs).logits
        for name, weight in model.named_parameters():
            if projection in name:
                torch.nn.init.zeros_(weight)
        assert (model(**inputs).logits - before).abs().max() > 0.1


def test_without_the_second_product_it_does_less(tmp_path: Path) -> None:
    operations = {}
    for name, changes in (("c2p", COMPACT), ("both", BOTH)):
        write(tmp_path / name, **changes)
        network = export_deberta(tmp_path / name, tmp_path / f"{name}-onnx")
        operations[name] = len(onnx.load(network, load_external_data=False).graph.node)
    assert operations["c2p"] < operations["both"]


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


@pytest.mark.parametrize("changes", [COMPACT, BOTH, V3, V3 | {"pos_att_type": ["c2p"]}])
def test_it_fits_the_usual_builds(tmp_path: Path, changes: dict[str, Any]) -> None:
    config(**changes).save_pretrained(tmp_path)
    assert is_exportable(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"conv_kernel_size": 3},
        {"pos_att_type": ["p2c"]},
        {"pos_att_type": []},
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
