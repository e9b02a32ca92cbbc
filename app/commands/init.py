"""Starting a new service."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
def init(folder: Path) -> None:
    """Write a practices.toml and a .env with new keys into FOLDER.

    Without FOLDER, they go into the current folder. Files that exist are never overwritten.
    """
    from app.starter_files import write_starter_files

    write_starter_files(folder)
    click.echo(f"Wrote {folder / 'practices.toml'} and {folder / '.env'}.")
    click.echo("Keep .env: without its keys the database cannot be read.")
    click.echo("Next:")
    if folder != Path():
        click.echo(f"  cd {folder}")
    click.echo("  intake practice check practices.toml   after you have described your practice in it")
    click.echo("  intake up")
