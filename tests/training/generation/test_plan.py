from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from classifier import INTENTS
from training.data.labels import AGES, CHANNELS, NEIGHBORS, PRACTICES, TONES
from training.generation.plan import MessageSpec, apportion_counts, make_plan, plan_fingerprint
from training.generation.recipe import GenerationRecipe


@pytest.fixture(scope="module")
def drafts(recipe: GenerationRecipe) -> list[MessageSpec]:
    return [draft for batch in make_plan(recipe, "training") for draft in batch.drafts]


def test_every_intent_and_practice_gets_as_many_messages(drafts: list[MessageSpec]) -> None:
    strata = Counter((draft.intent, draft.practice) for draft in drafts)
    assert strata == {(intent, practice): 129 for intent in INTENTS for practice in PRACTICES}


def test_the_mix_is_kept_in_every_intent_and_practice(drafts: list[MessageSpec]) -> None:
    stratum = [draft for draft in drafts if (draft.intent, draft.practice) == ("complaint", "dental")]
    assert Counter(draft.realism for draft in stratum) == {"polished": 52, "casual": 51, "messy": 26}
    assert sum(draft.near is not None for draft in stratum) == 32
    assert {draft.near for draft in stratum} == {*NEIGHBORS["complaint"], None}


def test_no_channel_tone_and_age_come_together_again_before_all_have(drafts: list[MessageSpec]) -> None:
    stratum = [draft for draft in drafts if (draft.intent, draft.practice) == ("complaint", "dental")]
    manners = {(draft.channel, draft.tone, draft.age) for draft in stratum}
    assert len(manners) == len(stratum)
    everything = {(draft.channel, draft.tone, draft.age) for draft in drafts}
    assert len(everything) == len(CHANNELS) * len(TONES) * len(AGES)


def test_a_request_asks_for_one_intent_and_practice_and_no_more_than_it_may(recipe: GenerationRecipe) -> None:
    batches = make_plan(recipe, "training")
    assert len({batch.name for batch in batches}) == len(batches)
    for batch in batches:
        assert {(draft.intent, draft.practice) for draft in batch.drafts} == {(batch.intent, batch.practice)}
        assert 1 <= len(batch.drafts) <= 10


def test_the_plan_depends_on_the_recipe_alone(recipe: GenerationRecipe) -> None:
    plan = make_plan(recipe, "training")
    assert plan == make_plan(recipe, "training")
    assert plan != make_plan(recipe.model_copy(update={"seed": 1}), "training")
    assert plan != make_plan(recipe, "test")


def test_the_fingerprint_tells_plans_and_models_apart(recipe: GenerationRecipe) -> None:
    batches, part = make_plan(recipe, "training"), recipe.training
    prints = [
        plan_fingerprint(batches, part),
        plan_fingerprint(batches[:-1], part),
        plan_fingerprint(batches, part.model_copy(update={"model": "another"})),
        plan_fingerprint(batches, part.model_copy(update={"temperature": 0.5})),
    ]
    assert all(former != latter for former, latter in pairwise(prints))
    assert plan_fingerprint(batches, part.model_copy(update={"concurrency": 1, "attempts": 1})) == prints[0]


@pytest.mark.parametrize(("count", "expected"), [(0, ""), (1, "a"), (2, "ab"), (5, "aabbc"), (10, "aaaabbbbcc")])
def test_shares_are_kept_as_exactly_as_whole_numbers_allow(count: int, expected: str) -> None:
    assert "".join(apportion_counts(count, {"a": 0.4, "b": 0.4, "c": 0.2})) == expected
