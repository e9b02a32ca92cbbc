"""`intake staff` and `intake audit`: accounts as whoever runs the service sees them."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.accounts.members import (
    add_member,
    find_member,
    find_session,
    open_session,
)
from inbox.accounts.passwords import check_password
from inbox.accounts.second_factor import new_recovery_codes, new_totp_secret
from inbox.accounts.staff_links import add_link, find_link, give_token
from inbox.audit.trail import record_action
from inbox.models import AuditEntry, LinkPurpose, Role, StaffMember, now
from inbox.storage.database import Database
from tests.app.command import ROOT, Finished, complete, intake
from tests.world import PRACTICES_TOML

EMAIL = "dana@maple.example"
PASSWORD = "correct horse battery staple"
Run = Callable[..., Finished]


@pytest.fixture
def folder(tmp_path: Path, database: Database) -> Path:
    """A folder to work in, with a practices file and a database."""
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs `intake` where the service runs, with a password to read from the input."""

    def run(*arguments: str, stdin: str = f"{PASSWORD}\n") -> Finished:
        return intake(*arguments, folder=folder, environment=complete(folder), stdin=stdin)

    return run


@pytest.fixture
def dana(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[Session], StaffMember]:
    """An account, to look at within a transaction; its password is hashed quickly, those of the command are not."""
    monkeypatch.setattr("inbox.accounts.passwords._hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with database.write() as session:
        member = add_member(session, EMAIL, "Dana Reyes", Role.STAFF, ["demo"], PASSWORD)
        record_action(session, staff_id=None, practice=None, action="account_added", subject=f"staff:{member.id}")

    def find(session: Session) -> StaffMember:
        found = find_member(session, EMAIL)
        assert found is not None
        return found

    return find


def actions(database: Database) -> list[tuple[int | None, str, str]]:
    with database.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    return [(entry.staff_id, entry.action, entry.subject) for entry in entries]


# ---- add


def test_an_account_is_added_with_the_password_that_is_piped_in(run: Run, database: Database) -> None:
    done = run("staff", "add", "Dana@Maple.example", "--practice", "demo", "--practice", "other", "--role", "manager")

    assert done.lines == [f"{EMAIL} may sign in at /staff/ as manager for demo, other."]
    with database.read() as session:
        [member] = session.scalars(select(StaffMember))
        assert (member.email, member.name, member.role) == (EMAIL, "Dana", "manager")
        assert [row.practice for row in member.practices] == ["demo", "other"]
    assert check_password(member, PASSWORD)
    assert actions(database) == [(None, "account_added", f"staff:{member.id}")]


def test_a_password_is_made_up_and_shown_once(run: Run, database: Database) -> None:
    done = run(
        *("staff", "add", EMAIL, "--practice", "demo", "--role", "admin", "--name", "Dana Reyes", "--generate"),
        stdin="",
    )

    _, shown = done.lines
    password = shown.removeprefix("Password, shown this once: ")
    with database.read() as session:
        [member] = session.scalars(select(StaffMember))
    assert member.name == "Dana Reyes"
    assert len(password) == 20
    assert check_password(member, password)


@pytest.mark.parametrize(
    ("arguments", "stdin", "complaint"),
    [
        (
            [EMAIL, "--practice", "nowhere"],
            PASSWORD,
            "there is no practice nowhere: the practices file has demo, other",
        ),
        (["dana", "--practice", "demo"], PASSWORD, "not an email address"),
        ([EMAIL, "--practice", "demo"], "short", "the password must be 12 to 200 characters long"),
        ([EMAIL, "--practice", "demo"], "", "the password must be 12 to 200 characters long"),
    ],
    ids=["practice", "address", "password", "nothing"],
)
def test_what_cannot_be_added_is_one_sentence(
    run: Run, database: Database, arguments: list[str], stdin: str, complaint: str
) -> None:
    assert complaint in run("staff", "add", *arguments, "--role", "staff", stdin=stdin).error
    assert actions(database) == []


@pytest.mark.parametrize("missing", ["--practice", "--role"])
def test_an_account_needs_a_practice_and_a_role(run: Run, missing: str) -> None:
    given = {"--practice": "demo", "--role": "staff"}
    del given[missing]
    done = run("staff", "add", EMAIL, *[part for pair in given.items() for part in pair])

    assert done.status == 2
    assert f"Missing option '{missing}'" in done.err


@pytest.mark.usefixtures("dana")
def test_an_address_has_one_account(run: Run) -> None:
    error = run("staff", "add", EMAIL.upper(), "--practice", "demo", "--role", "staff").error

    assert f"{EMAIL.upper()} already has an account" in error


def on_a_terminal(folder: Path, *arguments: str, typed: list[str]) -> tuple[int, str]:
    """Runs `intake` on a terminal, types a line at every prompt, and returns the status and what it showed."""
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "dumb"} | complete(folder),
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
    )
    os.close(its_end)
    shown = ""
    for chunk in _until_closed(terminal):
        shown += chunk
        if shown.endswith(": ") and typed:
            os.write(terminal, f"{typed.pop(0)}\n".encode())
    os.close(terminal)
    return process.wait(timeout=60), shown


def _until_closed(terminal: int) -> Iterator[str]:
    while True:
        try:
            chunk = os.read(terminal, 1000)
        except OSError:  # what Linux says once the other end is closed
            return
        yield chunk.decode()


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(folder: Path, database: Database) -> None:
    add = ("staff", "add", EMAIL, "--practice", "demo", "--role", "staff")
    status, shown = on_a_terminal(folder, *add, typed=[PASSWORD, "another one", PASSWORD, PASSWORD])

    assert status == 0, shown
    assert shown.count("Password: ") == 2
    assert "The two entered values do not match" in shown
    assert PASSWORD not in shown
    with database.read() as session:
        assert check_password(find_member(session, EMAIL), PASSWORD)


# ---- list, disable, enable, reset


def test_accounts_are_listed_with_how_they_stand(
    run: Run, database: Database, dana: Callable[[Session], StaffMember]
) -> None:
    with database.write() as session:
        add_member(session, "amir@maple.example", "Amir", Role.ADMIN, ["other", "demo"], PASSWORD)
    assert run("staff", "list").lines == ["amir@maple.example  admin  demo, other", f"{EMAIL}  staff  demo"]

    run("staff", "disable", EMAIL)
    with database.write() as session:
        member = dana(session)
        member.totp_secret = new_totp_secret()
        member.locked_until = now().replace(year=9999)
    assert run("staff", "list").lines[1] == f"{EMAIL}  staff  demo  disabled  locked  authenticator"


def test_a_disabled_account_is_signed_out_and_an_enabled_one_may_sign_in_again(
    run: Run, database: Database, dana: Callable[[Session], StaffMember]
) -> None:
    with database.write() as session:
        token = open_session(session, dana(session), "a browser")

    assert run("staff", "disable", EMAIL).lines == [f"{EMAIL} is signed out everywhere and cannot sign in."]
    with database.write() as session:
        assert dana(session).disabled_at
        assert find_session(session, token, now()) is None
        dana(session).locked_until = now().replace(year=9999)

    assert run("staff", "enable", EMAIL).lines == [f"{EMAIL} may sign in."]
    with database.read() as session:
        assert (dana(session).disabled_at, dana(session).locked_until) == (None, None)
        assert find_session(session, token, now()) is None, "signed in without the password"
    assert [action for _, action, _ in actions(database)] == ["account_added", "account_disabled", "account_enabled"]


@pytest.mark.parametrize("option", [[], ["--second-factor"]], ids=["password", "second factor"])
def test_a_reset_gives_a_new_password_and_signs_out(
    run: Run, database: Database, dana: Callable[[Session], StaffMember], option: list[str]
) -> None:
    with database.write() as session:
        member = dana(session)
        token = open_session(session, member, "a browser")
        member.totp_secret, member.failed_sign_ins, member.locked_until = new_totp_secret(), 5, now().replace(year=9999)
        new_recovery_codes(member)
        token_of_link = give_token(add_link(session, member.id, LinkPurpose.RESET, now()))

    done = run("staff", "reset", EMAIL, *option, stdin="a new password, long enough\n")
    assert done.lines == [f"{EMAIL} has a new password and is signed out everywhere."]
    with database.read() as session:
        member = dana(session)
        assert check_password(member, "a new password, long enough")
        assert not check_password(member, PASSWORD)
        assert (member.failed_sign_ins, member.locked_until) == (0, None)
        assert bool(member.totp_secret) == bool(member.recovery_codes) == (not option)
        assert find_session(session, token, now()) is None
        assert find_link(session, token_of_link, now()) is None


def test_a_reset_can_make_a_password_up(run: Run, database: Database, dana: Callable[[Session], StaffMember]) -> None:
    _, shown = run("staff", "reset", EMAIL, "--generate", stdin="").lines

    with database.read() as session:
        assert check_password(dana(session), shown.removeprefix("Password, shown this once: "))


@pytest.mark.parametrize("command", ["disable", "enable", "reset"])
def test_an_address_without_an_account_is_named(run: Run, command: str) -> None:
    error = run("staff", command, "nobody@maple.example").error

    assert error == "Error: nobody@maple.example has no account: `intake staff list` shows those that there are."


def test_accounts_need_tables(folder: Path) -> None:
    environment = complete(folder, DATABASE_URL=f"sqlite:///{folder}/none.db")

    assert "run `intake migrate`" in intake("staff", "list", folder=folder, environment=environment).error


def test_next_to_a_service_on_this_machine_nothing_has_to_be_set(folder: Path, database: Database) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "run.env").write_text("".join(f"{name}={value}\n" for name, value in complete(folder).items()))

    assert intake("staff", "list", folder=folder).lines == []


# ---- audit verify


def add_entry(database: Database) -> None:
    with database.write() as session:
        record_action(session, staff_id=1, practice="demo", action="viewed", subject="conversation:1")


def entries_of(database: Database) -> Sequence[AuditEntry]:
    with database.read() as session:
        return session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()


@pytest.mark.usefixtures("dana")
def test_a_whole_trail_is_summed_up_and_its_hash_can_be_kept(run: Run, database: Database) -> None:
    whole, hash_line = run("audit", "verify").lines
    [noted] = re.findall("[0-9a-f]{64}", hash_line)
    add_entry(database)

    assert whole == "The audit trail is whole, with 1 entry."
    assert run("audit", "verify", "--noted", noted).lines[0] == "The audit trail is whole, with 3 entries."
    checks = [entry.detail for entry in entries_of(database) if entry.action == "trail_checked"]
    assert checks == [{"whole": True, "entries": count, "broken_at": None} for count in (1, 3)], (
        "each is an entry itself"
    )


@pytest.mark.usefixtures("dana")
def test_a_changed_entry_is_named(run: Run, database: Database) -> None:
    for _ in range(2):
        add_entry(database)
    with database.write() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 2).values(action="account_disabled"))

    assert "the audit trail is broken at entry 2, after 1 that fit" in run("audit", "verify").error


@pytest.mark.usefixtures("dana")
def test_a_trail_without_the_noted_hash_was_cut_off(run: Run, database: Database) -> None:
    add_entry(database)
    with database.read() as session:
        noted = session.get_one(AuditEntry, 2).hash
    with database.write() as session:
        session.delete(session.get_one(AuditEntry, 2))

    assert run("audit", "verify").status == 0
    assert "2 entries that fit, but not the noted hash" in run("audit", "verify", "--noted", noted).error
    assert [entry.detail["whole"] for entry in entries_of(database) if entry.action == "trail_checked"] == [True, False]
