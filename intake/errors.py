"""Errors whose message is written for the person who can act on it."""

from __future__ import annotations


class IntakeError(Exception):
    """What was wrong, what was expected, and what to do, in one sentence.

    The message never holds patient text, names or numbers, so that it may be printed, logged and reported.
    """


class MissingKeyError(IntakeError):
    """This process lacks an encryption key that the database was written with; nothing is wrong with the data."""
