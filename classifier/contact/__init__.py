"""What a message says of its phone: who reads it, who writes, and how its owner may be reached."""
