"""`python -m training generate`: ask language models for labeled messages for training or testing."""
