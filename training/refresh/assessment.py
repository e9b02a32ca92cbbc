"""Whether a new model is proposed, and the report that says why.

It is proposed when all of this holds:

1. on each set (the test file, the recent reviews), its accuracy is lower by no more than `loss`, and the lower end of
   the 95% interval of the paired difference lies no further below zero than `possible_loss`;
2. on neither set is any intent's recall lower to a degree that has a chance below `significance` (McNemar's exact test,
   one-sided, not corrected for the number of intents: a doubt counts against the new model);
3. of the corpus's validation messages that are known to be urgent it takes no fewer for urgent;
4. it passes `intake model check`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from training.markdown import format_percent, format_table
from training.refresh.comparison import Comparison, Difference
from training.refresh.settings import Rule


@dataclass(frozen=True, slots=True)
class Counts:
    """How many reviewed messages were used for what.

    Attributes:
        practices: Practices that share theirs.
        trained_on: Reviews that the new model learned from.
        compared_on: The most recent ones, that it was compared on.
        identifying: Reviews that were left out as they could name somebody.
        without_intent: Reviews that were left out as the person chose none of the intents.
    """

    practices: int
    trained_on: int
    compared_on: int
    identifying: int
    without_intent: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """A comparison and what follows from it.

    Attributes:
        old: Version of the model in use.
        new: Version of the new one.
        recipe: Name of the recipe that it was trained by.
        counts: The reviews.
        comparisons: The models on each set.
        urgency: The models on urgent messages.
        rule: What was asked.
        objections: What speaks against the new model; none when it is proposed.
    """

    old: str
    new: str
    recipe: str
    counts: Counts
    comparisons: tuple[Comparison, ...]
    urgency: Difference
    rule: Rule
    objections: tuple[str, ...]

    @property
    def is_proposed(self) -> bool:
        """Whether nothing speaks against the new model."""
        return not self.objections


def find_objections(
    comparisons: Sequence[Comparison], urgency: Difference, failed_checks: Sequence[str], rule: Rule
) -> tuple[str, ...]:
    """Return what speaks against a new model, a phrase each.

    Args:
        comparisons: Both models on each set.
        urgency: Both on urgent messages.
        failed_checks: What `classifier.check` found wrong with the new one.
        rule: What is asked.
    """
    found = [phrase for comparison in comparisons for phrase in _of_set(comparison, rule)]
    if urgency.new < urgency.old:
        found.append(f"it takes fewer urgent messages for urgent ({_change(urgency)})")
    found += [f"it did not pass its check: {failed}" for failed in failed_checks]
    return tuple(found)


def _of_set(comparison: Comparison, rule: Rule) -> list[str]:
    overall, found = comparison.overall, []
    if not overall.messages:
        return [f"there was nothing to compare on in {comparison.name}"]
    if overall.gain < -rule.loss:
        found.append(f"its accuracy on {comparison.name} is lower ({_change(overall)})")
    if overall.low < -rule.possible_loss:
        found.append(
            f"on {comparison.name} a loss of more than {_points(rule.possible_loss)} points cannot be ruled out"
            f" ({_points(overall.low, '+')} to {_points(overall.high, '+')})"
        )
    for intent, recall in comparison.by_intent.items():
        if recall.gain < 0 and recall.chance_of_loss < rule.significance:
            found.append(f"its recall of {intent} on {comparison.name} is lower ({_change(recall)})")
    return found


def write_assessment(assessment: Assessment, folder: Path) -> Path:
    """Write the report as Markdown and JSON, without any text of a message.

    Returns:
        The Markdown file.
    """
    content = asdict(assessment) | {"rule": assessment.rule.model_dump(), "proposed": assessment.is_proposed}
    (folder / "proposal.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    report = folder / "proposal.md"
    report.write_text(_markdown(assessment), encoding="utf-8")
    return report


def summarize_assessment(assessment: Assessment) -> list[str]:
    """Return the report in a few lines."""
    counts = assessment.counts
    lines = [
        f"reviews: {counts.trained_on} trained on, {counts.compared_on} compared on; left out: {counts.identifying}"
        f" that could name somebody, {counts.without_intent} of no intent"
    ]
    lines += [f"{comparison.name}: {_line(comparison.overall)}" for comparison in assessment.comparisons]
    return [*lines, f"urgent messages found: {_line(assessment.urgency)}"]


def _markdown(assessment: Assessment) -> str:
    rule = assessment.rule
    outcome = "It is proposed." if assessment.is_proposed else "It is not proposed:"
    objections = "".join(f"- {objection}\n" for objection in assessment.objections)
    tables = "\n".join(_section(comparison) for comparison in assessment.comparisons)
    lines = "\n".join(f"- {line}" for line in summarize_assessment(assessment))
    return f"""\
# Model {assessment.new}, to follow {assessment.old}

Trained by the recipe `{assessment.recipe}` on the corpus and on reviewed messages of {assessment.counts.practices}
practices.
{outcome}

{objections}
{lines}

## The rule

On each set the accuracy may be lower by {_points(rule.loss)} points at most, and the lower end of the 95% interval of
the difference (paired bootstrap, {rule.resamples:,} resamples) by {_points(rule.possible_loss)}. No intent's recall may
be lower with a chance below {rule.significance} (exact McNemar test, one-sided, uncorrected). No fewer urgent messages
may be found, and the known messages of `intake model check` must be read rightly.

{tables}
The recent reviews are messages that the old model was unsure of, and a sample of the others: its accuracy on them says
little about all messages. What is compared is the two models, on the same ones.
"""


def _section(comparison: Comparison) -> str:
    rows = [
        _row(name, found) for name, found in (("all (accuracy)", comparison.overall), *comparison.by_intent.items())
    ]
    header = ["recall of", "messages", "old", "new", "points", "95% interval", "chance of such a loss"]
    return f"## {comparison.name.capitalize()}\n\n{format_table(header, rows)}\n"


def _row(name: str, found: Difference) -> list[str]:
    return [
        name,
        f"{found.messages:,}",
        format_percent(found.old),
        format_percent(found.new),
        _points(found.gain, "+"),
        f"{_points(found.low, '+')} to {_points(found.high, '+')}",
        f"{found.chance_of_loss:.3f}",
    ]


def _line(found: Difference) -> str:
    return f"{_change(found)} of {found.messages}, {_points(found.low, '+')} to {_points(found.high, '+')} points"


def _change(found: Difference) -> str:
    return f"{format_percent(found.old)} before, {format_percent(found.new)} now"


def _points(share: float, sign: str = "") -> str:
    return f"{100 * share:{sign}.1f}"
