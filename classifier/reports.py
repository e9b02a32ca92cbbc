"""Tables of what a message may say that decides how it is answered: `signs/losses.toml` and `signs/remarks.toml`.

Each kind of such a report has patterns that find it, others that set it aside in its sentence, and words that make the
whole message about something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from classifier.danger_signs import NOTHING, read_alternatives
from classifier.screen import break_sentences


class Report(NamedTuple):
    """What finds one kind of report: its words, what around them sets it aside, and what it is about instead."""

    reports: re.Pattern[str]
    set_aside: re.Pattern[str]
    not_about: re.Pattern[str]

    def is_in(self, text: str) -> bool:
        """Return whether a message makes this report."""
        sentences = break_sentences(text)
        return not self.not_about.search(sentences) and any(map(self._is_in_sentence, sentences.split("\n")))

    def _is_in_sentence(self, sentence: str) -> bool:
        """Return whether a sentence makes the report, and nothing before it, or in it, sets it aside."""
        found = (report.start() for report in self.reports.finditer(sentence))
        return any(not any(map(self.set_aside.search, (sentence[:start], sentence[start:]))) for start in found)


def load_reports(table: Path) -> dict[str, Report]:
    """Return the reports of a table in TOML, by their names, in its order.

    Raises:
        DangerSignError: the table has a mistake; the message names it.
    """
    return {name: _compile_report(lists) for name, lists in read_alternatives(table).items()}


def _compile_report(lists: Mapping[str, str]) -> Report:
    return Report(
        re.compile(rf"\b(?:{lists.get('reports', NOTHING)})"),
        re.compile(lists.get("set_aside", NOTHING)),
        re.compile(rf"\b(?:{lists.get('not_about', NOTHING)})\b"),
    )
