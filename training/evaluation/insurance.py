"""Measure the insurance record: which fields are right, and how many records are right as a whole.

Each message is measured twice: with its true values, which shows the errors of the assembler alone, and with what the
network and the rules find.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from classifier.entities.entity import MODEL, Entity
from classifier.entities.recognizer import Recognizer
from classifier.entities.rules_insurance import canonical_carrier
from classifier.insurance import assemble_record, normalize
from training.data.corpus import CORPUS
from training.data.entity_tests import INSURANCE, read_insurance_tests
from training.data.insurance_messages import MARKED_RECORDS, InsuranceMessage, read_halves, read_marked_records
from training.evaluation.test_set_log import record_read
from training.markdown import format_percent, format_table

REPORTS: Final = Path(__file__).parents[1] / "reports"
_INTRODUCTION = """\
# The insurance record, by the entity model {version}

`python -m training.evaluation.insurance --strangers` wrote this. Each field is counted in the messages whose true
record or whose assembled one has it, and is right if both say the same, however they write it. In the column "true
values" the record is assembled from the values as they are marked, so those errors are the assembler's alone. Its rules
were written from the messages of `insurance.tsv`, `coverage.tsv`, and `abacus.tsv`, and from some that the corpus does
not have; of those held back, only these figures are known (`training/corpus/READS.md` lists every reading).
"""
Find = Callable[[InsuranceMessage], Sequence[Entity]]

_FORMS: Final[Mapping[str, Callable[[str], str | None]]] = {
    "carrier": lambda name: canonical_carrier(name).casefold(),
    "member_id": normalize.normal_code,
    "group_number": normalize.normal_code,
    "claim_number": normalize.normal_code,
    "policy_number": normalize.normal_code,
    "rx_bin": normalize.normal_code,
    "subscriber_name": lambda name: normalize.normal_person(name).casefold(),
    "subscriber_dob": normalize.normal_birth_date,
    "amounts": normalize.normal_amount,
    "cpt_codes": normalize.normal_cpt,
    "dates_of_service": normalize.normal_date,
    "payer_phone": normalize.normal_phone,
}


@dataclass(slots=True)
class RecordScores:
    """How many fields and records are right.

    Attributes:
        right: For each field, in how many messages it is right.
        stated: For each field, in how many messages it is in the true record or in the one that was assembled.
        whole: The messages of which every field is right.
        messages: All messages.
    """

    right: Counter[str] = field(default_factory=Counter)
    stated: Counter[str] = field(default_factory=Counter)
    whole: int = 0
    messages: int = 0

    @property
    def fields(self) -> float:
        """The share of stated fields that are right."""
        return self.right.total() / max(self.stated.total(), 1)

    @property
    def records(self) -> float:
        """The share of messages whose whole record is right."""
        return self.whole / max(self.messages, 1)


def score_records(messages: Sequence[InsuranceMessage], find: Find) -> RecordScores:
    """Return how much of the assembled records is right.

    Args:
        messages: The messages with their true records.
        find: Returns the entities of a message.
    """
    scores = RecordScores()
    for message in messages:
        outcome = compare_records(message.record, assemble_record(message.text, find(message)).values())
        scores.stated.update(outcome.keys())
        scores.right.update(name for name, is_right in outcome.items() if is_right)
        scores.whole += all(outcome.values())
        scores.messages += 1
    return scores


def compare_records(true: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, bool]:
    """Return for each field of either record whether both say the same, however they write it."""
    return {name: _in_form(name, true.get(name)) == _in_form(name, found.get(name)) for name in {*true, *found}}


def _plain(value: str) -> str:
    return normalize.normal_name(value).casefold()


def _in_form(name: str, stated: Any) -> list[str | None]:
    values = stated if isinstance(stated, list) else [] if stated is None else [stated]
    form = _FORMS.get(name, _plain)
    return [None if value is None else form(str(value)) or str(value) for value in values]


def true_entities(message: InsuranceMessage) -> list[Entity]:
    """Return the true values of a message as entities."""
    return [Entity(kind, start, end, 1.0, MODEL) for start, end, kind in message.spans]


def format_records(columns: Mapping[str, RecordScores]) -> str:
    """Return the scores as a table in Markdown, one column for each way of finding entities."""
    fields = sorted({name for scores in columns.values() for name in scores.stated})
    rows = [[f"`{name}`", *(_format_field(scores, name) for scores in columns.values())] for name in fields]
    rows.append(["all fields", *(format_percent(scores.fields) for scores in columns.values())])
    rows.append(["whole records", *(format_percent(scores.records) for scores in columns.values())])
    return format_table(["field", *columns], rows)


def _format_field(scores: RecordScores, name: str) -> str:
    return f"{format_percent(scores.right[name] / max(scores.stated[name], 1))} of {scores.stated[name]}"


def measure_sets(sets: Mapping[str, Sequence[InsuranceMessage]], recognizer: Recognizer) -> dict[str, str]:
    """Return the scores of each set as a table, by its name and how many messages it has."""
    served = "only the rules" if recognizer.tagger is None else "network and rules"
    return {
        f"{name.capitalize()} ({len(messages)} messages)": format_records(
            {
                "true values": score_records(messages, true_entities),
                served: score_records(messages, lambda message: recognizer.find(message.text)),
            }
        )
        for name, messages in sets.items()
    }


def write_record_report(tables: Mapping[str, str], version: str, folder: Path) -> Path:
    """Write `insurance.md` to a folder, which may hold other reports, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "insurance.md"
    parts = [_INTRODUCTION.format(version=version), *(f"## {title}\n\n{table}\n" for title, table in tables.items())]
    report.write_text("\n".join(parts), encoding="utf-8")
    return report


def main() -> None:
    """Print the scores of the messages of the corpus; with those by strangers, write the report, too."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluation.insurance", description=__doc__)
    parser.add_argument(
        "--strangers", action="store_true", help="measure the held-back messages too, which is logged; write the report"
    )
    arguments = parser.parse_args()
    recognizer = Recognizer.load()
    version = "rules" if recognizer.tagger is None else recognizer.tagger.version
    sets: dict[str, list[InsuranceMessage]] = {}
    if arguments.strangers:
        record_read(CORPUS, datetime.now(UTC).date(), version, [INSURANCE], "training.evaluation.insurance --strangers")
        sets["strangers, held back"] = read_insurance_tests(CORPUS)
    sets |= zip(("first half of `insurance.tsv`", "second half"), read_halves(CORPUS), strict=True)
    sets |= {f"strangers, `{file.name}`": read_marked_records(CORPUS / file) for file in MARKED_RECORDS.values()}
    tables = measure_sets(sets, recognizer)
    for title, table in tables.items():
        print(f"\n{title}\n\n{table}")
    if arguments.strangers:
        print(f"\nreport: {write_record_report(tables, version, REPORTS / version)}")


if __name__ == "__main__":
    main()
