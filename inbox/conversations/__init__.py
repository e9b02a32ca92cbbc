"""What staff see and do of a conversation: its state, tags, mentions, views, reviews, and undoing."""
