"""Reading what a model wrote: only messages that are what their draft asked for, and safe to keep, are taken."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from training.data.rendering import SLOTS
from training.errors import TrainingError
from training.generation.personal import has_personal_value
from training.generation.plan import DraftBatch, MessageDraft
from training.llm.chat import Answer
from training.llm.json_answer import parse_object

SHORTEST, LONGEST = 8, 600
_ECHOED = ("intent", "practice", "channel", "tone", "age")
_SLOT = re.compile(r"\{([a-z0-9_]+)\}")


class UnusableAnswerError(TrainingError):
    """An answer that holds no message that could be kept; the message says why."""


@dataclass(frozen=True, slots=True)
class Written:
    """What one answer brought.

    Attributes:
        texts: Index of a draft in its batch → its message.
        rejected: Why messages were not taken → how many.
    """

    texts: Mapping[int, str]
    rejected: Mapping[str, int]


def parse_answer(answer: Answer, batch: DraftBatch) -> Written:
    """Read the answer to the request for a batch.

    Raises:
        UnusableAnswerError: It was cut short, is not the JSON that was asked for, or none of its messages is taken.
    """
    if not answer.complete:
        raise UnusableAnswerError("the answer was cut short")
    entries = (parse_object(answer.text) or {}).get("messages")
    if not isinstance(entries, list):
        raise UnusableAnswerError("the answer is not the JSON that was asked for")
    texts: dict[int, str] = {}
    rejected: Counter[str] = Counter()
    for entry in entries:
        flaw = _flaw(entry, batch, texts)
        if flaw is None:
            texts[entry["number"] - 1] = entry["text"].strip()
        else:
            rejected[flaw] += 1
    if not texts:
        raise UnusableAnswerError(f"no message could be taken: {', '.join(sorted(rejected)) or 'there is none'}")
    return Written(texts, rejected)


def _flaw(entry: Any, batch: DraftBatch, taken: Mapping[int, str]) -> str | None:
    number = entry.get("number") if isinstance(entry, dict) else None
    if not isinstance(number, int) or not 1 <= number <= len(batch.drafts) or not isinstance(entry.get("text"), str):
        return "malformed"
    if number - 1 in taken:
        return "number given twice"
    if not _is_as_drafted(entry, batch.drafts[number - 1]):
        return "other labels than asked for"
    return flaw_of_text(entry["text"].strip())


def _is_as_drafted(entry: Mapping[str, Any], draft: MessageDraft) -> bool:
    asked = asdict(draft)
    return all(entry.get(key) == asked[key] for key in _ECHOED)


def flaw_of_text(text: str) -> str | None:
    """Return why a message cannot be taken, None if it can."""
    if not SHORTEST <= len(text) <= LONGEST:
        return "too short or too long"
    if not text.isprintable():
        return "more than one line"
    if not {slot[1] for slot in _SLOT.finditer(text)} <= SLOTS or re.search(r"[{}]", _SLOT.sub("", text)):
        return "unknown slot"
    if has_personal_value(text):
        return "looks like a real person's value"
    return None
