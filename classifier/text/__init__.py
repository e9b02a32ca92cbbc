"""Texts before anything is understood: spelling, parts, windows, and how much is read."""
