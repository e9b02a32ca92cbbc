"""What tokens cost."""

from __future__ import annotations

from dataclasses import dataclass

from training.llm.chat import Question


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens, at list price: without discounts for batches or for prompts seen before."""

    input: float
    output: float

    def dollars(self, input_tokens: float, output_tokens: float) -> float:
        """Return what so many tokens cost."""
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000

    def at_most(self, question: Question) -> float:
        """Return what a question cannot cost more than."""
        return self.dollars(question.most_input_tokens, question.max_output_tokens)
