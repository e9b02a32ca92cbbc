"""The practice's common questions: which of them a message asks."""
