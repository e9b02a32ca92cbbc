"""`python -m training benchmark`: compare API models and local models on the same messages."""
