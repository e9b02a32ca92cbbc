"""Compare a trained candidate with the model in use, and put it in the store if it is no worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifier import Classifier
from classifier.check import check
from classifier.store import ModelStore
from training.export.model_folder import write_manifest
from training.refresh.assessment import Assessment, Counts, find_objections, write_assessment
from training.refresh.comparison import LabeledSet, compare_models, compare_urgency
from training.refresh.settings import Rule


@dataclass(frozen=True, slots=True)
class Evidence:
    """The messages that two models are compared on.

    Attributes:
        sets: Messages with their intents.
        urgent: Messages that a person must see immediately.
        counts: How the reviews were used.
    """

    sets: Sequence[LabeledSet]
    urgent: Sequence[str] = field(repr=False)
    counts: Counts


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
    urgency = compare_urgency(before, after, evidence.urgent, rule.resamples)
    failed = [finding.detail for finding in check(new) if not finding.passed]
    return Assessment(
        old=before.info.version,
        new=after.info.version,
        recipe=recipe,
        counts=evidence.counts,
        comparisons=comparisons,
        urgency=urgency,
        rule=rule,
        objections=find_objections(comparisons, urgency, failed, rule),
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
