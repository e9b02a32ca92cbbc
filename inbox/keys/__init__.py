"""Changing the encryption key while the service runs."""
