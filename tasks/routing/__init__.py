"""Deciding what follows a message: `decide.py` is pure, `facts.py` loads what it needs."""
