"""The pages on which saved replies are written: the practice's, and each member's own."""
