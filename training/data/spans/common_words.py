"""List the words that people write in small letters and that are no names, for the rules that look for names.

`python -m training.data.spans.common_words` writes the list that is shipped with the rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from faker.providers.person.en_US import Provider as English
from faker.providers.person.es_MX import Provider as Spanish

from classifier.entities import rules_names
from classifier.entities.folding import fold
from training.data.corpus import CORPUS
from training.data.spans.messages import SpanMessage, read_span_messages
from training.data.spans.setting import read_values

LIST: Final = Path(rules_names.__file__).parent / "data" / "common_words.txt"
_OFTEN: Final = 12
_VALUE = re.compile(r"\{\w+\}|\[\[.*?\]\]", re.DOTALL)
_WORD = re.compile(r"(?<![\w'])[^\W\d_A-Z](?:[^\W\d_]|'(?=[^\W\d_]))+(?![\w'])")


def common_words(messages: Iterable[SpanMessage], corpus: Path = CORPUS) -> list[str]:
    """Return the words that stand at least twelve times in small letters outside of any value, without listed names.

    They are in plain characters, as the rules read them.

    Args:
        messages: The messages of the corpus.
        corpus: The corpus folder, which lists names.
    """
    counts: Counter[str] = Counter()
    for message in messages:
        counts.update(word for word in _WORD.findall(fold(_VALUE.sub(" ", message.text)).text) if word.islower())
    names = _names(corpus)
    return sorted(word for word, count in counts.items() if count >= _OFTEN and word not in names)


def _names(corpus: Path) -> frozenset[str]:
    listed = [
        name for file in ("first_names", "last_names") for group in read_values(corpus, file).values() for name in group
    ]
    for provider in (English, Spanish):
        listed += [*provider.first_names, *provider.last_names]
    return frozenset(word for name in listed for word in re.findall(r"[^\W\d_]+", fold(name.casefold()).text))


if __name__ == "__main__":
    LIST.write_text("\n".join(common_words(read_span_messages(CORPUS))) + "\n", encoding="utf-8")
