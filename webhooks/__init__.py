"""HTTP in: verify, normalise, store, enqueue, answer. Nothing else."""
