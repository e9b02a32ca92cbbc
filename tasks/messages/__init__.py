"""Handling stored messages: attempts, batches, corrections, and what staff mark."""
