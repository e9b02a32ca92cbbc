"""Encrypted backups of the database and the practices file, made while the service runs."""
