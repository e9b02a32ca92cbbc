"""How a process of the product ends when something goes wrong: one sentence on stderr and a non-zero status."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from intake.errors import IntakeError

NOBODY_PAGED = 3
"""The status of a check that found no mistake, and a practice whose emergencies page nobody."""


@contextmanager
def explain_failure() -> Iterator[None]:
    """End the process with one sentence instead of a traceback."""
    try:
        yield
    except IntakeError as error:
        click.echo(f"Error: {error}.", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        click.echo(f"Error: the library {error.name} is missing: install all of requirements/serving.lock.", err=True)
        sys.exit(1)
    except Exception as error:
        from intake.logs import where_raised  # slow to import

        click.echo(f"Error: unexpected {where_raised(error, error.__traceback__)}; please report it.", err=True)
        sys.exit(1)
