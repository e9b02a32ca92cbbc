"""Exporting conversations, patients, and reviews for other systems."""
