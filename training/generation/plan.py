"""Plan the messages to request, as a pure function of the recipe."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from random import Random
from typing import TypeVar

from classifier.understanding import INTENTS
from training.data.labels import AGES, CHANNELS, NEIGHBORS, TONES
from training.generation.recipe import GenerationRecipe, Mix, Purpose, SetRecipe

_Item = TypeVar("_Item")

REALISM = ("polished", "casual", "messy")


@dataclass(frozen=True, slots=True)
class MessageSpec:
    """The specification of one message.

    Attributes:
        intent: Its label.
        practice: The kind of practice it is written to.
        channel: The channel it arrives on.
        tone: The writer's tone.
        age: The writer's age.
        realism: One of `REALISM`.
        near: An intent that it resembles; None for a clear case.
    """

    intent: str
    practice: str
    channel: str
    tone: str
    age: str
    realism: str
    near: str | None


@dataclass(frozen=True, slots=True)
class DraftBatch:
    """The messages to request together, all with the same intent and practice.

    Attributes:
        name: A unique name, such as `dental/complaint/03`.
        drafts: The drafts, numbered from 1 in this order.
    """

    name: str
    drafts: tuple[MessageSpec, ...]

    @property
    def intent(self) -> str:
        """The label of all its messages."""
        return self.drafts[0].intent

    @property
    def practice(self) -> str:
        """The practice that all its messages are written to."""
        return self.drafts[0].practice


def make_plan(recipe: GenerationRecipe, purpose: Purpose) -> list[DraftBatch]:
    """Return all batches of a set of messages, in a fixed order.

    Each intent and practice gets the mix as exactly as whole numbers allow, and no combination of channel, tone and age
    repeats before all have been used.
    """
    part = recipe.part(purpose)
    batches = []
    for practice, intent in product(recipe.practices, INTENTS):
        rng = Random(f"{recipe.seed}/{purpose}/{practice}/{intent}")  # noqa: S311 - a reproducible draw
        drafts = _stratum(practice, intent, part.messages_per_stratum, recipe.mix, rng)
        size = part.messages_per_request
        for number, start in enumerate(range(0, len(drafts), size), start=1):
            batches.append(DraftBatch(f"{practice}/{intent}/{number:02d}", tuple(drafts[start : start + size])))
    return batches


def plan_fingerprint(batches: list[DraftBatch], part: SetRecipe) -> str:
    """Return a hash that changes with the plan and the model."""
    content = [part.provider, part.model, part.temperature, [asdict(batch) for batch in batches]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _stratum(practice: str, intent: str, count: int, mix: Mix, rng: Random) -> list[MessageSpec]:
    manners = _shuffled_cycles(list(product(CHANNELS, TONES, AGES)), rng)
    realism = apportion_counts(count, {name: getattr(mix, name) for name in REALISM})
    rng.shuffle(realism)
    near = apportion_counts(count, {"near": mix.near_boundary, "clear": 1 - mix.near_boundary})
    rng.shuffle(near)
    neighbors = _shuffled_cycles(list(NEIGHBORS[intent]), rng)
    return [
        MessageSpec(
            intent, practice, *next(manners), realism[index], next(neighbors) if near[index] == "near" else None
        )
        for index in range(count)
    ]


def apportion_counts(count: int, shares: dict[str, float]) -> list[str]:
    """Return `count` names in the given shares, which sum to 1, by the largest remainder method."""
    whole = {name: int(count * share) for name, share in shares.items()}
    by_remainder = sorted(shares, key=lambda name: whole[name] - count * shares[name])
    for name in by_remainder[: count - sum(whole.values())]:
        whole[name] += 1
    return [name for name in shares for _ in range(whole[name])]


def _shuffled_cycles(items: list[_Item], rng: Random) -> Iterator[_Item]:
    while True:
        yield from rng.sample(items, len(items))
