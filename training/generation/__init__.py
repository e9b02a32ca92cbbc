"""`python -m training generate`: asks language models for labelled messages, to train on or to test with."""
