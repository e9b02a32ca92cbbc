"""The database, which is the source of truth: messages received, decisions made, and replies sent."""
