"""Parse generated messages; accept only those that match their draft and contain no personal values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from training.data.rendering import SLOTS
from training.errors import TrainingError
from training.generation.personal import has_personal_value
from training.generation.plan import DraftBatch, MessageSpec
from training.llm.chat import Answer
from training.llm.json_answer import parse_object

SHORTEST, LONGEST = 8, 600
_ECHOED = ("intent", "practice", "channel", "tone", "age")
_SLOT = re.compile(r"\{([a-z0-9_]+)\}")


class UnusableAnswerError(TrainingError):
    """An answer without any acceptable message; the error says why."""


@dataclass(frozen=True, slots=True)
class Written:
    """The messages of one answer.

    Attributes:
        texts: The accepted messages by the index of their draft in the batch.
        rejected: Number of rejected messages by reason.
    """

    texts: Mapping[int, str]
    rejected: Mapping[str, int]


def parse_answer(answer: Answer, batch: DraftBatch) -> Written:
    """Parse the answer for a batch.

    Raises:
        UnusableAnswerError: It was cut off, is not the requested JSON, or none of its messages is acceptable.
    """
    if not answer.complete:
        raise UnusableAnswerError("the answer was cut off")
    entries = (parse_object(answer.text) or {}).get("messages")
    if not isinstance(entries, list):
        raise UnusableAnswerError("the answer is not the requested JSON")
    texts: dict[int, str] = {}
    rejected: Counter[str] = Counter()
    for entry in entries:
        flaw = _flaw(entry, batch, texts)
        if flaw is None:
            texts[entry["number"] - 1] = entry["text"].strip()
        else:
            rejected[flaw] += 1
    if not texts:
        raise UnusableAnswerError(f"no message is acceptable: {', '.join(sorted(rejected)) or 'there are none'}")
    return Written(texts, rejected)


def _flaw(entry: Any, batch: DraftBatch, accepted: Mapping[int, str]) -> str | None:
    number = entry.get("number") if isinstance(entry, dict) else None
    if not isinstance(number, int) or not 1 <= number <= len(batch.drafts) or not isinstance(entry.get("text"), str):
        return "malformed"
    if number - 1 in accepted:
        return "duplicate number"
    if not _is_as_drafted(entry, batch.drafts[number - 1]):
        return "wrong labels"
    return flaw_of_text(entry["text"].strip())


def _is_as_drafted(entry: Mapping[str, Any], draft: MessageSpec) -> bool:
    asked = asdict(draft)
    return all(entry.get(key) == asked[key] for key in _ECHOED)


def flaw_of_text(text: str) -> str | None:
    """Return why a message is not acceptable; None if it is."""
    if not SHORTEST <= len(text) <= LONGEST:
        return "too short or too long"
    if not text.isprintable():
        return "more than one line"
    if not {slot[1] for slot in _SLOT.finditer(text)} <= SLOTS or re.search(r"[{}]", _SLOT.sub("", text)):
        return "unknown slot"
    if has_personal_value(text):
        return "possible personal value"
    return None
