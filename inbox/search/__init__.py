"""The search index and its words."""
