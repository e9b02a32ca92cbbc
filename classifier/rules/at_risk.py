"""Find a fever in somebody whose body cannot fight what causes it, from `signs/at_risk.toml`.

"Chemo Thursday, 39.5 today" has no word that alarms: it takes both facts to make an emergency.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from classifier.folders import SIGNS
from classifier.outputs import Language
from classifier.rules.danger_signs import Guards, load_tables, read_alternatives

TABLE: Final = SIGNS / "at_risk.toml"


class RiskyFever(NamedTuple):
    """What finds such a fever in one language.

    Attributes:
        language: The language.
        guards: What sets a fever aside.
        who: What tells whose body cannot fight.
        fever: What tells of a fever.
        was: What says that the treatment may be long over.
        supposed: What right before a fever says that it only may come.
    """

    language: Language
    guards: Guards
    who: re.Pattern[str]
    fever: re.Pattern[str]
    was: re.Pattern[str]
    supposed: re.Pattern[str]

    def fevers_in(self, sentences: str) -> Iterator[re.Match[str]]:
        """Find the fevers in a message from `break_sentences`, if it tells of somebody at risk."""
        if not self.who.search(sentences):
            return
        for fever in self.fever.finditer(sentences):
            before = sentences[: fever.start()].rpartition("\n")[2]
            if not self.supposed.search(before):
                yield fever


@cache
def load_risks() -> tuple[RiskyFever, ...]:
    """Return what finds such fevers in each language, read once per process."""
    table = read_alternatives(TABLE)

    def find(entry: str, language: Language, end: str = "") -> re.Pattern[str]:
        return re.compile(rf"\b(?:{table[entry][language]}){end}")

    return tuple(
        RiskyFever(
            language=signs.language,
            guards=signs.guards,
            who=find("who", signs.language),
            fever=find("fever", signs.language),
            was=find("was", signs.language),
            supposed=find("supposed", signs.language, end="$"),
        )
        for signs in load_tables()
    )
