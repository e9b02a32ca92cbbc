"""Opt-out keywords, and the numbers that do not want to be texted."""

from __future__ import annotations

import pytest

from inbox.contact.consent import is_ambiguous, is_opted_out, parse_keyword, record_consent
from inbox.models import Keyword, OptOut
from inbox.storage.database import Database
from tests.world import PATIENT

# Twilio's default English keywords and what US carriers ask for, their French and Spanish counterparts, and plain
# words for the same (47 CFR 64.1200(a)(10)).
STOP_WORDS = """
STOP | stop | Stop. | " stop " | STOP!!! | STOPALL | stop all | UNSUBSCRIBE | unsubscribe me | CANCEL | END | QUIT
OPTOUT | opt-out | Opt out | REVOKE | ARRÊT | arret | PARAR | ALTO | detener | cancelar | STOP \N{OCTAGONAL SIGN}
Stop texting me | please stop | Please stop texting me! | don't text me | don\N{RIGHT SINGLE QUOTATION MARK}t text me
do not text me again | no more texts | remove me from your list | no me escriban más | No me envíen más mensajes.
"""
START_WORDS = (
    "START | start | Start! | UNSTOP | unstop | RESUME | OPTIN | opt-in | opt in | iniciar | COMENZAR | empezar"
)
HELP_WORDS = "HELP | help | Help? | INFO | info | AYUDA"
ORDINARY = """
I can't stop coughing | please stop by with my prescription | Does the bleeding stop on its own? | stop or start?
Can I cancel my appointment? | cancel my 3pm | Cancel 3/14 | cancel at 4 | when does the sale end | End 10 | help me
I need help with my bill | any info on braces? | start | yes please | 2 | STOP 5 days early | stop eating before surgery
"""
ORDINARY_BUT_FOR_START = [text.strip() for text in ORDINARY.replace("\n", "|").split("|") if text.strip() != "start"]


def words(table: str) -> list[str]:
    return [word.strip(" ") for line in table.strip().splitlines() for word in line.split("|")]


@pytest.mark.parametrize("text", words(STOP_WORDS))
def test_a_wish_to_opt_out_is_recognised(text: str) -> None:
    assert parse_keyword(text, opted_out=False) is Keyword.STOP
    assert parse_keyword(text, opted_out=True) is Keyword.STOP


@pytest.mark.parametrize("text", words(START_WORDS))
def test_a_wish_to_opt_in_is_recognised(text: str) -> None:
    assert parse_keyword(text, opted_out=True) is Keyword.START
    assert parse_keyword(text, opted_out=False) is Keyword.START


@pytest.mark.parametrize("text", words(HELP_WORDS))
def test_a_wish_for_help_is_recognised(text: str) -> None:
    assert parse_keyword(text, opted_out=False) is Keyword.HELP


@pytest.mark.parametrize("text", ["YES", "yes", "Yes!", "si", "Sí"])
def test_yes_opts_in_only_who_is_opted_out(text: str) -> None:
    assert parse_keyword(text, opted_out=True) is Keyword.START
    assert parse_keyword(text, opted_out=False) is None


@pytest.mark.parametrize("text", ["", "   ", "\N{OCTAGONAL SIGN}", "\ud800", "stop " * 20_000, *ORDINARY_BUT_FOR_START])
def test_whatever_says_more_or_other_than_a_keyword_is_a_message(text: str) -> None:
    assert parse_keyword(text, opted_out=False) is None


@pytest.mark.parametrize(
    ("text", "ambiguous"), [("CANCEL", True), ("Cancel.", True), ("cancelar", True), ("STOP", False)]
)
def test_cancel_may_be_meant_for_an_appointment(text: str, ambiguous: bool) -> None:
    assert is_ambiguous(text) is ambiguous


def test_nobody_is_opted_out_at_first(database: Database) -> None:
    with database.read() as session:
        assert not is_opted_out(session, "demo", PATIENT)


def test_an_opt_out_holds_for_one_practice_and_one_number(database: Database) -> None:
    with database.write() as session:
        assert record_consent(session, "demo", PATIENT, opted_out=True)

    with database.read() as session:
        assert is_opted_out(session, "demo", PATIENT)
        assert not is_opted_out(session, "other", PATIENT)
        assert not is_opted_out(session, "demo", "+12025550124")


def test_a_wish_says_whether_it_changed_anything(database: Database) -> None:
    wishes = [False, True, True, False, False, True]
    with database.write() as session:
        changed = [record_consent(session, "demo", PATIENT, opted_out=wish) for wish in wishes]

    assert changed == [False, True, False, True, False, True]


def test_one_row_keeps_the_latest_wish_and_its_moment(database: Database) -> None:
    moments = []
    for wish in (True, False):
        with database.write() as session:
            record_consent(session, "demo", PATIENT, opted_out=wish)
            session.flush()
            row = session.query(OptOut).one()
            moments.append(row.changed_at)

    assert not row.active
    assert moments[0] < moments[1]
