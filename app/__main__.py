"""`python -m app` is the `intake` command."""

from __future__ import annotations

from app.interrupts import quietly_interrupted


def main() -> None:
    """Run the command."""
    with quietly_interrupted():
        from app.cli import main as run
    run()


if __name__ == "__main__":
    main()
