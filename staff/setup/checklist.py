"""The setup checklist: for each line, whether it is done, by what is known, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.models import UNDELIVERED, Delivery, DeliveryState, SetupTest, SetupTestKind, SetupTestState
from inbox.practices.setup_facts import SetupFacts
from intake.mail_server import parse_mail_server
from intake.practices import TEXT_PREFIX, WEEKDAYS, Practice, TeamSettings, is_plain_mail
from intake.setting_editors import SettingPage
from intake.settings import Settings
from intake.vocabulary import AutoReply, Team, words_of
from staff import display
from tasks.mail.setup_tests import GONE, MISSING_KEY, OPTED_OUT, mail_key
from tasks.notification.addresses import scheme_of
from tasks.notification.escalation_policy import silent_steps
from tasks.notification.targets import (
    first_paged_team,
    has_carrier,
    key_of,
    paged_addresses,
    reached_addresses,
    team_settings,
    tested_addresses,
)

BACKUP_LASTS = timedelta(days=7)
_GONE_OUT = (DeliveryState.SENT, DeliveryState.DELIVERED)
NO_ANSWER_AFTER = timedelta(minutes=2)
EMAIL = "email"
"""What a form names to ask for a test email, where it otherwise names a team."""
_OPERATOR = "Whoever runs your Intake server"
_NO_TWILIO = (
    f"Texts and calls need an account at Twilio. {_OPERATOR} connects it: `TWILIO_ACCOUNT_SID` and `TWILIO_AUTH_TOKEN`"
    " in `.env`, then a restart."
)
_NO_MAIL_SERVER = f"Email needs a mail server. {_OPERATOR} connects it: `SMTP_URL` in `.env`, then a restart."
_NOT_FROM_HERE = (
    "No button tests this: only a text or call from outside, such as from your phone, shows that Twilio reaches you."
)
_NOT_BY_CONSOLE = "No button makes one: a backup is written by a command on the server, which the console can’t run."
_NO_EMAIL = "Set the practice’s email address in Settings, under Numbers and email."
_REASONS = {
    GONE: "the address is no longer in the settings",
    OPTED_OUT: "this number texted STOP; text START from it",
    MISSING_KEY: "the service lacks an encryption key; run `intake keys status`",
    "postponed": "the provider did not answer just before; wait a minute",
    "not taken": "the service at this address did not take it; check the address",
    "target not allowed": "the address leads into the network; see NOTICE_HOSTS",
    "not an address that may be used": "the address cannot be used; check it in Settings",
    "no number to text from": "the practice has no number to text from",
    "no address to write from": "the practice has no email address to write from",
    "unanswered": "the provider did not answer, so it may have arrived all the same",
}


@dataclass(frozen=True, slots=True)
class LatestTest:
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
class Place:
    """Where in the console a line is done: the page, and the words of the link."""

    endpoint: str
    words: str
    page: SettingPage = SettingPage.PRACTICE


_ADDRESSES = Place("settings.page", "Set addresses in Settings", SettingPage.TEAMS)
_CONNECTIONS = Place("settings.page", "Numbers and email in Settings", SettingPage.CONNECTIONS)


@dataclass(frozen=True, slots=True)
class ChecklistLine:
    """One line of the checklist.

    Attributes:
        key: its name in addresses within the page.
        title: what it is about.
        is_done: whether it is done.
        known: what is known about it, in a sentence.
        todo: what to do, in one or two sentences; empty if there is nothing to do.
        buttons: the tests that are possible now.
        results: what became of the latest ones.
        place: where in the console it is done; None if it is done elsewhere.
        sites: the pages of others on which it is tested.
        untested: why no button tests it; empty where one does, or where there is nothing to test.
        can_text: whether a phone can be texted as a test.
    """

    key: str
    title: str
    is_done: bool
    known: str
    todo: str = ""
    buttons: tuple[TestButton, ...] = ()
    results: tuple[LatestTest, ...] = ()
    place: Place | None = None
    sites: tuple[str, ...] = ()
    untested: str = ""
    can_text: bool = False


def build_checklist(
    practice: Practice, settings: Settings, facts: SetupFacts, stopped: Collection[str], moment: datetime
) -> list[ChecklistLine]:
    """Return the lines of a practice's checklist, the most urgent first: whether an emergency reaches anyone.

    Args:
        practice: the practice.
        settings: which carriers are set up.
        facts: what is known of the practice.
        stopped: the addresses for notices that texted STOP.
        moment: the current time, aware.
    """
    return [
        _judge_teams(practice, settings, facts, stopped, moment),
        _judge_on_call(practice, settings, facts, stopped, moment),
        _judge_number(practice, settings, facts),
        _judge_delivery(practice, settings, facts, moment),
        _judge_email(practice, settings, facts, moment),
        _judge_hours(practice),
        _judge_replies(practice),
        _judge_questions(facts),
        _judge_colleagues(facts),
        _judge_chat(practice, settings, facts),
        _judge_backup(practice, facts, moment),
    ]


def email_target(practice: Practice, settings: Settings) -> str | None:
    """Return the key of what a test email tests, None if the practice cannot send email."""
    if settings.smtp_url is None or practice.email is None:
        return None
    server = parse_mail_server(settings.smtp_url)
    return mail_key(f"{server.host}:{server.port}", practice.email)


def _judge_number(practice: Practice, settings: Settings, facts: SetupFacts) -> ChecklistLine:
    key, title = "number", "Phone number connected"
    if not settings.sends_texts:
        return ChecklistLine(key, title, False, "No account at Twilio is connected.", _NO_TWILIO)
    if facts.text_at is not None:
        when = display.clock(facts.text_at, practice.time_zone)
        known = f"Twilio’s last text or voicemail arrived on {when}."
        return ChecklistLine(key, title, True, known, place=_CONNECTIONS, untested=_NOT_FROM_HERE)
    todo = (
        f"In Twilio’s console, set the number’s webhook for messages to `{settings.public_url}/twilio/sms` and for"
        f" calls to `{settings.public_url}/twilio/voice`. Then text the number."
    )
    known = "No signed text or voicemail has arrived from Twilio."
    return ChecklistLine(key, title, False, known, todo, place=_CONNECTIONS, untested=_NOT_FROM_HERE)


def _judge_delivery(practice: Practice, settings: Settings, facts: SetupFacts, moment: datetime) -> ChecklistLine:
    key, title = "delivery", "Delivery reports arrive"
    if not settings.sends_texts:
        return ChecklistLine(key, title, False, "No texts are sent without an account at Twilio.", _NO_TWILIO)
    is_done = facts.callback_at is not None
    known, todo = "Twilio has not reported what became of a text.", ""
    if facts.callback_at is not None:
        when = display.clock(facts.callback_at, practice.time_zone)
        known = f"Twilio has reported what became of a text, most recently seen on {when}."
    else:
        todo = (
            "Text your phone, or text the number and wait for the automatic reply. Twilio reports to"
            f" `{settings.public_url}/twilio/sms/status`, so that address must be reachable from the internet."
        )
    results = (_show_text(facts.text, practice, moment, is_done=is_done),) if facts.text else ()
    can_text = practice.texts_from is not None
    return ChecklistLine(key, title, is_done, known, todo, results=results, can_text=can_text)


def _show_text(delivery: Delivery, practice: Practice, moment: datetime, *, is_done: bool) -> LatestTest:
    """Return what became of a test text, which is waited for until the first report on it has come."""
    when = display.clock(delivery.created_at, practice.time_zone)
    number = (delivery.conversation.patient_address or "")[-4:]
    state = display.delivery_state(delivery, practice.time_zone)
    words = f"Test text to the number ending in {number}, {when}: {state}"
    if delivery.state in UNDELIVERED:
        return LatestTest(words, SetupTestState.FAILED)
    if is_done and delivery.state in _GONE_OUT:
        return LatestTest(words, SetupTestState.ACCEPTED)
    if moment - delivery.created_at > NO_ANSWER_AFTER:
        return LatestTest(f"{words}. Twilio has reported nothing since.", SetupTestState.FAILED)
    return LatestTest(words, SetupTestState.WAITING)


def _judge_email(practice: Practice, settings: Settings, facts: SetupFacts, moment: datetime) -> ChecklistLine:
    key, title = "email", "Email"
    target = email_target(practice, settings)
    if target is None:
        missing = _NO_MAIL_SERVER if settings.smtp_url is None else _NO_EMAIL
        return ChecklistLine(key, title, False, "The practice cannot send email.", missing, place=_CONNECTIONS)
    test = facts.tests.get((SetupTestKind.EMAIL, target))
    is_done = test is not None and test.state == SetupTestState.ACCEPTED
    return ChecklistLine(
        key,
        title,
        is_done,
        "The mail server took a test email." if is_done else "The mail server is set, and no test email has gone out.",
        "" if is_done else "Send yourself a test email, and look whether it arrives.",
        (TestButton(EMAIL, "Send me a test email"),),
        (_show_result("Test email", test, practice, moment),) if test else (),
    )


def _judge_teams(
    practice: Practice, settings: Settings, facts: SetupFacts, stopped: Collection[str], moment: datetime
) -> ChecklistLine:
    teams = [team for team in practice.teams if team != Team.ON_CALL]
    with_address = [team for team in teams if tested_addresses(practice, team)]
    without = [words_of(team) for team in teams if team not in with_address]
    known, todo = _judge_paging(practice, settings, facts, stopped)
    if without:
        known += f" In the console only: {', '.join(without)}."
    return ChecklistLine(
        "teams",
        "Addresses for notices",
        not todo,
        known,
        todo,
        tuple(TestButton(team, f"Test {words_of(team)}") for team in with_address),
        tuple(result for team in with_address for result in _show_notices(team, practice, facts, moment)),
        _ADDRESSES,
    )


def _judge_paging(
    practice: Practice, settings: Settings, facts: SetupFacts, stopped: Collection[str]
) -> tuple[str, str]:
    """Return what is known of how emergencies reach someone, and what to do; nothing to do if they do."""
    paged = paged_addresses(practice)
    if not paged:
        return "An emergency reaches nobody: on call has no address.", "Add an address to the on-call team in Settings."
    reached = reached_addresses(practice, settings, stopped)
    missing = _find_missing(practice, paged, settings, stopped)
    if not reached and reached_addresses(practice, settings, ()):
        return "An emergency reaches nobody: every on-call phone texted STOP.", missing
    if not reached:
        return "An emergency reaches nobody: what carries notices to the on-call addresses is not set up.", missing
    tests = [facts.tests.get((SetupTestKind.NOTICE, target)) for target in reached]
    if all(test is not None and test.state == SetupTestState.FAILED for test in tests):
        known = "An emergency may reach nobody: the last test of on call was not sent."
        return known, "Read below why, then test again."
    if missing:
        known = f"An emergency reaches only {len(reached)} of {len(paged)} on-call addresses."
        return " ".join([known, *_name_silent(practice, settings, stopped)]), missing
    if silent := _name_silent(practice, settings, stopped):
        todo = "Give each an address in Settings, under Teams, or take the contact out of the escalation."
        return " ".join(["An emergency reaches someone on call.", *silent]), todo
    return "An emergency reaches someone on call.", ""


def _name_silent(practice: Practice, settings: Settings, stopped: Collection[str]) -> list[str]:
    """Return which contacts of the escalation reach nobody, as a sentence; none if each reaches someone."""
    silent = display.silent_contacts(practice, silent_steps(practice, settings, stopped))
    return [f"Part of the escalation reaches nobody: {'; '.join(silent)}."] if silent else []


def _find_missing(
    practice: Practice, addresses: Mapping[str, str], settings: Settings, stopped: Collection[str]
) -> str:
    """Return what to do so that notices reach these addresses; empty if nothing is missing."""
    without = [address for address in addresses.values() if not has_carrier(practice, address, settings)]
    steps = []
    if any(address.startswith(TEXT_PREFIX) for address in without):
        steps.append(_NO_TWILIO)
    if any(is_plain_mail(address) for address in without):
        steps.extend([_NO_MAIL_SERVER] * (settings.smtp_url is None) + [_NO_EMAIL] * (practice.email is None))
    if silent := [_name_address(address) for address in addresses.values() if address in stopped]:
        steps.append(f"Text START to the practice from what texted STOP: {', '.join(silent)}.")
    return " ".join(steps)


def _sum_up(counted: str, accepted: int, failed: int) -> str:
    """Return what became of the latest tests of on call."""
    if failed and not accepted:
        return "The last test notice to on call was not sent."
    return f"{counted} took a test notice." if accepted else "No test notice has gone to on call."


def _judge_on_call(
    practice: Practice, settings: Settings, facts: SetupFacts, stopped: Collection[str], moment: datetime
) -> ChecklistLine:
    key, title, addresses = "on_call", "On call tested", paged_addresses(practice)
    if not addresses:
        todo = "Add an address to the on-call team in Settings, then test it here."
        return ChecklistLine(key, title, False, "There is nobody to test.", todo, place=_ADDRESSES)
    tests = [facts.tests.get((SetupTestKind.NOTICE, target)) for target in addresses]
    accepted = sum(test is not None and test.state == SetupTestState.ACCEPTED for test in tests)
    is_done = accepted == len(addresses) and not any(address in stopped for address in addresses.values())
    failed = sum(test is not None and test.state == SetupTestState.FAILED for test in tests)
    counted = "The only address" if len(addresses) == 1 else f"{accepted} of {len(addresses)} addresses"
    return ChecklistLine(
        key,
        title,
        is_done,
        _sum_up(counted, accepted, failed),
        "Ask whoever is on call whether it arrived."
        if is_done
        else _find_missing(practice, addresses, settings, stopped) or "Send a test notice to everyone on call.",
        (TestButton(Team.ON_CALL, "Test on call"),),
        _show_notices(Team.ON_CALL, practice, facts, moment),
    )


def _judge_hours(practice: Practice) -> ChecklistLine:
    days = [day.words for day in WEEKDAYS if practice.hours.get(day)]
    known = f"Open on {', '.join(days)}." if days else "No opening hours are set: replies say that you are closed."
    todo = "" if days else "Set the hours of each day."
    place = Place("settings.page", "Check the hours in Settings", SettingPage.HOURS)
    return ChecklistLine("hours", "Opening hours", bool(days), known, todo, place=place)


def _judge_replies(practice: Practice) -> ChecklistLine:
    is_on = practice.auto_reply is AutoReply.ON
    own = len(practice.replies)
    known = f"They are on, {own or 'none'} of them in your own words." if is_on else "They are off."
    todo = "" if is_on else "Read them, then turn them on."
    place = Place("settings.page", "Read the replies in Settings", SettingPage.REPLIES)
    return ChecklistLine("replies", "Automatic replies", is_on, known, todo, place=place)


def _judge_questions(facts: SetupFacts) -> ChecklistLine:
    known = f"Answered: {facts.answers}." if facts.answers else "No common question has an answer yet."
    todo = "" if facts.answers else "Answer those that your patients ask most, such as about parking or insurance."
    place = Place("common_questions.page", "Answer common questions")
    return ChecklistLine("questions", "Common questions", facts.answers > 0, known, todo, place=place)


def _judge_colleagues(facts: SetupFacts) -> ChecklistLine:
    is_done = facts.signed_in > 1
    known = f"{facts.signed_in} people have signed in." if is_done else "Nobody else has signed in."
    todo = "" if is_done else "Ask an administrator to invite your colleagues."
    if facts.invited:
        waiting = f"{facts.invited} {'has' if facts.invited == 1 else 'have'} an account and never signed in."
        known = f"{known} {waiting}"
        todo = "Ask them to open the link in their invitation, or to sign in."
    return ChecklistLine(
        "colleagues", "Colleagues", is_done, known, todo, place=Place("accounts.page", "Invite colleagues")
    )


def _judge_chat(practice: Practice, settings: Settings, facts: SetupFacts) -> ChecklistLine:
    key, title = "chat", "Chat on your website"
    if facts.chat is not None and facts.chat[1] in practice.allowed_origins:
        at, site = facts.chat
        known = f"A chat began on {site}, on {display.clock(at, practice.time_zone)}."
        return ChecklistLine(key, title, True, known, sites=tuple(practice.allowed_origins))
    if practice.widget_key is None:
        todo = f"{_OPERATOR} turns it on: `widget_key` and `allowed_origins` in the practices file."
        return ChecklistLine(key, title, False, "The chat is off.", todo)
    todo = (
        f'Add this line to your site: `<script async src="{settings.public_url}/chat/widget.js"'
        f' data-practice="{practice.widget_key}"></script>` Then write in the chat there. The site must be in'
        " allowed_origins in the practices file."
    )
    return ChecklistLine(
        key, title, False, "No chat has begun on your site.", todo, sites=tuple(practice.allowed_origins)
    )


def _judge_backup(practice: Practice, facts: SetupFacts, moment: datetime) -> ChecklistLine:
    key, title = "backup", "Backup"
    todo = "Run `intake backup FILE` on the server, every day, and keep the keys somewhere else."
    if facts.backup_at is None:
        return ChecklistLine(
            key, title, False, "No backup was made with `intake backup`.", todo, untested=_NOT_BY_CONSOLE
        )
    when = display.clock(facts.backup_at, practice.time_zone)
    if moment - facts.backup_at > BACKUP_LASTS:
        known = f"The last backup is more than a week old, from {when}."
        return ChecklistLine(key, title, False, known, todo, untested=_NOT_BY_CONSOLE)
    return ChecklistLine(key, title, True, f"The last backup was made on {when}.", untested=_NOT_BY_CONSOLE)


def _show_notices(team: str, practice: Practice, facts: SetupFacts, moment: datetime) -> tuple[LatestTest, ...]:
    shown = []
    for number, (target, address) in enumerate(tested_addresses(practice, team).items(), start=1):
        test = facts.tests.get((SetupTestKind.NOTICE, target))
        if test is not None:
            owner = _owner_of(practice, team, target) or f"{words_of(team)}, address {number}"
            where = f"{owner} ({_name_address(address)})"
            shown.append(_show_result(where, test, practice, moment))
    return tuple(shown)


def _owner_of(practice: Practice, team: str, target: str) -> str:
    """Return whose address an emergency reaches, if that is tested: a team's, or a contact's of the escalation."""
    if team != Team.ON_CALL:
        return ""
    first = first_paged_team(practice)
    reached = [(first, "", practice.teams.get(first, TeamSettings()))]
    for number, step in enumerate(practice.escalation, start=1):
        reached.append(
            (step.team or "", f"Escalation contact {number}", team_settings(practice, step.team or "", number))
        )
    for name, contact, settings in reached:
        keys = [key_of(address) for address in settings.notify]
        if target in keys and name:
            return f"{words_of(name)}, address {keys.index(target) + 1}" + (f", through {contact}" if contact else "")
        if target in keys:
            return contact
    return ""


def _show_result(where: str, test: SetupTest, practice: Practice, moment: datetime) -> LatestTest:
    when = display.clock(test.created_at, practice.time_zone)
    if test.state == SetupTestState.ACCEPTED:
        return LatestTest(f"{where}: the provider took it on {when}.", SetupTestState.ACCEPTED)
    if test.state == SetupTestState.FAILED:
        return LatestTest(f"{where}: not sent on {when}: {_explain(test.outcome)}.", SetupTestState.FAILED)
    if moment - test.created_at > NO_ANSWER_AFTER:
        words = f"{where}: no worker has sent it since {when}. Check that the workers run."
        return LatestTest(words, SetupTestState.FAILED)
    return LatestTest(f"{where}: sending…", SetupTestState.WAITING)


def _explain(outcome: str | None) -> str:
    if outcome == "not sent":
        return "the provider’s credentials are not set"
    return _REASONS.get(outcome or "") or f"the provider answered with {outcome}"


def _name_address(address: str) -> str:
    """Return the kind of an address; of a number, its end."""
    if is_plain_mail(address):
        return "email"
    return f"number ending in {address[-4:]}" if address.startswith(TEXT_PREFIX) else scheme_of(address)
