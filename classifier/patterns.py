"""The patterns that every message is read with, compiled before the first patient waits for it."""

from __future__ import annotations

from classifier.aftermath import load_updates
from classifier.asides import load_asides, load_office_words
from classifier.at_risk import load_risks
from classifier.contact_words import load_contact_words
from classifier.critical_numbers import load_finders
from classifier.danger_signs import load_tables
from classifier.details import load_details
from classifier.errands import load_errands
from classifier.hours_questions import load_hours
from classifier.losses import load_losses
from classifier.minor_complaints import load_minor
from classifier.nudges import load_nudges
from classifier.other_writers import load_other_writers
from classifier.plain_words import load_words
from classifier.pressing import load_pressing
from classifier.remarks import load_remarks
from classifier.robot_questions import load_robots
from classifier.shared_phones import load_parts
from classifier.text_only import load_text_only
from classifier.unsafe_contact import load_signs


def compile_patterns() -> None:
    """Compile them, once per process. A fork of it has them."""
    for load in (
        *(load_tables, load_losses, load_words, load_remarks, load_signs, load_updates),
        *(load_nudges, load_details, load_errands, load_finders, load_robots, load_pressing, load_hours),
        *(load_asides, load_office_words, load_minor, load_risks, load_parts, load_other_writers, load_text_only),
        load_contact_words,
    ):
        load()
