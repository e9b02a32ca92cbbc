"""What members write: drafts, saved replies, the files they send, and which way a reply goes."""
