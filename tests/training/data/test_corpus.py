"""What is known of each message of the corpus, from its file, from those that read it, and from who wrote it."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from classifier import INTENTS
from classifier.outputs import LABELS
from intake.vocabulary import DangerKind, TriageLevel
from tests.training.conftest import WRITERS, write_unseen
from tests.training.data.whole_corpus import corpus_messages
from training.data.corpus import (
    CORPUS,
    KINDS,
    LEVELS,
    RECIPE_SOURCE,
    TOPICS,
    CorpusError,
    CorpusMessage,
    read_corpus,
    read_rows,
    read_writers,
    with_line_breaks,
)

PACKAGE = Path(__file__).parents[3] / "training"
EMERGENCY, SAME_DAY, ROUTINE = TriageLevel
NOT_MESSAGES = {"triage/levels.tsv", "triage/kinds.tsv", "everyday/topics.tsv"}
QUESTIONS = tuple(
    f"everyday/{name}.tsv" for name in ("asked", "wordings", "larch", "alder", "mistral", "cedar", "aspen", "fern")
)
"""Common questions, which `training.data.questions` reads."""
WITHOUT_INTENT = ("identifiers.tsv", "entities/", "contact/", *QUESTIONS)
"""Messages that the intent model does not learn; `training.data.spans` reads the first two, nothing the third."""
FOR_TESTING = ("test/", "held_back/")
VALUES = "values/"


@pytest.fixture(scope="module")
def messages() -> list[CorpusMessage]:
    return corpus_messages()


def by_text(corpus: Path) -> dict[str, CorpusMessage]:
    return {message.text: message for message in read_corpus(corpus)}


# ---- the shipped corpus


def test_every_message_of_every_file_is_read(messages: list[CorpusMessage]) -> None:
    lines = {
        file.relative_to(CORPUS).as_posix(): len(file.read_text(encoding="utf-8").splitlines())
        for file in CORPUS.rglob("*.tsv")
    }
    others = (*FOR_TESTING, *WITHOUT_INTENT, VALUES)
    learned = {file: count for file, count in lines.items() if not file.startswith(others)}
    assert len(messages) == sum(count for file, count in learned.items() if file not in NOT_MESSAGES)
    assert sum(message.source == RECIPE_SOURCE for message in messages) == 9_030
    assert {message.label for message in messages} == {*LABELS, None}


def test_every_training_file_belongs_to_exactly_one_writer() -> None:
    files = {path for path in CORPUS.rglob("*.tsv") if path.relative_to(CORPUS).as_posix() not in NOT_MESSAGES}
    others = (*FOR_TESTING, VALUES)
    learned = {path for path in files if not path.relative_to(CORPUS).as_posix().startswith(others)}
    # Two writers of one file are refused.
    assert set(read_writers(CORPUS)) == learned


def test_every_writer_has_messages(messages: list[CorpusMessage]) -> None:
    without_intent = {
        writer
        for path, writer in read_writers(CORPUS).items()
        if path.relative_to(CORPUS).as_posix().startswith(WITHOUT_INTENT)
    }
    assert {message.writer for message in messages} | without_intent == set(read_writers(CORPUS).values())
    assert "" not in {message.writer for message in messages}


@pytest.mark.parametrize("file", [LEVELS, KINDS], ids=str)
def test_every_line_that_describes_a_message_describes_one_of_the_corpus(
    messages: list[CorpusMessage], file: Path
) -> None:
    texts = {message.text for message in messages}
    assert [number for number, (_, text) in read_rows(CORPUS / file, 2) if with_line_breaks(text) not in texts] == []


def test_every_kind_of_danger_is_that_of_an_emergency(messages: list[CorpusMessage]) -> None:
    dangers: defaultdict[str, set[DangerKind | None]] = defaultdict(set)
    for message in messages:
        dangers[message.text].add(message.danger)
    kinds = {with_line_breaks(text): kind for _, (kind, text) in read_rows(CORPUS / KINDS, 2)}
    assert [text for text, kind in kinds.items() if DangerKind(kind) not in dangers[text]] == []


def test_a_level_is_never_given_twice_and_differently() -> None:
    levels: defaultdict[str, set[str]] = defaultdict(set)
    for _, (level, text) in read_rows(CORPUS / LEVELS, 2):
        levels[text].add(level)
    assert [text for text, found in levels.items() if len(found) > 1] == []


@pytest.mark.parametrize("file", ["spanish.txt", "everyday/spanish.txt", "spanish/pairs.txt"])
def test_every_line_that_is_marked_as_spanish_is_a_message_in_spanish(messages: list[CorpusMessage], file: str) -> None:
    spanish = {message.text for message in messages if message.language == "es"}
    spanish |= {line.split("\t")[-1] for name in QUESTIONS for line in (CORPUS / name).read_text("utf-8").splitlines()}
    marked = {text for line in (CORPUS / file).read_text(encoding="utf-8").splitlines() for text in line.split("\t")}
    assert marked - spanish == set()


def test_only_what_nobody_has_judged_has_no_level(messages: list[CorpusMessage]) -> None:
    unknown = {message.label for message in messages if message.level is None}
    assert unknown == {None, "clinical_concern"}


def test_an_emergency_alone_has_a_danger(messages: list[CorpusMessage]) -> None:
    for message in messages:
        assert (message.danger is not None) == (message.level is EMERGENCY) == (message.urgent is True)
    assert {message.danger for message in messages} == {*DangerKind, None}


def test_tone_and_age_are_known_of_the_intent_files_alone(messages: list[CorpusMessage]) -> None:
    for message in messages:
        assert bool(message.tone) == bool(message.age) == (message.source == RECIPE_SOURCE)


def test_a_contrast_topic_holds_one_message_of_each_intent(messages: list[CorpusMessage]) -> None:
    topics: defaultdict[str, list[str | None]] = defaultdict(list)
    for message in messages:
        if message.topic and message.source in TOPICS:
            topics[message.topic].append(message.label)
    assert len(topics) == 350
    assert all(sorted(map(str, labels)) == sorted(INTENTS) for labels in topics.values())


def test_a_scenario_is_told_once_at_each_level(messages: list[CorpusMessage]) -> None:
    scenarios: defaultdict[str, list[TriageLevel | None]] = defaultdict(list)
    for message in messages:
        if message.topic and message.source.startswith("triage-triples"):
            scenarios[message.topic].append(message.level)
    assert len(scenarios) == 800
    assert all(sorted(map(str, levels)) == sorted(TriageLevel) for levels in scenarios.values())


def test_twins_are_two_messages_of_one_practice_and_channel_and_of_two_intents(messages: list[CorpusMessage]) -> None:
    twins: defaultdict[str, list[CorpusMessage]] = defaultdict(list)
    for message in messages:
        if message.source in ("everyday-established", "everyday-complaints"):
            assert message.topic
            twins[message.topic].append(message)
    assert len(twins) == 500
    for first, second in twins.values():
        assert (first.practice, first.channel) == (second.practice, second.channel)
        assert first.label != second.label


# ---- what a file says


def test_an_intent_file_says_the_intent_and_of_all_but_clinical_concerns_that_they_are_routine(corpus: Path) -> None:
    messages = [m for m in read_corpus(corpus) if m.source == RECIPE_SOURCE and m.practice == "dermatology"]
    assert {(m.label, m.level) for m in messages} == {
        (intent, None if intent == "clinical_concern" else ROUTINE) for intent in INTENTS
    }
    assert {(m.tone, m.age, m.language, m.writer) for m in messages} == {("polite", "senior", "en", "recipe")}


def test_a_message_that_belongs_to_no_intent_is_labeled_by_its_kind(corpus: Path) -> None:
    labels = Counter((m.kind, m.label, m.level, m.language) for m in read_corpus(corpus) if m.writer == "scope")
    assert labels == {
        ("spam", "out_of_scope", ROUTINE, "en"): 3,
        ("vendor", "out_of_scope", ROUTINE, "en"): 3,
        ("acknowledgement", "acknowledgement", ROUTINE, "en"): 3,
        ("non_english", None, None, "other"): 2,
        ("non_english", None, None, "es"): 1,
    }


def test_an_urgency_file_knows_emergencies_and_nothing_of_the_rest(corpus: Path) -> None:
    messages = [m for m in read_corpus(corpus) if m.writer == "urgency" and m.text != "a sore gum"]
    assert Counter((m.source, m.label, m.level) for m in messages) == {
        ("urgency", None, EMERGENCY): 3,
        ("urgency", None, None): 3,
        ("urgency-written", None, EMERGENCY): 1,
    }
    spanish = [m for m in read_corpus(corpus) if m.source == "spanish"]
    assert [(m.label, m.level, m.language) for m in spanish] == [(None, EMERGENCY, "es"), (None, None, "es")]


def test_a_file_with_levels_says_level_label_and_kind(corpus: Path) -> None:
    found = by_text(corpus)
    car = found["goodbye old car"]
    assert (car.level, car.label, car.kind, car.practice, car.source) == (
        ROUTINE, "out_of_scope", "personal", "", "triage-crisis",
    )  # fmt: skip
    assert found["swollen since {date}"].level is SAME_DAY
    assert found["plaza is sore"].level is SAME_DAY
    assert found["quarry on person"].label == "person"
    assert (found["muchas gracias"].label, found["muchas gracias"].language) == ("acknowledgement", "es")


@pytest.mark.parametrize(
    ("written", "label", "kind", "also"),
    [
        ("complaint", "complaint", "", None),
        ("complaint+billing_inquiry", "complaint", "", "billing_inquiry"),
        ("complaint+praise", "complaint", "", None),
        ("out_of_scope:spam+price_shopper", "out_of_scope", "spam", "price_shopper"),
        ("complaint+out_of_scope:spam", "complaint", "", None),
    ],
)
def test_a_second_label_after_a_plus_is_a_second_intent_if_it_is_one(
    corpus: Path, written: str, label: str, kind: str, also: str | None
) -> None:
    (corpus / "writers" / "plaza.tsv").write_text(f"routine\t{written}\t-\tsms\ttwo\n", encoding="utf-8")
    found = by_text(corpus)["two"]
    assert (found.label, found.kind, found.also) == (label, kind, also)


def test_line_breaks_are_written_as_two_characters(corpus: Path) -> None:
    assert by_text(corpus)["she drank it\nall of it"].label == "clinical_concern"


def test_requests_for_a_person_and_common_questions_are_routine_and_only_the_former_labeled(corpus: Path) -> None:
    found = by_text(corpus)
    assert (found["a human please"].label, found["a human please"].level) == ("person", ROUTINE)
    assert (found["open on {date}?"].label, found["open on {date}?"].level) == (None, ROUTINE)
    assert found["best dentist ever"].label == "praise"


# ---- what readers said


def test_a_reader_s_level_overrules_the_file(corpus: Path) -> None:
    found = by_text(corpus)
    assert found["clinical_concern to dental by sms, {full_name}"].level is SAME_DAY
    assert found["a sore gum"].level is ROUTINE


def test_an_emergency_is_of_another_danger_unless_a_reader_named_it(corpus: Path) -> None:
    found = by_text(corpus)
    assert found["cancel everything, goodbye"].danger is DangerKind.SELF_HARM
    assert found["cannot breathe"].danger is DangerKind.INGESTION
    assert found["harbor chokes"].danger is DangerKind.OTHER
    assert found["swollen since {date}"].danger is None


def test_a_reader_s_kind_makes_no_emergency(corpus: Path) -> None:
    (corpus / KINDS).write_text("self_harm\tplaza is sore\n", encoding="utf-8")
    assert by_text(corpus)["plaza is sore"].danger is None


def test_the_language_is_the_file_s_the_kind_s_or_marked_line_by_line(corpus: Path) -> None:
    found = by_text(corpus)
    spanish = {text for text, message in found.items() if message.language == "es"}
    assert spanish == {
        "more non_english", "no puedo respirar", "me duele una muela", "una cita, no puedo tragar",
        "una cita, ya puedo tragar", "muchas gracias", "son buenas las uvas", "ribera y la cuenta", "vega, cuanto es",
        "crossing of spanish",
    }  # fmt: skip
    assert {text for text, message in found.items() if message.language == "other"} == {
        "non_english 0",
        "non_english 1",
    }


@pytest.mark.parametrize(
    ("message", "could"),
    [
        (CorpusMessage("", "clinical_concern", "", "sms", "voices"), True),
        (CorpusMessage("", "billing_inquiry", "", "sms", "voices"), False),
        (CorpusMessage("", "billing_inquiry", "", "sms", "triage-triples_a"), True),
        (CorpusMessage("", None, "", "sms", "urgency-written_a"), True),
        (CorpusMessage("", "out_of_scope", "", "sms", "everyday-out_of_scope"), False),
    ],
)
def test_false_alarms_are_measured_on_what_resembles_an_emergency(message: CorpusMessage, could: bool) -> None:
    assert message.could_seem_urgent is could


# ---- topics


def test_lines_that_share_most_of_their_words_share_a_topic(corpus: Path) -> None:
    topics: defaultdict[str, list[str]] = defaultdict(list)
    for message in read_corpus(corpus):
        if message.topic:
            topics[message.topic].append(message.text)
    assert sorted(topics.values()) == sorted(
        [
            *([f"topic {topic} as {intent}" for intent in INTENTS] for topic in range(3)),
            [f"a bill, {level}" for level in TriageLevel],
            ["una cita, no puedo tragar", "una cita, ya puedo tragar"],
            ["the visit, existing_patient_question", "the visit, complaint"],
            [f"the fee, {intent}" for intent in INTENTS[-2:]],
        ]
    )


# ---- writers


def test_a_message_has_the_writer_of_its_file(corpus: Path) -> None:
    assert {message.writer for message in read_corpus(corpus)} == set(WRITERS)
    found = by_text(corpus)
    assert (found["harbor chokes"].writer, found["ribera y la cuenta"].writer) == ("harbor", "ribera")


def test_a_corpus_without_the_table_knows_no_writers(corpus: Path) -> None:
    (corpus / "writers.toml").unlink()
    assert {message.writer for message in read_corpus(corpus)} == {""}


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('[writers]\na = ["dental/*.tsv"]\nb = ["*/complaint.tsv"]', r"gives dental/complaint.tsv to a and to b"),
        ("[writers", "must have a table of writers with lists of files"),
        ('[authors]\na = ["dental/*.tsv"]', "must have a table of writers with lists of files"),
        ("writers = 3", "must have a table of writers with lists of files"),
        ("[writers]\na = 3", "must have a table of writers with lists of files"),
    ],
)
def test_a_table_of_writers_that_cannot_be_used_is_named(corpus: Path, table: str, complaint: str) -> None:
    (corpus / "writers.toml").write_text(table, encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"writers\.toml {complaint}"):
        read_corpus(corpus)


# ---- what is refused


def test_a_folder_without_messages_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="has no"):
        read_corpus(tmp_path)


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("extra/voices.tsv", "sms\ttext", "has 2 columns, expected 4"),
        ("extra/voices.tsv", "praise\tdental\tsms\ttext", "has the unknown label 'praise'; known are new_patient"),
        ("out_of_scope.tsv", "sms\tjoke\ttext", "has the unknown kind 'joke'; known are acknowledgement, "),
        ("out_of_scope/more.tsv", "sms\tspam\tdental\ttext", "has 4 columns, expected 3"),
        ("urgency.tsv", "yes\tdental\tsms\ttext", r"starts with 'yes', expected 1 \(urgent\) or 0"),
        ("spanish.tsv", "2\tsms\ttext", r"starts with '2', expected 1 \(urgent\) or 0"),
        ("triage/triples_b.tsv", "routine\tcomplaint\tdental\tsms\ttext", "has 5 columns, expected 6"),
        ("triage/crisis.tsv", "urgent\tcomplaint\tdental\tsms\ttext", "has the level 'urgent', expected one of emer"),
        ("triage/crisis.tsv", "routine\tspam\tdental\tsms\ttext", "has the unknown label 'spam'; known are new_"),
        ("triage/levels.tsv", "soon\ttext", "has the level 'soon', expected one of emergency, same_day, routine"),
        ("triage/levels.tsv", "routine", "has 1 columns, expected 2"),
        ("triage/kinds.tsv", "poison\ttext", "has the danger 'poison', expected one of self_harm, ingestion, other"),
        ("spanish/more.tsv", "routine\tpraises\t-\tsms\ttext", "has the unknown label 'praises'"),
        ("everyday/established.tsv", "person\tdental\tsms\ttext", "has the unknown label 'person'"),
        ("everyday/talk_to_a_person.tsv", "text", "has 1 columns, expected 2"),
        ("everyday/faq.tsv", "sms\ttext", "has 2 columns, expected 3"),
        ("writers/more.tsv", "routine\tcomplaint+spam\tdental\tsms\ttext", "has the unknown label 'spam'"),
        ("writers/more.tsv", "now\tcomplaint\tdental\tsms\ttext", "has the level 'now'"),
    ],
)
def test_a_wrong_line_is_named(corpus: Path, file: str, line: str, complaint: str) -> None:
    (corpus / file).write_text(line + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=rf"{file}:1 {complaint}"):
        read_corpus(corpus)


# ---- what is for testing alone


@pytest.mark.parametrize(
    ("module", "path"), [("cross_style", "crossstyle"), ("held_back", '"held_back"'), ("strangers", '"strangers"')]
)
def test_nothing_but_the_evaluation_can_reach_the_test_messages(module: str, path: str) -> None:
    sources = {file.relative_to(PACKAGE).as_posix(): file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")}
    # The tests of the entity model read the texts of the cross-style test through their own reader.
    readers = {"data/entity_tests.py"} if module == "cross_style" else set()
    assert {file for file in sources if module in _imported(PACKAGE / file)} == {"evaluation/evaluate.py", *readers}
    # The reports name the sets; the generation writes such a file and never reads it.
    others = {"evaluation/evaluate.py", "evaluation/report.py", "evaluation/card.py", "generation/files.py"}
    # The strangers' folder is within the one of the held-back messages.
    others |= {"data/strangers.py", "data/entity_tests.py"} if module == "held_back" else set()
    others |= {"evaluation/insurance.py"} if module == "strangers" else set()
    assert {file for file, text in sources.items() if path in text} - others == {f"data/{module}.py"}


def test_nothing_but_the_evaluation_can_reach_the_test_messages_with_values() -> None:
    importing = {
        file.relative_to(PACKAGE).as_posix() for file in PACKAGE.rglob("*.py") if "data.entity_tests" in _imported(file)
    }
    assert importing == {"evaluation/insurance.py", "evaluation/spans/evaluate.py"}


def test_the_corpus_that_is_learned_from_holds_no_test_message(corpus: Path) -> None:
    messages = read_corpus(corpus)
    write_unseen(corpus)
    assert read_corpus(corpus) == messages


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    modules = {str(node.module).removeprefix("training.") for node in imports}
    parents = ("training", "training.data")
    return modules | {name.name for node in imports if node.module in parents for name in node.names}
