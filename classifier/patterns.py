"""The patterns that every message is read with, compiled before the first patient waits for it."""

from __future__ import annotations

from classifier.contact.contact_words import load_contact_words
from classifier.contact.other_writers import load_other_writers
from classifier.contact.shared_phones import load_parts
from classifier.contact.text_only import load_text_only
from classifier.contact.unsafe_contact import load_signs
from classifier.rules.aftermath import load_updates
from classifier.rules.asides import load_asides, load_office_words
from classifier.rules.at_risk import load_risks
from classifier.rules.critical_numbers import load_finders
from classifier.rules.danger_signs import load_tables
from classifier.rules.details import load_details
from classifier.rules.errands import load_errands
from classifier.rules.hours_questions import load_hours
from classifier.rules.losses import load_losses
from classifier.rules.minor_complaints import load_minor
from classifier.rules.nudges import load_nudges
from classifier.rules.plain_words import load_words
from classifier.rules.pressing import load_pressing
from classifier.rules.remarks import load_remarks
from classifier.rules.robot_questions import load_robots


def compile_patterns() -> None:
    """Compile them, once per process. A fork of it has them."""
    for load in (
        *(load_tables, load_losses, load_words, load_remarks, load_signs, load_updates),
        *(load_nudges, load_details, load_errands, load_finders, load_robots, load_pressing, load_hours),
        *(load_asides, load_office_words, load_minor, load_risks, load_parts, load_other_writers, load_text_only),
        load_contact_words,
    ):
        load()
