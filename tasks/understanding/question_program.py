"""A program of its own that finds the common question that a text asks: `question_trial` runs it, nothing imports it.

It reads one JSON object from standard input, and writes another. The models are in memory only for that long, so that
the web server, which answers many people at once, does without them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    """Understand a text as a worker does, and say what was found."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from classifier import Classifier
    from classifier.network.store import ModelStore
    from classifier.questions.find import QuestionMatcher, is_answerable
    from classifier.questions.sentences import SentenceEncoder

    asked = json.load(sys.stdin)
    text, pinned = asked["text"], asked["model_dir"]
    store = ModelStore(Path(asked["models_dir"]), Path(pinned) if pinned else None)
    [understanding] = Classifier.load(store.usable_folder()[0]).classify([text])
    match = QuestionMatcher(SentenceEncoder.load(), asked["questions"]).match(text)
    found = {
        "keys": [match.topic, *match.also],
        "is_clear": match.is_clear,
        "is_near": match.is_near,
        "may_be_answered": is_answerable(understanding, text),
        "language": str(understanding.language),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
