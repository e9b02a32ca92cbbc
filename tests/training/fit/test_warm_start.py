from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from classifier import INTENTS
from classifier.outputs import ALL_COLUMNS
from tests.training.lazy import Lazy
from training.recipe import Architecture, Recipe, RecipeError

if TYPE_CHECKING:
    import torch
    from transformers import BertModel, DebertaV2ForSequenceClassification

    from training.data.dataset import load_tokenizer
    from training.fit.train import parameter_groups
    from training.fit.warm_start import warm_start
else:
    torch = Lazy("torch")
    BertModel = Lazy("transformers", "BertModel")
    DebertaV2ForSequenceClassification = Lazy("transformers", "DebertaV2ForSequenceClassification")
    load_tokenizer = Lazy("training.data.dataset", "load_tokenizer")
    parameter_groups = Lazy("training.fit.train", "parameter_groups")
    warm_start = Lazy("training.fit.warm_start", "warm_start")


TEXTS = ("hi, can i book?", "My tooth hurts and I would like to know what to do about it. " * 8, "ok")


def batch(checkpoint: Path) -> dict[str, torch.Tensor]:
    rows = [torch.tensor(load_tokenizer(checkpoint).encode(text).ids) for text in TEXTS]
    input_ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return {"input_ids": input_ids, "attention_mask": (input_ids != 0).long()}


def shaped(recipe: Recipe, **changes: object) -> Architecture:
    return recipe.architecture.model_copy(update=changes)


def states_of_bert(checkpoint: Path) -> Sequence[torch.Tensor]:
    """BERT's states before its first layer and after each."""
    bert = BertModel.from_pretrained(checkpoint).eval()
    with torch.no_grad():
        states: Sequence[torch.Tensor] = bert(**batch(checkpoint), output_hidden_states=True).hidden_states
    return states


@pytest.fixture(scope="module")
def real_states(compact_base: Path) -> Sequence[torch.Tensor]:
    """Those of the checkpoint that the compact recipe starts from, which takes seconds to load."""
    return states_of_bert(compact_base)


def difference(checkpoint: Path, architecture: Architecture, states: Sequence[torch.Tensor]) -> float:
    """The largest difference of the states after the kept layers between BERT and the DeBERTa, padding aside."""
    inputs = batch(checkpoint)
    deberta = warm_start(checkpoint, architecture, INTENTS).deberta.eval()
    with torch.no_grad():
        found = deberta(**inputs).last_hidden_state
    expected = states[architecture.layers or -1]
    return float((expected - found)[inputs["attention_mask"].bool()].abs().max())


BOTH_TERMS = ("c2p", "p2c")


@pytest.mark.parametrize("terms", [("c2p",), BOTH_TERMS, ("p2c",)])
def test_a_real_bert_computes_what_it_did(
    compact: Recipe, compact_base: Path, real_states: Sequence[torch.Tensor], terms: tuple[str, ...]
) -> None:
    assert difference(compact_base, shaped(compact, position_terms=terms), real_states) <= 1e-5


@pytest.mark.parametrize("terms", [("c2p",), BOTH_TERMS])
@pytest.mark.parametrize("layers", [1, 4])
def test_fewer_layers_compute_what_its_first_layers_do(
    compact: Recipe, compact_base: Path, real_states: Sequence[torch.Tensor], terms: tuple[str, ...], layers: int
) -> None:
    assert difference(compact_base, shaped(compact, layers=layers, position_terms=terms), real_states) <= 1e-5


def test_the_layers_of_a_bert_do_something(real_states: Sequence[torch.Tensor]) -> None:
    """Otherwise it would not matter which of them are kept."""
    assert all(float((before - after).abs().max()) > 0.1 for before, after in itertools.pairwise(real_states))


@pytest.mark.parametrize("terms", [("c2p",), BOTH_TERMS])
@pytest.mark.parametrize("layers", [None, 4])
def test_a_pooling_layer_starts_as_the_mean_of_all_tokens_with_little_of_its_own(
    compact: Recipe, compact_base: Path, real_states: Sequence[torch.Tensor], terms: tuple[str, ...], layers: int | None
) -> None:
    pooling, inputs = shaped(compact, layers=layers, position_terms=terms, pooling_layer=True), batch(compact_base)
    mask, states = inputs["attention_mask"].bool(), real_states[layers or -1]
    with torch.no_grad():
        found = warm_start(compact_base, pooling, INTENTS).deberta.eval()(**inputs).last_hidden_state
    for text, real in enumerate(mask):
        mean = states[text, real].mean(dim=0)
        expected = torch.nn.functional.layer_norm(8 * mean + states[text, real], mean.shape)
        assert torch.allclose(found[text, real], expected, atol=1e-3)
        assert (
            torch.nn.functional.cosine_similarity(found[text, 0] - found[text, 0].mean(), mean - mean.mean(), 0) > 0.95
        )


def test_a_pooling_layer_is_one_layer_more_and_is_learned_from_the_start(tiny_bert: Path, compact: Recipe) -> None:
    model = warm_start(tiny_bert, shaped(compact, layers=1, pooling_layer=True), INTENTS)
    assert model.config.num_hidden_layers == 2
    model(**batch(tiny_bert), labels=torch.zeros(3, dtype=torch.long)).loss.backward()
    layer: Any = model.deberta.encoder.layer[1]
    for module in (layer.attention.self.value_proj, layer.attention.output.dense, layer.output.dense):
        assert module.weight.grad.abs().max() > 0


def test_any_bert_computes_what_it_did(tiny_bert: Path, compact: Recipe) -> None:
    assert difference(tiny_bert, compact.architecture, states_of_bert(tiny_bert)) <= 1e-5


def test_only_the_layers_that_are_kept_are_there(tiny_bert: Path, compact: Recipe) -> None:
    model = warm_start(tiny_bert, shaped(compact, layers=1), INTENTS)
    assert model.config.num_hidden_layers == 1
    assert not [name for name, _ in model.named_parameters() if "layer.1." in name]


def test_more_layers_than_the_checkpoint_has_are_refused(tiny_bert: Path, compact: Recipe) -> None:
    with pytest.raises(RecipeError, match=r"has other weights than .*encoder\.layer\.2\."):
        warm_start(tiny_bert, shaped(compact, layers=3), INTENTS)


@pytest.mark.parametrize(
    ("terms", "projections"), [(("c2p",), {"pos_key_proj"}), (BOTH_TERMS, {"pos_key_proj", "pos_query_proj"})]
)
def test_each_term_has_projections_of_its_own_that_start_at_zero(
    tiny_bert: Path, compact: Recipe, terms: tuple[str, ...], projections: set[str]
) -> None:
    model = warm_start(tiny_bert, shaped(compact, position_terms=terms), INTENTS)
    found = {name: weight for name, weight in model.named_parameters() if ".pos_" in name}
    assert {name.split(".")[-2] for name in found} == projections
    assert all((weight == 0).all() for weight in found.values())


@pytest.mark.parametrize("outputs", [INTENTS, ALL_COLUMNS])
def test_the_model_takes_ids_and_mask_alone_and_gives_a_logit_for_each_output(
    tiny_bert: Path, compact: Recipe, outputs: tuple[str, ...]
) -> None:
    model = warm_start(tiny_bert, compact.architecture, outputs).eval()
    assert model.config.type_vocab_size == 0
    assert tuple(model.config.id2label.values()) == outputs
    assert model(**batch(tiny_bert)).logits.shape == (3, len(outputs))


@pytest.mark.parametrize("terms", [("c2p",), BOTH_TERMS])
def test_the_relative_positions_are_learned(tiny_bert: Path, compact: Recipe, terms: tuple[str, ...]) -> None:
    model = warm_start(tiny_bert, shaped(compact, position_terms=terms), INTENTS)
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


def test_the_head_has_a_factor_of_its_own_and_nothing_else_has(tiny_bert: Path, compact: Recipe) -> None:
    model = warm_start(tiny_bert, compact.architecture, INTENTS)
    faster = compact.optimisation.model_copy(update={"head_factor": 3.0})
    plain, changed = (
        {id(parameter): group["lr"] for group in parameter_groups(model, rates) for parameter in group["params"]}
        for rates in (compact.optimisation, faster)
    )
    raised = {name for name, weight in model.named_parameters() if changed[id(weight)] != plain[id(weight)]}
    assert raised == {"pooler.dense.weight", "pooler.dense.bias", "classifier.weight", "classifier.bias"}
    assert changed[id(model.classifier.weight)] == pytest.approx(3 * plain[id(model.classifier.weight)])


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
