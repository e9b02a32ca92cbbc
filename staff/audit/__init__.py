"""The audit trail on the console, for administrators."""
