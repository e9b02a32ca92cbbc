"""The setup checklist: for each line, whether it is done, by what is known, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.models import SetupTest, SetupTestKind, SetupTestState
from inbox.setup_facts import SetupFacts
from intake.mail_server import parse_mail_server
from intake.practices import TEXT_PREFIX, Practice
from intake.settings import Settings
from intake.vocabulary import Team, words_of
from staff import display
from tasks.notification.addresses import scheme_of
from tasks.notification.targets import paged_addresses, tested_addresses
from tasks.setup_tests import GONE, MISSING_KEY, OPTED_OUT, mail_key

BACKUP_LASTS = timedelta(days=7)
NO_ANSWER_AFTER = timedelta(minutes=2)
EMAIL = "email"
"""What a form names to ask for a test email, where it otherwise names a team."""
_NO_TWILIO = "Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in .env, then restart the service."
_REASONS = {
    GONE: "the address is no longer in the settings",
    OPTED_OUT: "this number texted STOP; text START from it",
    MISSING_KEY: "the service lacks an encryption key; run `intake keys status`",
    "postponed": "the provider did not answer just before; wait a minute",
    "not taken": "the service at this address did not take it; check the address",
    "target not allowed": "the address leads into the network; see NOTICE_HOSTS",
    "not an address that may be used": "the address cannot be used; check it in Settings",
    "no number to text from": "the practice has no number to text from",
    "unanswered": "the provider did not answer, so it may have arrived all the same",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the latest test of an address: its words, and whether it is good, bad, or still to come."""

    words: str
    state: SetupTestState


@dataclass(frozen=True, slots=True)
class TestButton:
    """A test that can be started: what its form names, and the words on its button."""

    __test__ = False  # not one of pytest's

    what: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the checklist.

    Attributes:
        key: its name in addresses within the page.
        title: what it is about.
        is_done: whether it is done.
        known: what is known about it, in a sentence.
        todo: what to do, in one or two sentences; empty if there is nothing to do.
        buttons: the tests that are possible now.
        results: what became of the latest ones.
    """

    key: str
    title: str
    is_done: bool
    known: str
    todo: str = ""
    buttons: tuple[TestButton, ...] = ()
    results: tuple[Result, ...] = ()


def build_checklist(practice: Practice, settings: Settings, facts: SetupFacts, moment: datetime) -> list[Line]:
    """Return the lines of a practice's checklist."""
    return [
        _judge_number(practice, settings, facts),
        _judge_delivery(practice, settings, facts),
        _judge_email(practice, settings, facts, moment),
        _judge_teams(practice, facts, moment),
        _judge_on_call(practice, facts, moment),
        _judge_chat(practice, settings, facts),
        _judge_backup(practice, facts, moment),
    ]


def email_target(practice: Practice, settings: Settings) -> str | None:
    """Return the key of what a test email tests, None if the practice cannot send email."""
    if settings.smtp_url is None or practice.email is None:
        return None
    server = parse_mail_server(settings.smtp_url)
    return mail_key(f"{server.host}:{server.port}", practice.email)


def _judge_number(practice: Practice, settings: Settings, facts: SetupFacts) -> Line:
    key, title = "number", "Phone number connected"
    if not settings.sends_texts:
        return Line(key, title, False, "Twilio’s credentials are not set.", _NO_TWILIO)
    if facts.text_at is not None:
        when = display.clock(facts.text_at, practice.time_zone)
        return Line(key, title, True, f"Twilio’s last text or voicemail arrived on {when}.")
    todo = (
        f"In Twilio’s console, set the number’s webhook for messages to `{settings.public_url}/twilio/sms` and for"
        f" calls to `{settings.public_url}/twilio/voice`. Then text the number."
    )
    return Line(key, title, False, "No signed text or voicemail has arrived from Twilio.", todo)


def _judge_delivery(practice: Practice, settings: Settings, facts: SetupFacts) -> Line:
    key, title = "delivery", "Delivery reports arrive"
    if not settings.sends_texts:
        return Line(key, title, False, "No texts are sent without Twilio’s credentials.", _NO_TWILIO)
    if facts.callback_at is not None:
        when = display.clock(facts.callback_at, practice.time_zone)
        return Line(key, title, True, f"Twilio has reported what became of a text, most recently seen on {when}.")
    todo = (
        "Text the number and wait for the automatic reply. Twilio reports to"
        f" `{settings.public_url}/twilio/sms/status`, so PUBLIC_URL must be reachable from the internet."
    )
    return Line(key, title, False, "Twilio has not reported what became of a text.", todo)


def _judge_email(practice: Practice, settings: Settings, facts: SetupFacts, moment: datetime) -> Line:
    key, title = "email", "Email"
    target = email_target(practice, settings)
    if target is None:
        missing = (
            "Set SMTP_URL in .env, then restart the service."
            if settings.smtp_url is None
            else "Add the practice’s email address to the practices file."
        )
        return Line(key, title, False, "The practice cannot send email.", missing)
    test = facts.tests.get((SetupTestKind.EMAIL, target))
    is_done = test is not None and test.state == SetupTestState.ACCEPTED
    return Line(
        key,
        title,
        is_done,
        "The mail server took a test email." if is_done else "The mail server is set, and no test email has gone out.",
        "" if is_done else "Send yourself a test email, and look whether it arrives.",
        (TestButton(EMAIL, "Send me a test email"),),
        (_show_result("Test email", test, practice, moment),) if test else (),
    )


def _judge_teams(practice: Practice, facts: SetupFacts, moment: datetime) -> Line:
    teams = [team for team in practice.teams if team != Team.ON_CALL]
    with_address = [team for team in teams if tested_addresses(practice, team)]
    without = [words_of(team) for team in teams if team not in with_address]
    is_done = bool(paged_addresses(practice))
    known = (
        "An emergency reaches someone on call." if is_done else "An emergency reaches nobody: on call has no address."
    )
    if without:
        known += f" In the console only: {', '.join(without)}."
    return Line(
        "teams",
        "Addresses for notices",
        is_done,
        known,
        "" if is_done else "Add an address to the on-call team in Settings.",
        tuple(TestButton(team, f"Test {words_of(team)}") for team in with_address),
        tuple(result for team in with_address for result in _show_notices(team, practice, facts, moment)),
    )


def _judge_on_call(practice: Practice, facts: SetupFacts, moment: datetime) -> Line:
    key, title, addresses = "on_call", "On call tested", paged_addresses(practice)
    if not addresses:
        todo = "Add an address to the on-call team in Settings, then test it here."
        return Line(key, title, False, "There is nobody to test.", todo)
    tests = [facts.tests.get((SetupTestKind.NOTICE, target)) for target in addresses]
    accepted = sum(test is not None and test.state == SetupTestState.ACCEPTED for test in tests)
    is_done = accepted == len(addresses)
    counted = "The only address" if len(addresses) == 1 else f"{accepted} of {len(addresses)} addresses"
    return Line(
        key,
        title,
        is_done,
        f"{counted} took a test notice." if accepted else "No test notice has gone to on call.",
        "Ask whoever is on call whether it arrived." if is_done else "Send a test notice to everyone on call.",
        (TestButton(Team.ON_CALL, "Test on call"),),
        _show_notices(Team.ON_CALL, practice, facts, moment),
    )


def _judge_chat(practice: Practice, settings: Settings, facts: SetupFacts) -> Line:
    key, title = "chat", "Chat on your website"
    if facts.chat is not None and facts.chat[1] in practice.allowed_origins:
        at, site = facts.chat
        return Line(key, title, True, f"A chat began on {site}, on {display.clock(at, practice.time_zone)}.")
    if practice.widget_key is None:
        todo = "To offer the chat, set widget_key and allowed_origins in the practices file."
        return Line(key, title, False, "The chat is off.", todo)
    todo = (
        f'Add this line to your site: `<script async src="{settings.public_url}/chat/widget.js"'
        f' data-practice="{practice.widget_key}"></script>` Then write in the chat there. The site must be in'
        " allowed_origins in the practices file."
    )
    return Line(key, title, False, "No chat has begun on your site.", todo)


def _judge_backup(practice: Practice, facts: SetupFacts, moment: datetime) -> Line:
    key, title = "backup", "Backup"
    todo = "Run `intake backup FILE` on the server, every day, and keep the keys somewhere else."
    if facts.backup_at is None:
        return Line(key, title, False, "No backup was made with `intake backup`.", todo)
    when = display.clock(facts.backup_at, practice.time_zone)
    if moment - facts.backup_at > BACKUP_LASTS:
        return Line(key, title, False, f"The last backup is more than a week old, from {when}.", todo)
    return Line(key, title, True, f"The last backup was made on {when}.")


def _show_notices(team: str, practice: Practice, facts: SetupFacts, moment: datetime) -> tuple[Result, ...]:
    shown = []
    for number, (target, address) in enumerate(tested_addresses(practice, team).items(), start=1):
        test = facts.tests.get((SetupTestKind.NOTICE, target))
        if test is not None:
            where = f"{words_of(team)}, address {number} ({_name_address(address)})"
            shown.append(_show_result(where, test, practice, moment))
    return tuple(shown)


def _show_result(where: str, test: SetupTest, practice: Practice, moment: datetime) -> Result:
    when = display.clock(test.created_at, practice.time_zone)
    if test.state == SetupTestState.ACCEPTED:
        return Result(f"{where}: the provider took it on {when}.", SetupTestState.ACCEPTED)
    if test.state == SetupTestState.FAILED:
        return Result(f"{where}: not sent on {when}: {_explain(test.outcome)}.", SetupTestState.FAILED)
    if moment - test.created_at > NO_ANSWER_AFTER:
        words = f"{where}: no worker has sent it since {when}. Check that the workers run."
        return Result(words, SetupTestState.FAILED)
    return Result(f"{where}: sending…", SetupTestState.WAITING)


def _explain(outcome: str | None) -> str:
    if outcome == "not sent":
        return "the provider’s credentials are not set"
    return _REASONS.get(outcome or "") or f"the provider answered with {outcome}"


def _name_address(address: str) -> str:
    """Return the kind of an address; of a number, its end."""
    return f"number ending in {address[-4:]}" if address.startswith(TEXT_PREFIX) else scheme_of(address)
