"""Write the shipped intent model's figures into README.md and docs/figures.md.

`python -m tools.model_figures` (`make figures`) takes them from the evaluation in the model's folder, so that no page
speaks of another model. `--check` writes nothing and fails if a page is out of date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.written_parts import replace_part
from training.markdown import format_percent, format_score, format_share, format_table

ROOT = Path(__file__).parents[1]
EVALUATION = Path("classifier", "models", "intent", "evaluation.json")
BEGIN, END = "<!-- {name}: written by `make figures` -->\n", "<!-- end of {name} -->\n"

Evaluation = Mapping[str, Any]
Screens = Mapping[str, Any]

_HOW_GOOD = """\
On a test set written in a deliberately different style, the shipped model is {style} accurate (95% interval {style_low}
to {style_high}). It found {found} of the emergencies among strangers' messages, {spanish} of those in Spanish, and took
{near} of strangers' routine messages that share their words for emergencies, and {month} of an ordinary month's.
It kept {held} of strangers' messages that belong to no intent from being routed by one. All of these messages are
fictional; accuracy on real traffic is unknown. [docs/figures.md](docs/figures.md) has every figure.
"""
_LIMITS = """\
- Intake gives no medical advice. Triage only ever raises a message's priority, and it misses some emergencies:
  {missed} of strangers' emergencies in English, {missed_spanish} in Spanish.
- {unsure} of strangers' messages with an intent go to a person, because the model is not sure enough of them
  ({unsure_spanish} in Spanish). Of those it routes, {wrong} go to the wrong team.
- {slipped} of their messages that belong to no intent are still routed as if they had one. Raise `review_threshold` to
  send more messages to a person.
"""
_INTRODUCTION = """\
Model `{version}`. Parentheses hold 95% intervals and counts. The model's own card,
[classifier/models/intent/README.md](../classifier/models/intent/README.md), has the details; the full report is
[training/reports/{version}/report.md](../training/reports/{version}/report.md).
"""
_STYLE = """\
The baseline is TF-IDF with logistic regression on the same messages. The cross-style test was written separately, in a
deliberately different style. Validation is all messages of {writers} writers of whom the network has seen nothing;
thresholds were chosen on it, so its figures are flattering. The messages of the tables below were written by strangers
and chose nothing.
"""


def write_pages(evaluation: Evaluation) -> dict[tuple[str, str], str]:
    """Return what stands between which markers of which page: (page, name of the markers) → Markdown."""
    return {
        ("README.md", "how good the model is"): _HOW_GOOD.format(**_in_words(evaluation)),
        ("README.md", "limits of the model"): _LIMITS.format(**_in_words(evaluation)),
        ("docs/figures.md", "figures of the model"): "\n".join(_sections(evaluation)),
    }


def _in_words(evaluation: Evaluation) -> dict[str, str]:
    strangers, scores = _strangers(evaluation), evaluation["cross_style"]["int8"]
    scope, spanish = strangers["scope"]["in_scope"], strangers["spanish"]["in_scope"]
    found, found_spanish = (_alarms(strangers[name], "found") for name in ("triage", "spanish"))
    near = [_alarms(strangers["triage"], name) for name in ("false_alarms", "everyday_alarms")]
    raised, routine = (sum(share[name] for share in near) for name in ("count", "messages"))
    style_low, style_high = scores["accuracy_interval"]
    return {
        "style": format_percent(scores["accuracy"]),
        "style_low": f"{100 * style_low:.1f}",
        "style_high": f"{100 * style_high:.1f}",
        "found": format_percent(found["share"]),
        "spanish": format_percent(found_spanish["share"]),
        "near": format_percent(raised / routine),
        "month": format_percent(_alarms(strangers["everyday"], "everyday_alarms")["share"]),
        "held": format_percent(strangers["scope"]["out_of_scope"]["held"]["share"]),
        "missed": _rest(found),
        "missed_spanish": _rest(found_spanish),
        "unsure": format_percent(1 - scope["routed"]["share"]),
        "unsure_spanish": format_percent(1 - spanish["routed"]["share"]),
        "wrong": format_percent(1 - scope["accuracy_when_routed"]["share"]),
        "slipped": format_percent(1 - strangers["scope"]["out_of_scope"]["held"]["share"]),
    }


def _sections(evaluation: Evaluation) -> Iterator[str]:
    strangers = _strangers(evaluation)
    yield _INTRODUCTION.format(version=evaluation["model"]["version"])
    yield _table(["messages", "how many", "accuracy", "macro-F1", "baseline's accuracy"], _accuracy(evaluation))
    yield _STYLE.format(writers=len(evaluation["recipe"]["data"]["validation_writers"]))
    pair = [strangers["triage"], strangers["letters"]]
    yield _table(["in English, by strangers", "triage set", "long letters"], _across(_TRIAGE, pair))
    pair = [strangers["scope"], strangers["spanish"]]
    yield _table(["by strangers", "scope set (English)", "Spanish set"], _across({**_SCOPE, **_RAISED}, pair))
    month = [strangers["everyday"]]
    heading = ["an ordinary month, by a third stranger (all routine)", "result"]
    yield _table(heading, _across({**_RAISED, **_ROUTED}, month))
    yield _table(["two intents, by strangers", "result"], _across(_SECOND, [strangers["two_intents"]]))
    held_back = [evaluation["held_back"]["screens"]]
    yield _table(["older held-back messages", "result"], _across({**_SCOPE, **_RAISED}, held_back))


def _strangers(evaluation: Evaluation) -> dict[str, Screens]:
    return {name: found["screens"] for name, found in evaluation["strangers"].items()}


def _alarms(screens: Screens, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = screens["triage"]["emergency"]["served"][name]
    return found


def _rest(found: Mapping[str, Any]) -> str:
    return f"{found['messages'] - found['count']} of {found['messages']}"


_ROUTED = {
    "has an intent, and is routed": ("in_scope", "routed"),
    "of these, routed correctly": ("in_scope", "accuracy_when_routed"),
    "calibration error of the intents": ("calibration_error",),
}
_SCOPE = {
    "belongs to no intent, and is not routed by one": ("out_of_scope", "held"),
    **_ROUTED,
    "asks for a person, and is recognized": ("person", "found"),
    "needs no answer, and is recognized": ("acknowledgement", "found"),
}
_RAISED = {
    "emergencies raised": ("triage", "emergency", "served", "found"),
    "routine near misses raised as emergencies": ("triage", "emergency", "served", "false_alarms"),
    "everyday messages raised as emergencies": ("triage", "emergency", "served", "everyday_alarms"),
}
_TRIAGE = {
    **_RAISED,
    "of the emergencies, self-harm raised": ("danger", "self_harm", "found"),
    "same-day messages raised to same day or higher": ("triage", "same_day", "raised"),
    "routine messages taken for same-day ones": ("triage", "same_day", "routine_as_same_day"),
}
_SECOND = {
    "two intents: the second one reported": ("second_intent", "found"),
    "one intent: a second one imagined": ("second_intent", "imagined"),
}
"""Row of a table → where its figure stands in the screens of a set."""


def _across(rows: Mapping[str, tuple[str, ...]], sets: list[Screens]) -> Iterator[list[str]]:
    """Yield the rows that at least one of the sets has a figure for."""
    for title, path in rows.items():
        cells = [_cell(_at(screens, path)) for screens in sets]
        if any(cells):
            yield [title, *(cell or "–" for cell in cells)]


def _at(screens: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        screens = screens.get(step) if screens else None
    return screens


def _cell(found: Any) -> str:
    if not found:
        return ""
    return format_share(found) if isinstance(found, Mapping) else f"{found:.3f}"


def _accuracy(evaluation: Evaluation) -> Iterator[list[str]]:
    for title, part in (("validation: writers held out", "validation"), ("cross-style test", "cross_style")):
        found = evaluation[part]
        scores = [format_score(found["int8"], name) for name in ("accuracy", "macro_f1")]
        yield [title, f"{found['messages']:,}", *scores, format_percent(found["baseline"]["accuracy"])]


def _table(header: list[str], rows: Iterator[list[str]]) -> str:
    return format_table(header, rows) + "\n"


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help="the checkout")
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if a page is out of date")
    options = parser.parse_args()
    evaluation = json.loads((options.root / EVALUATION).read_text(encoding="utf-8"))
    pages: dict[str, str] = {}
    for (name, part), text in write_pages(evaluation).items():
        page = pages.get(name) or (options.root / name).read_text(encoding="utf-8")
        begin, end = BEGIN.format(name=part), END.format(name=part)
        written = replace_part(page, begin, end, text)
        if written is None:
            sys.exit(
                f"{name} has no line {begin.strip()!r} and {end.strip()!r}: put them back where the figures belong."
            )
        pages[name] = written
    stale = [name for name, page in pages.items() if (options.root / name).read_text(encoding="utf-8") != page]
    for name in stale:
        if options.check:
            print(f"{name} is out of date: run `make figures`.", file=sys.stderr)
        else:
            (options.root / name).write_text(pages[name], encoding="utf-8")
    sys.exit(1 if stale and options.check else 0)


if __name__ == "__main__":
    main()
