"""The installed model."""

from __future__ import annotations

import click

from intake.commands.classify import load_classifier, model_dir
from intake.errors import IntakeError


@click.group()
def model() -> None:
    """Inspect the intent model (MODEL_DIR, else the one shipped)."""


@model.command()
def info() -> None:
    """Show which model is installed."""
    details = load_classifier().info
    size = sum(details.file_sizes.values()) / 1e6
    for name, value in (
        ("name", details.name),
        ("version", details.version),
        ("created", details.created),
        ("folder", details.path),
        ("size", f"{size:.1f} MB"),
        ("base model", details.base_model),
        ("intents", ", ".join(details.labels)),
        (
            "reads at once",
            f"{details.max_tokens} tokens; longer texts in windows that share {details.window_overlap}",
        ),
        ("temperature", f"{details.thresholds.temperature:.3f}"),
        ("review threshold", f"{details.review_threshold:.2f}"),
    ):
        click.echo(f"{name + ':':<18}{value}")


@model.command("check")
def check_model() -> None:
    """Verify the model's files, and that it still understands three known messages."""
    from classifier.check import check

    findings = check(model_dir())
    for finding in findings:
        click.echo(finding)
    if not all(finding.passed for finding in findings):
        raise IntakeError("the model did not pass: install it again, or set MODEL_DIR to another folder")
