"""Practices as the database knows them: settings, setup, common questions, and those that are missing from the file."""
