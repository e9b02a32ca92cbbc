"""The queues: which jobs wait, in which order, and when a row is due."""
