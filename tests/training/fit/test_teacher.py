from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.training.conftest import RECIPES, third_party_warnings_ignored
from training.data.corpus import CorpusMessage
from training.fit.output_columns import output_names
from training.recipe import BaseCheckpoint, Recipe
from training.run_folder import RunError, RunFolder

if TYPE_CHECKING:
    from training.fit.initial_model import load_initial_model
    from training.fit.teacher import run_teacher, teacher_logits

MESSAGES = [
    CorpusMessage("ok", "acknowledgement", "", "sms", "out_of_scope", kind="acknowledgement"),
    CorpusMessage("a bill for {amount} from {date}, why? " * 40, "billing_inquiry", "dental", "email", "intents"),
    CorpusMessage("is {full_name} in", "existing_patient_question", "dental", "sms", "intents"),
]


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    """Import these where the tests run: they take seconds, and every test process collects this module."""
    global load_initial_model, run_teacher, teacher_logits
    with third_party_warnings_ignored():
        from training.fit.initial_model import load_initial_model
        from training.fit.teacher import run_teacher, teacher_logits


@pytest.fixture
def teacher(tiny_bert: Path, compact: Recipe) -> Recipe:
    base = BaseCheckpoint(name="tiny", licence="MIT", path=tiny_bert)
    exact = compact.optimisation.model_copy(update={"precision": "fp32"})
    return compact.model_copy(update={"name": "teacher", "base": base, "optimisation": exact})


@pytest.fixture
def run(tmp_path: Path, teacher: Recipe, tiny_bert: Path) -> RunFolder:
    """A run that ended with the weights it began with."""
    run = RunFolder(tmp_path / "teacher")
    load_initial_model(tiny_bert, teacher.architecture, output_names(screens=True)).save_pretrained(run.best)
    return run


def test_a_teacher_answers_every_message_with_a_row_in_their_order(teacher: Recipe, run: RunFolder) -> None:
    said = run_teacher(teacher, run, MESSAGES, readings=1)
    assert said.shape == (3, len(output_names(screens=True)))
    for place, message in enumerate(MESSAGES):
        alone = run_teacher(teacher, run, [*MESSAGES[:place], message], readings=1)[place]
        assert np.allclose(said[place], alone, atol=1e-5)


def test_equal_messages_are_read_once_and_get_the_same_answer(teacher: Recipe, run: RunFolder) -> None:
    twice = run_teacher(teacher, run, [*MESSAGES, *MESSAGES[::-1]], readings=2)
    assert np.array_equal(twice[:3], twice[:2:-1])
    assert np.array_equal(twice[:3], run_teacher(teacher, run, MESSAGES, readings=2))


def test_what_it_said_is_kept_and_not_read_again(teacher: Recipe, run: RunFolder) -> None:
    first = run_teacher(teacher, run, MESSAGES, readings=1)
    (kept,) = run.path.glob("taught-*.npy")
    np.save(kept, first + 1)
    assert np.array_equal(run_teacher(teacher, run, MESSAGES, readings=1), first + 1)


def test_other_messages_readings_or_weights_are_read_anew(teacher: Recipe, run: RunFolder) -> None:
    first = run_teacher(teacher, run, MESSAGES, readings=1)
    averaged = run_teacher(teacher, run, MESSAGES, readings=3)
    assert not np.allclose(first, averaged, atol=1e-6)
    run_teacher(teacher, run, MESSAGES[:2], readings=1)
    assert len(list(run.path.glob("taught-*.npy"))) == 3


def test_a_recipe_without_a_teacher_has_no_answers_of_one(compact: Recipe, tmp_path: Path) -> None:
    alone = compact.model_copy(update={"distillation": None})
    assert teacher_logits(alone, tmp_path / "compact.toml", MESSAGES, tmp_path) is None


def test_a_teacher_that_is_not_trained_yet_is_named(compact: Recipe, tmp_path: Path) -> None:
    config = RECIPES / "compact.toml"
    with pytest.raises(RunError, match=r"run `python -m training fit --config .*teacher\.toml` first"):
        teacher_logits(compact, config, MESSAGES, tmp_path)
