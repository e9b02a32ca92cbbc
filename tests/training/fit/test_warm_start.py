from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from classifier import INTENTS
from classifier.understanding import LABELS
from tests.training.conftest import third_party_warnings_ignored
from training.recipe import Recipe, RecipeError

if TYPE_CHECKING:
    import torch
    from transformers import BertModel, DebertaV2ForSequenceClassification

    from training.data.dataset import load_tokenizer
    from training.fit.train import parameter_groups
    from training.fit.warm_start import warm_start

TEXTS = ("hi, can i book?", "My tooth hurts and I would like to know what to do about it. " * 8, "ok")


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    """Import these where the tests run: they take seconds, and every test process collects this module."""
    global torch, BertModel, DebertaV2ForSequenceClassification, load_tokenizer, parameter_groups, warm_start
    with third_party_warnings_ignored():
        import torch
        from transformers import BertModel, DebertaV2ForSequenceClassification

        from training.data.dataset import load_tokenizer
        from training.fit.train import parameter_groups
        from training.fit.warm_start import warm_start


def batch(checkpoint: Path) -> dict[str, torch.Tensor]:
    rows = [torch.tensor(load_tokenizer(checkpoint).encode(text).ids) for text in TEXTS]
    input_ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return {"input_ids": input_ids, "attention_mask": (input_ids != 0).long()}


def difference(checkpoint: Path, recipe: Recipe) -> float:
    """The largest difference of hidden states between BERT and what was started from it, padding aside."""
    inputs = batch(checkpoint)
    bert = BertModel.from_pretrained(checkpoint).eval()
    deberta = warm_start(checkpoint, recipe.architecture, INTENTS).deberta.eval()
    with torch.no_grad():
        expected = bert(**inputs).last_hidden_state
        found = deberta(**inputs).last_hidden_state
    return float((expected - found)[inputs["attention_mask"].bool()].abs().max())


def test_the_shipped_base_computes_what_it_did_as_bert(compact: Recipe, compact_base: Path) -> None:
    assert difference(compact_base, compact) <= 1e-5


def test_any_bert_computes_what_it_did(tiny_bert: Path, compact: Recipe) -> None:
    assert difference(tiny_bert, compact) <= 1e-5


@pytest.mark.parametrize("outputs", [INTENTS, (*LABELS, "urgent")])
def test_the_model_takes_ids_and_mask_alone_and_gives_a_logit_for_each_output(
    tiny_bert: Path, compact: Recipe, outputs: tuple[str, ...]
) -> None:
    model = warm_start(tiny_bert, compact.architecture, outputs).eval()
    assert model.config.type_vocab_size == 0
    assert tuple(model.config.id2label.values()) == outputs
    assert model(**batch(tiny_bert)).logits.shape == (3, len(outputs))


def test_the_relative_positions_are_learned(tiny_bert: Path, compact: Recipe) -> None:
    model = warm_start(tiny_bert, compact.architecture, INTENTS)
    optimiser = torch.optim.AdamW(parameter_groups(model, compact.optimisation))
    inputs = batch(tiny_bert)
    before = {name: weight.clone() for name, weight in model.named_parameters() if _is_relative(name)}
    norms = []
    for _ in range(2):
        optimiser.zero_grad()
        model(**inputs, labels=torch.zeros(3, dtype=torch.long)).loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), float("inf"))))
        optimiser.step()
    assert all(
        not torch.equal(weight, before[name])
        for name, weight in model.named_parameters()
        if name in before and "pos_key_proj.bias" not in name
    )
    assert max(norms) < 100


def test_what_was_saved_is_a_plain_deberta(tiny_bert: Path, compact: Recipe, tmp_path: Path) -> None:
    model = warm_start(tiny_bert, compact.architecture, INTENTS).eval()
    model.save_pretrained(tmp_path)
    loaded = DebertaV2ForSequenceClassification.from_pretrained(tmp_path).eval()
    inputs = batch(tiny_bert)
    with torch.no_grad():
        assert torch.equal(model(**inputs).logits, loaded(**inputs).logits)


def test_the_learning_rate_falls_with_the_distance_from_the_head(tiny_bert: Path, compact: Recipe) -> None:
    model = warm_start(tiny_bert, compact.architecture, INTENTS)
    groups = parameter_groups(model, compact.optimisation)
    rates = {id(parameter): group["lr"] for group in groups for parameter in group["params"]}
    weights = dict(model.named_parameters())
    assert len(rates) == len(weights)
    ordered = [
        rates[id(weights[name])]
        for name in (
            "classifier.weight",
            "deberta.encoder.layer.1.output.dense.weight",
            "deberta.encoder.layer.0.output.dense.weight",
            "deberta.embeddings.word_embeddings.weight",
        )
    ]
    peak, decay = compact.optimisation.learning_rate, compact.optimisation.layer_decay
    assert ordered == pytest.approx([peak * decay**distance for distance in range(4)])


def test_neither_biases_nor_norms_decay(tiny_bert: Path, compact: Recipe) -> None:
    model = warm_start(tiny_bert, compact.architecture, INTENTS)
    for group in parameter_groups(model, compact.optimisation):
        dimensions = {parameter.ndim for parameter in group["params"]}
        assert dimensions == {1} if group["weight_decay"] == 0 else 1 not in dimensions


def test_another_architecture_is_refused(tiny_bert: Path, compact: Recipe, tmp_path: Path) -> None:
    shutil.copytree(tiny_bert, tmp_path, dirs_exist_ok=True)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "gpt2"}), encoding="utf-8")
    with pytest.raises(RecipeError, match="is not a BERT checkpoint"):
        warm_start(tmp_path, compact.architecture, INTENTS)


def _is_relative(name: str) -> bool:
    return ".pos_" in name or "rel_embeddings" in name
