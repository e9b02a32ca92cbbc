"""Compare a trained candidate with the model in use, and put it in the store if it is no worse."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifier import Classifier
from classifier.network.check import check
from classifier.network.store import ModelStore
from training.data.corpus import CorpusMessage
from training.export.model_folder import write_manifest
from training.refresh.assessment import Assessment, ReviewCounts, find_objections, write_assessment
from training.refresh.behavior import compare_behavior, compare_urgency
from training.refresh.comparison import LabeledSet, classify_each, compare_models
from training.refresh.settings import Rule


@dataclass(frozen=True, slots=True)
class Evidence:
    """The messages that two models are compared on.

    Attributes:
        sets: Messages with their intents.
        validation: The corpus's validation messages, of which more than the intent is known.
        texts: Their texts, with their slots filled.
        everyday_writers: The writers of those that are a practice's ordinary weeks.
        counts: How the reviews were used.
    """

    sets: Sequence[LabeledSet]
    validation: Sequence[CorpusMessage] = field(repr=False)
    texts: Sequence[str] = field(repr=False)
    everyday_writers: Collection[str]
    counts: ReviewCounts


def assess_candidate(old: Path, new: Path, evidence: Evidence, recipe: str, rule: Rule) -> Assessment:
    """Compare a new model with the one in use.

    Args:
        old: Folder of the model in use.
        new: Folder of the new model.
        evidence: The messages to compare on.
        recipe: Name of the new model's recipe.
        rule: The rule that the new model must satisfy.

    Raises:
        ModelError: One of the folders cannot be used.
    """
    before, after = Classifier.load(old), Classifier.load(new)
    comparisons = tuple(compare_models(before, after, labeled, rule.resamples) for labeled in evidence.sets)
    messages = evidence.validation
    old_found, new_found = (classify_each(model, evidence.texts) for model in (before, after))
    urgency = compare_urgency(old_found, new_found, messages, rule.resamples)
    behavior = compare_behavior(old_found, new_found, messages, evidence.everyday_writers, rule.resamples)
    failed = [finding.detail for finding in check(new) if not finding.passed]
    return Assessment(
        old=before.info.version,
        new=after.info.version,
        recipe=recipe,
        counts=evidence.counts,
        comparisons=comparisons,
        urgency=urgency,
        behavior=behavior,
        rule=rule,
        objections=find_objections(comparisons, urgency, behavior, failed, rule),
    )


def store_candidate(assessment: Assessment, model: Path, store: ModelStore) -> str:
    """Put a model in the store with its report, without activating it.

    Returns:
        Its version.

    Raises:
        ModelError: The store cannot be written.
    """
    write_assessment(assessment, model)
    write_manifest(model)
    return store.add(model)
