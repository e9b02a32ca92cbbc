"""Programs for those who work on the code; none of it is installed."""
