"""Pictures and files of patients: fetched, checked by content, and stored encrypted."""
