"""`python -m training benchmark`: reads the same messages with API models and local ones, and compares them."""
