"""What the service does when something breaks, over real processes: `make faults` breaks it and counts."""
