"""`python -m intake` is the `intake` command."""

from app.cli import main

main()
