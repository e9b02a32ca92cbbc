"""What a message asks and names: common questions, entities, and its language."""
