from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.training.conftest import third_party_warnings_ignored
from training.fit.output_columns import output_names
from training.recipe import Architecture, Recipe, RecipeError

if TYPE_CHECKING:
    import torch
    from transformers import BertForSequenceClassification, DebertaV2ForSequenceClassification, DebertaV2Model

    from training.fit.initial_model import load_initial_model

PLAIN = Architecture(hidden_dropout=0.2, attention_dropout=0.3)


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    """Import these where the tests run: they take seconds, and every test process collects this module."""
    global torch, BertForSequenceClassification, DebertaV2ForSequenceClassification, DebertaV2Model, load_initial_model
    with third_party_warnings_ignored():
        import torch
        from transformers import BertForSequenceClassification, DebertaV2ForSequenceClassification, DebertaV2Model

        from training.fit.initial_model import load_initial_model


def test_a_deberta_is_trained_as_it_is_under_a_fresh_head(tiny_deberta: Path) -> None:
    model = load_initial_model(tiny_deberta, PLAIN, output_names(screens=False))
    assert isinstance(model, DebertaV2ForSequenceClassification)
    assert model.config.id2label is not None
    assert list(model.config.id2label.values()) == list(output_names(screens=False))
    assert model.classifier.out_features == 7
    original = DebertaV2Model.from_pretrained(tiny_deberta)
    for name, weight in original.named_parameters():
        assert torch.equal(weight, model.get_parameter(f"deberta.{name}"))


def test_the_recipe_s_dropout_replaces_the_checkpoint_s(tiny_deberta: Path) -> None:
    config = load_initial_model(tiny_deberta, PLAIN, output_names(screens=True)).config
    assert (config.hidden_dropout_prob, config.attention_probs_dropout_prob, config.pooler_dropout) == (0.2, 0.3, 0.2)


def test_a_bert_stays_one_unless_the_recipe_asks_for_relative_positions(tiny_bert: Path, compact: Recipe) -> None:
    assert isinstance(load_initial_model(tiny_bert, PLAIN, output_names(screens=True)), BertForSequenceClassification)
    relative = load_initial_model(tiny_bert, compact.architecture, output_names(screens=True))
    assert isinstance(relative, DebertaV2ForSequenceClassification)
    assert relative.classifier.out_features == len(output_names(screens=True))


def test_only_a_bert_can_become_a_deberta(tiny_deberta: Path, compact: Recipe) -> None:
    with pytest.raises(RecipeError, match="is not a BERT checkpoint"):
        load_initial_model(tiny_deberta, compact.architecture, output_names(screens=True))
