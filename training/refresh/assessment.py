"""Decide whether to propose a new model, and report why.

It is proposed if all of these are true:

1. On each set (the test file, the recent reviews), its accuracy is at most `loss` lower, and the lower end of the 95%
   interval of the paired difference is at most `possible_loss` below zero.
2. On neither set is the recall of any intent lower with a p-value below `significance` (McNemar's exact test,
   one-sided, not corrected for the number of intents: doubts count against the new model).
3. It finds at least as many of the corpus's urgent validation messages.
4. It does nothing else worse with the validation messages (`training.refresh.behavior`): none of the shares is lower by
   more than `possible_loss`, or lower at all with a p-value below `significance`.
5. It passes `intake model check`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from training.markdown import format_percent, format_table
from training.refresh.comparison import Comparison, Difference
from training.refresh.settings import Rule


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """How the reviewed messages were used.

    Attributes:
        practices: Number of practices that share their reviews.
        trained_on: Reviews that the new model was trained on.
        compared_on: The most recent reviews, used for the comparison.
        identifying: Reviews left out because they might identify someone.
        without_intent: Reviews left out because the reviewer chose none of the intents.
    """

    practices: int
    trained_on: int
    compared_on: int
    identifying: int
    without_intent: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """A comparison of two models, with the resulting objections.

    Attributes:
        old: Version of the model in use.
        new: Version of the new model.
        recipe: Name of the new model's recipe.
        counts: How the reviews were used.
        comparisons: The comparison on each set.
        urgency: The comparison on urgent messages.
        behavior: The comparison of everything else that the models do, by what it is.
        rule: The rule that the new model must satisfy.
        objections: Reasons not to propose the new model; empty if it is proposed.
    """

    old: str
    new: str
    recipe: str
    counts: ReviewCounts
    comparisons: tuple[Comparison, ...]
    urgency: Difference
    behavior: Mapping[str, Difference]
    rule: Rule
    objections: tuple[str, ...]

    @property
    def is_proposed(self) -> bool:
        """Whether there are no objections to the new model."""
        return not self.objections


def find_objections(
    comparisons: Sequence[Comparison],
    urgency: Difference,
    behavior: Mapping[str, Difference],
    failed_checks: Sequence[str],
    rule: Rule,
) -> tuple[str, ...]:
    """Return the reasons not to propose a new model, one phrase each.

    Args:
        comparisons: The comparison on each set.
        urgency: The comparison on urgent messages.
        behavior: The comparison of everything else that the models do, by what it is.
        failed_checks: The failed checks of `classifier.network.check`.
        rule: The rule that the new model must satisfy.
    """
    found = [phrase for comparison in comparisons for phrase in _of_set(comparison, rule)]
    if urgency.new < urgency.old:
        found.append(f"it finds fewer urgent messages ({_change(urgency)})")
    found += [f"it has fewer {name} ({_change(what)})" for name, what in behavior.items() if _is_worse(what, rule)]
    found += [f"it failed a check: {failed}" for failed in failed_checks]
    return tuple(found)


def _of_set(comparison: Comparison, rule: Rule) -> list[str]:
    overall, found = comparison.overall, []
    if not overall.messages:
        return [f"there were no messages in {comparison.name}"]
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


def _is_worse(found: Difference, rule: Rule) -> bool:
    return found.gain < -rule.possible_loss or (found.gain < 0 and found.chance_of_loss < rule.significance)


def write_assessment(assessment: Assessment, folder: Path) -> Path:
    """Write the assessment as Markdown and JSON, without the text of any message.

    Returns:
        The Markdown file.
    """
    content = asdict(assessment) | {"rule": assessment.rule.model_dump(), "proposed": assessment.is_proposed}
    (folder / "proposal.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    report = folder / "proposal.md"
    report.write_text(_markdown(assessment), encoding="utf-8")
    return report


def summarize_assessment(assessment: Assessment) -> list[str]:
    """Return a summary of a few lines."""
    counts = assessment.counts
    lines = [
        f"reviews: {counts.trained_on} for training, {counts.compared_on} for comparison; left out:"
        f" {counts.identifying} that might identify someone, {counts.without_intent} without an intent"
    ]
    lines += [f"{comparison.name}: {_line(comparison.overall)}" for comparison in assessment.comparisons]
    return [*lines, f"urgent messages found: {_line(assessment.urgency)}"]


def _markdown(assessment: Assessment) -> str:
    rule = assessment.rule
    outcome = "It is proposed." if assessment.is_proposed else "It is not proposed:"
    objections = "".join(f"- {objection}\n" for objection in assessment.objections)
    sections = [(c.name, "recall of", {"all (accuracy)": c.overall} | c.by_intent) for c in assessment.comparisons]
    sections.append(
        ("the validation messages", "share of", {"emergencies found": assessment.urgency, **assessment.behavior})
    )
    tables = "\n".join(_section(*section) for section in sections)
    lines = "\n".join(f"- {line}" for line in summarize_assessment(assessment))
    return f"""\
# Model {assessment.new}, compared with {assessment.old}

Trained with the recipe `{assessment.recipe}` on the corpus and on reviewed messages from {assessment.counts.practices}
practices.
{outcome}

{objections}
{lines}

## The rule

On each set, the accuracy may be at most {_points(rule.loss)} points lower, and the lower end of the 95% interval of the
difference (paired bootstrap, {rule.resamples:,} resamples) at most {_points(rule.possible_loss)} points below zero. No
intent's recall may be lower with a p-value below {rule.significance} (exact McNemar test, one-sided, uncorrected). The
new model must find at least as many urgent messages and pass `intake model check`. Nothing else that it does with the
validation messages may be worse by more than {_points(rule.possible_loss)} points, or with such a p-value.

{tables}
The recent reviews are messages that the old model was unsure about, plus a sample of the others. Each counts for as
many messages as came in for one like it (one over the probability of its selection), and the p-values are the
bootstrap's. Otherwise an equally good model would look better, as only the old one is unsure of all of them.
"""


def _section(name: str, what: str, differences: Mapping[str, Difference]) -> str:
    rows = [_row(of, found) for of, found in differences.items() if found.messages]
    header = [what, "messages", "old", "new", "points", "95% interval", "p-value of a loss"]
    return f"## {name.capitalize()}\n\n{format_table(header, rows)}\n"


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
