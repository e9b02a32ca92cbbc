"""Tables of what a message may say that decides how it is answered: `signs/losses.toml` and `signs/remarks.toml`.

Each kind of such a report has patterns that find it (`reports`), others that set it aside anywhere in its sentence
(`set_aside`) or right before it (`before`), and words that make the whole message about something else (`not_about`).
Some patterns (`reports_beside`) find it only in a message that speaks of the matter anywhere (`beside`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from classifier.entities.rules_names import known_names
from classifier.rules.danger_signs import NOTHING, read_alternatives
from classifier.rules.screen import break_sentences
from classifier.text.first_letters import join_patterns, split_alternatives
from classifier.text.normalise import normalised

_MARK = "\0"
"""What holds the place of a question mark while sentences are broken."""


class Report(NamedTuple):
    """What finds one kind of report, what sets it aside in its sentence or right before it, and what it is about."""

    reports: re.Pattern[str]
    set_aside: re.Pattern[str]
    before: re.Pattern[str]
    not_about: re.Pattern[str]
    reports_beside: re.Pattern[str]
    beside: re.Pattern[str]

    def is_in(self, text: str) -> bool:
        """Return whether a message makes this report."""
        sentences = _split_sentences(text)
        message = "\n".join(sentences)
        found = any(self._is_in_sentence(self.reports, sentence) for sentence in sentences) or (
            any(self._is_in_sentence(self.reports_beside, sentence) for sentence in sentences)
            and self.beside.search(message) is not None
        )
        return found and not self.not_about.search(message)

    def _is_in_sentence(self, reports: re.Pattern[str], sentence: str) -> bool:
        """Return whether a sentence makes the report, and nothing in it or right before the report sets it aside."""
        # What sets a report aside is only looked for where there is one: in few messages.
        return any(
            _names_somebody(found) and not self.before.search(sentence[: found.start()])
            for found in reports.finditer(sentence)
        ) and not self.set_aside.search(sentence)


def _names_somebody(report: re.Match[str]) -> bool:
    """Return whether what a report has in the place of a name, its group `name`, is one."""
    name = report.groupdict().get("name")
    return name is None or name in known_names()


@lru_cache(maxsize=2)  # every report is looked for in the same message
def _split_sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a message, in the spelling of the tables; " ?" ends one that asks."""
    marked = break_sentences(normalised(text).replace("?", f" {_MARK}?"))
    return tuple(marked.replace(_MARK, "?").split("\n"))


def load_reports(table: Path) -> dict[str, Report]:
    """Return the reports of a table in TOML, by their names, in its order.

    Raises:
        DangerSignError: the table has a mistake; the message names it.
    """
    return {name: _compile_report(lists) for name, lists in read_alternatives(table).items()}


def _compile_report(lists: Mapping[str, str]) -> Report:
    return Report(
        _compile_found(lists.get("reports", NOTHING)),
        re.compile(lists.get("set_aside", NOTHING)),
        re.compile(rf"(?:{lists.get('before', NOTHING)})$"),
        re.compile(rf"\b(?:{lists.get('not_about', NOTHING)})\b"),
        _compile_found(lists.get("reports_beside", NOTHING)),
        re.compile(rf"\b(?:{lists.get('beside', NOTHING)})\b"),
    )


def _compile_found(either: str) -> re.Pattern[str]:
    """Compile what finds a report, by its first letters unless it captures a name: nearly no message has one."""
    return re.compile(rf"\b(?:{either if '(?P<' in either else join_patterns(split_alternatives(either))})")
