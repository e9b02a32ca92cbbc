"""Deleting what is past its time, and erasing a patient."""
