"""The record: what came in, what was decided, what went out. The database is the truth."""
