"""Staff accounts: how passwords and codes are stored, how long sessions last, and when an account is locked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pyotp
import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.accounts import passwords
from inbox.accounts.members import (
    add_member,
    find_member,
    find_session,
    is_running,
    is_stale,
    open_session,
    revoke_sessions,
    running_sessions,
    set_password,
)
from inbox.accounts.passwords import check_password, hash_password
from inbox.accounts.second_factor import (
    check_totp,
    new_recovery_codes,
    new_totp_secret,
    prove_second_factor,
    remove_second_factor,
    use_recovery_code,
)
from inbox.accounts.sign_in_failures import (
    FAILURES_TO_LOCK,
    FIRST_LOCK,
    LONGEST_LOCK,
    SLOW_BETWEEN,
    SLOW_FROM,
    SLOW_WITHIN,
    SignInSource,
    are_codes_locked,
    count_failure,
    is_blocked,
    judge_code,
    lock_for,
)
from inbox.models import AuditEntry, Role, SignInFailure, StaffMember, StaffSession, now
from inbox.storage.database import Database
from intake.errors import IntakeError

PASSWORD = "correct horse battery staple"
SECOND = timedelta(seconds=1)
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A transaction that lasts as long as the test."""
    with database.write() as opened:
        yield opened


@pytest.fixture
def dana(session: Session) -> StaffMember:
    """An account whose password hash takes almost no time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", QUICK_HASHER)
        return add_member(session, "dana@maple.example", "Dana Reyes", Role.STAFF, ["demo"], PASSWORD)


class CountingHasher:
    """The hasher in use, and how many times it was called."""

    def __init__(self) -> None:
        self.times = 0
        self._real = passwords._hasher

    def verify(self, its_hash: str, password: str) -> bool:
        """Verifies a password and counts the call."""
        self.times += 1
        return self._real.verify(its_hash, password)


# ---- accounts and passwords


def test_an_account_is_kept_with_all_that_was_said(session: Session) -> None:
    added = add_member(session, "Amir@Maple.Example", "Amir Khan", Role.ADMIN, ["other", "demo", "other"], PASSWORD)
    session.expire_all()

    found = find_member(session, " AMIR@maple.example ")
    assert found is added
    assert (found.email, found.name, found.role) == ("amir@maple.example", "Amir Khan", Role.ADMIN)
    assert sorted(row.practice for row in found.practices) == ["demo", "other"]
    assert (found.disabled_at, found.failed_sign_ins, found.totp_secret, found.recovery_codes) == (None, 0, None, [])


def test_nobody_has_an_address_that_was_not_added(session: Session, dana: StaffMember) -> None:
    assert find_member(session, "dana@maple.exampl") is None
    assert find_member(session, "") is None


@pytest.mark.parametrize(
    ("email", "complaint"),
    [("DANA@maple.example", "DANA@maple.example already has an account"), ("dana", "not an email address")],
)
def test_an_address_that_is_taken_or_none_is_refused(
    session: Session, dana: StaffMember, email: str, complaint: str
) -> None:
    with pytest.raises(IntakeError, match=complaint):
        add_member(session, email, "Dana", Role.STAFF, ["demo"], PASSWORD)


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 201])
def test_a_password_that_is_too_short_or_too_long_is_refused(
    session: Session, dana: StaffMember, password: str
) -> None:
    for give in (hash_password, lambda password: set_password(session, dana, password)):
        with pytest.raises(IntakeError, match="12 to 200 characters") as refused:
            give(password)
        assert password == "" or password not in str(refused.value)
    assert check_password(dana, PASSWORD)


@pytest.mark.parametrize("password", ["kestrel gravel", "päßwörter 🐎🔋📎", " spaces at both ends ", "gravel " * 28])
def test_a_password_is_checked_as_it_was_given(
    session: Session, dana: StaffMember, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_hasher", QUICK_HASHER)
    set_password(session, dana, password)

    assert check_password(dana, password)
    for guess in (password + " ", password[:-1], password.upper() + "x", PASSWORD, ""):
        assert not check_password(dana, guess)


def test_passwords_are_hashed_with_argon2id_as_rfc_9106_has_it_and_never_twice_alike() -> None:
    hashed = hash_password(PASSWORD)
    parameters = extract_parameters(hashed)

    assert (parameters.type, parameters.time_cost, parameters.memory_cost) == (Type.ID, 3, 64 * 1024)
    assert PASSWORD not in hashed
    assert hash_password(PASSWORD) != hashed


def test_an_address_without_an_account_takes_the_same_work(
    session: Session, dana: StaffMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_password(session, dana, PASSWORD)
    counting = CountingHasher()
    monkeypatch.setattr(passwords, "_hasher", counting)

    for member in (dana, None):
        assert not check_password(member, "wrong")
    assert not check_password(None, "nobody signs in with this")
    assert counting.times == 3
    assert extract_parameters(passwords._NOBODYS_HASH) == extract_parameters(dana.password_hash)


def test_a_hash_that_is_none_fits_no_password(dana: StaffMember) -> None:
    dana.password_hash = "!"

    assert not check_password(dana, "!")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("aaaaaaaaaaaa", "repeats like"),
        ("123456789012", "easy to guess"),
        ("password1234", "easy to guess"),
        ("qwertyuiop12", "easy to guess"),
        ("dana reyes 2026", "your name, your email address, or your practice"),
        ("maple-street!1", "your name, your email address, or your practice"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused_with_the_reason_and_a_remedy(
    session: Session, password: str, why: str
) -> None:
    with pytest.raises(IntakeError, match="easy to guess") as refused:
        add_member(session, "dana@maple.example", "Dana Reyes", Role.STAFF, ["maple-street"], password)

    assert why in str(refused.value)
    assert "use three or four random words instead" in str(refused.value)
    assert password not in str(refused.value)


def test_an_account_without_a_password_cannot_be_guessed(session: Session) -> None:
    member = add_member(session, "new@maple.example", "New", Role.STAFF, ["demo"], None)

    for guess in ("", "None", PASSWORD):
        assert not check_password(member, guess)


# ---- the lock-out

HERE, ELSEWHERE = SignInSource.address("203.0.113.7"), SignInSource.address("198.51.100.4")
KNOWN = SignInSource.device("a1b2", "198.51.100.4")


def test_failures_lock_for_longer_and_longer_up_to_an_hour() -> None:
    lengths = [lock_for(failures) for failures in range(40)]

    assert lengths[:FAILURES_TO_LOCK] == [None] * FAILURES_TO_LOCK
    assert lengths[FAILURES_TO_LOCK] == FIRST_LOCK
    for before, after in pairwise(lengths[FAILURES_TO_LOCK:]):
        assert before is not None
        assert after == min(2 * before, LONGEST_LOCK)
    assert lengths[-1] == LONGEST_LOCK


def test_wrong_passwords_lock_where_they_came_from_and_nowhere_else(session: Session, dana: StaffMember) -> None:
    moment = now()
    for _ in range(FAILURES_TO_LOCK):
        assert not is_blocked(session, dana.id, HERE, moment)
        count_failure(session, dana.id, HERE, moment)

    assert is_blocked(session, dana.id, HERE, moment + FIRST_LOCK - SECOND)
    assert not is_blocked(session, dana.id, HERE, moment + FIRST_LOCK)
    assert not is_blocked(session, dana.id, ELSEWHERE, moment)


def test_guesses_from_many_addresses_slow_down_addresses_but_no_device_that_is_known(
    session: Session, dana: StaffMember
) -> None:
    moment = now()
    for number in range(SLOW_FROM):
        assert not is_blocked(session, dana.id, ELSEWHERE, moment)
        count_failure(session, dana.id, SignInSource.address(f"203.0.113.{number}"), moment)

    assert is_blocked(session, dana.id, ELSEWHERE, moment + SLOW_BETWEEN - SECOND)
    assert not is_blocked(session, dana.id, KNOWN, moment)
    assert not is_blocked(session, dana.id, ELSEWHERE, moment + SLOW_BETWEEN), "one guess, not none"
    count_failure(session, dana.id, ELSEWHERE, moment + SLOW_BETWEEN)
    assert is_blocked(session, dana.id, HERE, moment + SLOW_BETWEEN)
    assert not is_blocked(session, dana.id, HERE, moment + SLOW_BETWEEN + SLOW_WITHIN)


def test_failures_are_forgotten_after_a_day(session: Session, dana: StaffMember) -> None:
    moment = now()
    count_failure(session, dana.id, HERE, moment - timedelta(days=1, seconds=1))
    count_failure(session, dana.id, ELSEWHERE, moment)

    assert session.scalars(select(SignInFailure.source)).all() == [ELSEWHERE.key]


def test_wrong_codes_lock_the_codes_of_the_account(session: Session, dana: StaffMember) -> None:
    moment = now()
    for _ in range(FAILURES_TO_LOCK):
        assert not judge_code(session, dana, False, HERE, moment)
    assert dana.locked_until is not None

    assert are_codes_locked(dana, moment)
    assert not judge_code(session, dana, True, ELSEWHERE, dana.locked_until - SECOND)
    assert not judge_code(session, dana, False, HERE, dana.locked_until - SECOND)
    assert dana.failed_sign_ins == FAILURES_TO_LOCK, "those during a lock count nothing"
    assert judge_code(session, dana, True, ELSEWHERE, dana.locked_until)


def test_every_failure_is_in_the_audit_trail_with_where_it_came_from(session: Session, dana: StaffMember) -> None:
    for _ in range(FAILURES_TO_LOCK):
        count_failure(session, dana.id, HERE, now())
    judge_code(session, dana, False, KNOWN, now())

    entries = session.scalars(select(AuditEntry)).all()
    assert {(entry.staff_id, entry.action, entry.subject) for entry in entries} == {
        (None, "sign_in_failed", f"staff:{dana.id}")
    }
    assert [(entry.detail["from"], entry.detail["reason"]) for entry in entries] == [
        *[("203.0.113.7", "password")] * (FAILURES_TO_LOCK - 1),
        ("203.0.113.7", "locked"),
        ("198.51.100.4", "code"),
    ]


def test_signing_in_and_a_new_password_forget_failures(session: Session, dana: StaffMember) -> None:
    for forget in (lambda: open_session(session, dana, ""), lambda: set_password(session, dana, PASSWORD)):
        dana.failed_sign_ins, dana.locked_until = 7, now() + LONGEST_LOCK
        forget()
        assert (dana.failed_sign_ins, dana.locked_until) == (0, None)


def test_a_disabled_member_proves_nothing(session: Session, dana: StaffMember) -> None:
    dana.disabled_at = now()

    assert not judge_code(session, dana, True, HERE, now())


# ---- sessions


def test_a_session_is_found_by_its_token_alone(session: Session, dana: StaffMember) -> None:
    token, second_token = open_session(session, dana, "a browser"), open_session(session, dana, "another")
    session.flush()

    found = find_session(session, token, now())
    assert found is not None
    assert (found.staff_id, found.browser) == (dana.id, "a browser")
    for wrong in (found.token_hash, "", token[:-1], token + "x"):
        assert find_session(session, wrong, now()) is None
    assert token != second_token
    assert token not in session.scalars(select(StaffSession.token_hash)).all()


def test_a_browser_with_much_to_say_is_cut_short(session: Session, dana: StaffMember) -> None:
    open_session(session, dana, "x" * 5000)
    session.flush()

    assert session.scalars(select(StaffSession.browser)).all() == ["x" * 200]


@pytest.mark.parametrize(
    ("idle", "age", "runs"),
    [
        (timedelta(hours=8), timedelta(hours=8), True),
        (timedelta(hours=8) + SECOND, timedelta(hours=8) + SECOND, False),
        (timedelta(0), timedelta(days=7), True),
        (timedelta(0), timedelta(days=7) + SECOND, False),
    ],
    ids=["idle", "too idle", "old", "too old"],
)
def test_a_session_lasts_eight_idle_hours_and_seven_days(
    session: Session, dana: StaffMember, idle: timedelta, age: timedelta, runs: bool
) -> None:
    token, moment = open_session(session, dana, ""), now()
    session.flush()
    [row] = session.scalars(select(StaffSession))
    row.last_seen_at, row.created_at = moment - idle, moment - age

    assert is_running(row, moment) == runs
    assert (find_session(session, token, moment) is row) == runs
    assert (running_sessions(session, dana.id, moment) == [row]) == runs


def test_that_a_session_is_in_use_is_noted_once_a_minute(session: Session, dana: StaffMember) -> None:
    open_session(session, dana, "")
    session.flush()
    [row] = session.scalars(select(StaffSession))

    assert not is_stale(row, row.last_seen_at + timedelta(minutes=1))
    assert is_stale(row, row.last_seen_at + timedelta(minutes=1, seconds=1))


def test_sessions_are_revoked_everywhere_or_everywhere_else(session: Session, dana: StaffMember) -> None:
    colleague = add_member(session, "amir@maple.example", "Amir", Role.STAFF, ["demo"], PASSWORD)
    tokens = [open_session(session, dana, "") for _ in range(3)]
    others = open_session(session, colleague, "")
    session.flush()

    def running() -> list[bool]:
        session.expire_all()
        return [find_session(session, token, now()) is not None for token in (*tokens, others)]

    kept = find_session(session, tokens[1], now())
    assert kept is not None
    revoke_sessions(session, dana.id, but=kept.id)
    assert running() == [False, True, False, True]
    revoke_sessions(session, dana.id)
    assert running() == [False, False, False, True]


def test_a_disabled_members_sessions_are_worth_nothing(session: Session, dana: StaffMember) -> None:
    token = open_session(session, dana, "")
    dana.disabled_at = now()

    assert find_session(session, token, now()) is None


def test_running_sessions_come_with_the_last_used_first(session: Session, dana: StaffMember) -> None:
    for browser in ("one", "two", "three"):
        open_session(session, dana, browser)
        session.flush()
    for row in session.scalars(select(StaffSession)):
        row.last_seen_at = now() - timedelta(minutes={"one": 5, "two": 1, "three": 9}[row.browser])

    assert [row.browser for row in running_sessions(session, dana.id, now())] == ["two", "one", "three"]


# ---- the second factor


def test_a_code_is_good_from_a_step_before_to_a_step_after_and_only_forward(dana: StaffMember) -> None:
    moment = now()
    dana.totp_secret = new_totp_secret()
    codes = {step: pyotp.TOTP(dana.totp_secret).at(moment + timedelta(seconds=30 * step)) for step in range(-2, 3)}

    assert not check_totp(dana, codes[-2], moment)
    assert not check_totp(dana, codes[2], moment)
    assert check_totp(dana, codes[-1], moment)
    assert not check_totp(dana, codes[-1], moment)
    assert check_totp(dana, codes[1], moment)
    assert not check_totp(dana, codes[0], moment), "older than the one before"


def test_without_an_authenticator_no_code_is_right(dana: StaffMember) -> None:
    assert not check_totp(dana, "000000", now())
    assert prove_second_factor(dana, "000000", now()) is None
    assert prove_second_factor(dana, "", now()) is None


def test_each_recovery_code_is_good_once(dana: StaffMember) -> None:
    codes = new_recovery_codes(dana)
    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)

    for code in codes:
        assert use_recovery_code(dana, code)
        assert not use_recovery_code(dana, code)
    assert dana.recovery_codes == []


@pytest.mark.parametrize("wrong", ["", "-", "aaaa-aaaa-aaaa-aaaa", "x" * 64])
def test_other_codes_are_none(dana: StaffMember, wrong: str) -> None:
    new_recovery_codes(dana)

    assert not use_recovery_code(dana, wrong)
    assert not use_recovery_code(dana, dana.recovery_codes[0]), "what is stored is not the code"
    assert len(dana.recovery_codes) == 10


def test_a_used_recovery_code_is_used_up_in_the_database(session: Session, dana: StaffMember) -> None:
    dana.totp_secret = new_totp_secret()
    code = new_recovery_codes(dana)[4]
    session.flush()
    assert prove_second_factor(dana, f" {code.upper()} ", now()) == "recovery_code"
    session.flush()
    session.expire_all()

    assert len(dana.recovery_codes) == 9
    assert prove_second_factor(dana, code, now()) is None


def test_a_locked_account_uses_no_code_up(dana: StaffMember) -> None:
    dana.totp_secret = new_totp_secret()
    code, moment = new_recovery_codes(dana)[0], now()
    dana.locked_until = moment + LONGEST_LOCK

    assert prove_second_factor(dana, code, moment) is None
    assert prove_second_factor(dana, pyotp.TOTP(dana.totp_secret).at(moment), moment) is None
    assert (len(dana.recovery_codes), dana.totp_last_step) == (10, None)


def test_a_second_factor_is_removed_with_all_that_belongs_to_it(dana: StaffMember) -> None:
    dana.totp_secret, dana.totp_last_step = new_totp_secret(), 7
    new_recovery_codes(dana)
    remove_second_factor(dana)

    assert (dana.totp_secret, dana.totp_last_step, dana.recovery_codes) == (None, None, [])
