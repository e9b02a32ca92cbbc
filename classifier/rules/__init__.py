"""What plain words settle, from the tables in `signs/`: dangers, asides, thanks, errands, and the rest."""
