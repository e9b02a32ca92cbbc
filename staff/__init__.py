"""The staff's side: the console that practices work in."""
