"""The network: its files, its answers, and the decisions that are made of them."""
