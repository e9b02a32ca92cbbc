"""The audit trail, and how far back it goes."""
