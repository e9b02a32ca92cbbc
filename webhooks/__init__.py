"""Incoming HTTP requests: verify, normalize, store, enqueue, and answer. Nothing else."""
