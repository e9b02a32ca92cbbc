"""Report what doubting weak alarms by the words costs and spares, by writers of whom the models knew nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from classifier.network.danger_words import DangerWords
from classifier.network.decoding import HIDES_DANGER, WEAK_ALARM
from intake.vocabulary import TriageLevel
from training.data.held_back import read_plain
from training.export.danger_words import MOST_LOST, Doubted, doubt_alarms
from training.markdown import format_interval, format_table
from training.statistics import count_share

ALL: Final = "all"


def write_danger_report(words: DangerWords, validation: Sequence[Doubted], corpus: Path, report: Path) -> None:
    """Write the report: for each writer and language, the alarms without the words and with them.

    Args:
        words: The model that was chosen.
        validation: The messages that it was chosen on.
        corpus: The corpus, with a stranger's messages that are held back.
        report: The file to write.
    """
    groups = (*sorted({line.message.writer for line in validation}), *sorted(_languages(validation)), ALL)
    table = _tabulate(validation, groups)
    [stranger] = doubt_alarms([words], read_plain(corpus))
    text = _TEXT.format(bar=words.harmless, weak=WEAK_ALARM, hides=HIDES_DANGER, lost=MOST_LOST, table=table)
    if stranger:
        text += _STRANGER.format(table=_tabulate(stranger, (*sorted(_languages(stranger)), ALL)))
    report.write_text(text, encoding="utf-8")


def _tabulate(lines: Sequence[Doubted], groups: Sequence[str]) -> str:
    rows = [
        (
            group,
            level.value,
            str(len(found)),
            _alarms(line.before for line in found),
            _alarms(line.after for line in found),
        )
        for group in groups
        for level in TriageLevel
        if (found := [line for line in lines if line.message.level is level and _is_in(line, group)])
    ]
    return format_table(("messages of", "level", "messages", "alarms by the network", "with the words"), rows)


def _languages(lines: Sequence[Doubted]) -> set[str]:
    return {line.message.language for line in lines if line.message.language is not None}


def _is_in(line: Doubted, group: str) -> bool:
    return group in (line.message.writer, line.message.language, ALL)


def _alarms(levels: Iterable[TriageLevel]) -> str:
    counted = count_share([level is TriageLevel.EMERGENCY for level in levels]) or {"count": 0, "low": 0, "high": 1}
    return f"{counted['count']} ({format_interval(counted['low'], counted['high'])})"


_TEXT: Final = """\
# Weak alarms that the words doubt

`python -m training danger` writes this page. Where the network gives an emergency less than {weak}, without a danger
sign, and self-harm and ingestion each less than {hides}, a linear model over the words may make a same-day matter of
the alarm: it does so below a probability of {bar}, the highest at which at most {lost:.1%} of these emergencies are
lost. Both models were fitted to the same messages; none is by a writer of this page.

{table}

In brackets: 95% intervals, in percent.
"""
_STRANGER: Final = """
## A stranger's ordinary messages

`training/corpus/held_back/plain.tsv`, by whom nothing was chosen: what patients write to a front desk, some of it with
a danger on the side.

{table}
"""
