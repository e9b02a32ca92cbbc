"""Asking the APIs of language models: one question, one answer, with patience and with an eye on the cost."""
