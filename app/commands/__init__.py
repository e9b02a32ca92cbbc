"""One module a family of commands. What a command alone needs is imported inside it, so that `--help` is quick."""
