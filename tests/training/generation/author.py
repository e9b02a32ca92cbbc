"""What the stand-in's model writes when it is asked for messages: what was asked, in words drawn by chance."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.standins.llm import Asked

SYLLABLES = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu")


def drafts(asked: Asked) -> list[dict[str, Any]]:
    """The drafts in a request."""
    return [json.loads(line) for line in asked.user.splitlines()[1:]]


def write(asked: Asked) -> str:
    """Answer a request as well as can be."""
    return json.dumps({"messages": [message(draft) for draft in drafts(asked)]})


def message(draft: dict[str, Any]) -> dict[str, Any]:
    """One message to a draft; another draft has other words."""
    rng = Random(json.dumps(draft))
    words = ["".join(rng.choices(SYLLABLES, k=3)) for _ in range(8)]
    labels = ("number", "intent", "practice", "channel", "tone", "age")
    return {**{name: draft[name] for name in labels}, "text": " ".join([*words, "{full_name}"])}
