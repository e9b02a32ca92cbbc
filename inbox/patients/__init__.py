"""Patient records, and everything on record about one patient."""
