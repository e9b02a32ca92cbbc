"""Report how many wordings about a phone that others see are heard, by writers of whom the model knew nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from classifier.contact.heard_contact import HeardContact
from classifier.contact.other_writers import is_other_writer
from classifier.contact.unsafe_contact import read_unsafe_contact
from training.data.contact import OTHERS, ContactLine
from training.export.contact_words import WRONGLY_HEARD, ContactScores
from training.markdown import format_interval, format_table
from training.statistics import count_share

ALL: Final = "all"
_LABELS: Final = (*map(str, HeardContact), *OTHERS)


def write_contact_report(scores: ContactScores, report: Path) -> None:
    """Write the report: what the tables in `signs/` find, and what they and the model find, for each writer."""
    least = scores.choose_least()
    lines = [line for line, _ in scores.lines]
    ruled = {line: is_ruled(line) for line in lines}
    heard = {line: ruled[line] or sum(shares.values()) >= least for line, shares in scores.lines}
    rows = [
        (group, label, str(len(found)), _share(ruled[line] for line in found), _share(heard[line] for line in found))
        for group in (*sorted({line.writer for line in lines}), *sorted({line.language for line in lines}), ALL)
        for label in _LABELS
        if (found := [line for line in lines if line.label == label and group in (line.writer, line.language, ALL)])
    ]
    table = format_table(("lines of", "label", "lines", "heard by the tables", "with the model"), rows)
    ordinary = _share(score >= least for score in scores.ordinary)
    written = _TEXT.format(least=least, allowed=WRONGLY_HEARD, table=table, ordinary=ordinary, of=len(scores.ordinary))
    report.write_text(written, encoding="utf-8")


def is_ruled(line: ContactLine) -> bool:
    """Return whether the tables in `signs/` find anything in a line."""
    return read_unsafe_contact(line.text) is not None or is_other_writer(line.text)


def _share(flags: Iterable[bool]) -> str:
    counted = count_share(list(flags)) or {"count": 0, "low": 0, "high": 1}
    return f"{counted['count']} ({format_interval(counted['low'], counted['high'])})"


_TEXT: Final = """\
# Who shares the phone that they write from

`python -m training contact` writes this page. Each writer's lines are weighed by a model that the other writers' lines
gave, beside ordinary messages of the corpus. A line is heard if silence and another writer together have a probability
of at least {least}, which {allowed:.1%} of the ordinary messages reach. The model that ships knows all lines of the
corpus, so another writer's lines are needed to judge it.

{table}

Ordinary messages heard: {ordinary} of {of}, each weighed once for each writer. In brackets: 95% intervals, in percent.
"""
