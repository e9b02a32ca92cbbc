"""The console for a practice's staff."""
