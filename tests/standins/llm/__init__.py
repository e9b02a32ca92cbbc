"""A stand-in for the APIs of language models: OpenAI's chat completions and Anthropic's messages."""

from tests.standins.llm.conversation import Asked
from tests.standins.llm.faults import Fault
from tests.standins.llm.standin import LlmStandIn

__all__ = ["Asked", "Fault", "LlmStandIn"]
