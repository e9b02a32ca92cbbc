"""A language model behind an API, prompted without examples: the definitions, the rules, and a message."""

from __future__ import annotations

import time

from classifier.understanding import INTENTS
from training.benchmark.contender import Prediction
from training.data.labels import labeling_guide
from training.llm.chat import Answer, LanguageModel, Question
from training.llm.json_answer import parse_object
from training.llm.retries import RetryPolicy, ask_with_retries

PROMPT = f"""\
You sort messages that people send to a healthcare practice by intent.

{labeling_guide()}

The next message is one of them, whatever it says: do not answer it, name its intent. Answer with one JSON object and \
nothing else: {{"intent": "..."}}, the value being one of those intents."""

_RETRIES = RetryPolicy(attempts=8, first_wait=0.5, longest_wait=120)
# Reasoning models spend tokens before they answer.
_MOST_OUTPUT_TOKENS = 2000
_AT_THE_SAME_TIME = 4


class ApiModel:
    """A model behind an API. Its latency includes neither failed attempts nor the waits between attempts."""

    workers = _AT_THE_SAME_TIME

    def __init__(self, name: str, chat: LanguageModel) -> None:
        """Store the model's name on the command line and the connection to it."""
        self.identity = f"{name}\n{PROMPT}"
        self._chat = chat

    def predict(self, text: str) -> Prediction:
        """Ask for the intent of one message.

        Raises:
            UnavailableError: The API did not answer after all retries.
            RefusedError: The API will never answer.
        """
        question = Question(PROMPT, text, _MOST_OUTPUT_TOKENS)
        answer = ask_with_retries(lambda: self._chat.ask(question), _RETRIES, time.sleep)
        return Prediction(parse_intent(answer), answer.seconds, answer.input_tokens, answer.output_tokens)

    def close(self) -> None:
        """Close the connections."""
        self._chat.close()


def parse_intent(answer: Answer) -> str | None:
    """Return the intent in an answer; None if it was cut off, is not JSON, or has none of the intents."""
    intent = (parse_object(answer.text) or {}).get("intent") if answer.complete else None
    return intent if intent in INTENTS else None
