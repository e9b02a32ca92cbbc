"""Finds what identifies a person, and the facts of a bill or an insurance, in a message."""
