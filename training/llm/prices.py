"""The price of tokens."""

from __future__ import annotations

from dataclasses import dataclass

from training.llm.chat import Question


@dataclass(frozen=True, slots=True)
class Price:
    """List prices in dollars per million tokens, without discounts for batches or cached prompts."""

    input: float
    output: float

    def dollars(self, input_tokens: float, output_tokens: float) -> float:
        """Return the cost of the given numbers of tokens."""
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000

    def at_most(self, question: Question) -> float:
        """Return an upper bound on the cost of a question."""
        return self.dollars(question.most_input_tokens, question.max_output_tokens)
