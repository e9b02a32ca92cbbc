"""Checking a practices file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from intake.practices import load_practices


@click.group()
def practice() -> None:
    """Work with the practices file."""


@practice.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replies", "show_replies", is_flag=True, help="Show every reply as a patient would read it now.")
@click.option("--prompts", "show_prompts", is_flag=True, help="Show every voice prompt as a caller would hear it now.")
def check(file: Path, show_replies: bool, show_prompts: bool) -> None:
    """Check a practices FILE; errors name the line or the key."""
    from templates.replies import check_replies
    from templates.segments import count_segments
    from templates.voice_prompts import check_prompts

    practices = load_practices(file)
    for entry in practices.all:
        moment = datetime.now(UTC)
        replies, prompts = check_replies(entry, moment), check_prompts(entry, moment)
        longest = max(count_segments(text) for text in replies.values())
        click.echo(f"{entry.slug}: {entry.name}, {len(replies)} replies of at most {longest} SMS segments")
        if show_replies:
            for name, text in replies.items():
                click.echo(f"  {name} ({count_segments(text)}): {text}")
        if show_prompts:
            for name, text in prompts.items():
                click.echo(f"  {name}: {text}")
