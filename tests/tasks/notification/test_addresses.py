"""The addresses that notices go to: which are accepted, and that nothing else is ever contacted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from inbox.accounts.members import add_member
from inbox.models import Role
from inbox.practices.setting_versions import Change, Standing, add_version
from intake.errors import IntakeError
from intake.notice_hosts import parse_notice_hosts
from intake.practice_settings import Override
from intake.practices import load_practices
from intake.settings import Settings
from intake.vocabulary import Priority
from tasks.carriers.choose import make_senders
from tasks.carriers.protocol import Accepted, NotSent, Outcome, Refused, Retryable
from tasks.notification.addresses import SERVICES, describe_address, parse_address
from tasks.notification.models import Notice
from tasks.notification.notifier import NO_ANSWER, Notifier, make_notifier
from tasks.notification.render import Wording
from tests.standins.hook import HookReceiver
from tests.standins.loopback import LoopbackServer, Request, Response
from tests.standins.smtp import SmtpStandIn
from tests.tasks.conftest import StartService
from tests.world import PRACTICES_TOML

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
WORDING = Wording("[urgent] Emergency at Maple Street", "View it: https://x.example\n\nMy <b>chest</b> hurts", "")


@pytest.fixture
def mail() -> Iterator[SmtpStandIn]:
    with SmtpStandIn() as server:
        yield server


class Redirector(LoopbackServer):
    """Sends whoever posts to it elsewhere, with the same method and body."""

    target = ""

    def respond(self, request: Request) -> Response:
        return Response(307, headers={"Location": self.target})


def send(settings: Settings, address: str, hosts: str = "") -> Outcome:
    notifier = Notifier(settings.public_url, make_senders(settings), parse_notice_hosts(hosts))
    return notifier.send(WORDING, address, None)


# ---- an email address, which the service's own mail server writes to


def test_an_email_address_is_written_to_by_the_services_mail_server(settings: Settings, mail: SmtpStandIn) -> None:
    mailing = settings.model_copy(update={"smtp_url": mail.url})
    practice = load_practices(settings.practices_file).require("demo")

    assert isinstance(make_notifier(mailing).send(WORDING, "mailto:desk@maple.example", practice), Accepted)
    (sent,) = mail.mails
    assert (sent.sender, sent.recipient) == ("hello@maple.example", "desk@maple.example")
    assert isinstance(make_notifier(settings).send(WORDING, "mailto:desk@maple.example", practice), NotSent)
    own = 'slug = "demo"\nteams = { desk = { notify = ["mailto:hello@maple.example"] } }'
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"', own, 1))
    with pytest.raises(IntakeError, match="practice's own email address"):
        load_practices(settings.practices_file)


@pytest.mark.parametrize("is_alarm", [True, False], ids=["alarm", "notice"])
def test_only_mail_about_an_alarm_speaks_of_an_acknowledgment(
    settings: Settings, mail: SmtpStandIn, is_alarm: bool
) -> None:
    notice = Notice(
        1, 1, "Maple Street", "review", Priority.NORMAL, "review", 1 if is_alarm else None, "4F7" if is_alarm else None
    )
    practice = load_practices(settings.practices_file).require("demo")
    notifier = make_notifier(settings.model_copy(update={"smtp_url": mail.url}))

    assert isinstance(notifier.notify(notice, "mailto:desk@maple.example", practice), Accepted)
    (sent,) = mail.mails
    assert (NO_ANSWER in sent.text) == is_alarm
    assert ("acknowledg" in sent.text) == is_alarm


# ---- one address, one service, no surprises


@pytest.mark.parametrize(
    "address",
    [
        f"{SLACK}/,json://127.0.0.1:9/",
        f"{SLACK}/;json://127.0.0.1:9/",
        f"{SLACK}/ json://127.0.0.1:9/",
        f"{SLACK}/,mailto://127.0.0.1:9/?to=x@example.com",
    ],
)
def test_two_addresses_in_one_are_refused(address: str) -> None:
    with pytest.raises(IntakeError, match="more than one address"):
        parse_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "dbus://",
        "syslog://localhost",
        "xml://host",
        "form://host",
        "https://hooks.slack.com/services/a/b/c",
        "exec://x",
    ],
)
def test_a_service_that_is_not_on_the_list_is_refused(address: str) -> None:
    with pytest.raises(IntakeError, match="notices cannot go to"):
        parse_address(address)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("smtp=127.0.0.1:25", "write the mail server as the host"),
        ("SMTP=127.0.0.1:25", "write the mail server as the host"),
        ("%73mtp=127.0.0.1", "write the mail server as the host"),
        ("+Bcc=x@evil.example", "cannot add headers"),
        ("%2bBcc=x@evil.example", "cannot add headers"),
        ("-key=value", "cannot add headers"),
        (":key=value", "cannot add headers"),
        ("verify=no", "remove verify"),
        ("redirect=yes", "remove redirect"),
        ("rto=100000", "remove rto"),
        ("pgppub=https://evil.example/key", "remove pgppub"),
        ("format=html", "plain text"),
        ("word=swordfish", "remove what follows"),
    ],
)
def test_an_option_that_changes_the_server_or_adds_a_header_is_refused(options: str, words: str) -> None:
    with pytest.raises(IntakeError) as refused:
        parse_address(f"mailtos://user:pass@mail.example.com?to=desk@example.com&{options}")

    assert words in str(refused.value)
    assert not any(part in str(refused.value) for part in ("word=", "swordfish", "evil", "pass@"))


@pytest.mark.parametrize(
    "address",
    [
        "mailtos://user:password@smtp.example.com:465?from=desk@example.com&to=ana@example.com,bo@example.com&mode=ssl",
        "mailto://user:password@gmail.com?format=text",
        f"{SLACK}/#front-desk?footer=no",
        "tgram://123456789:abcdefg_hijklmnop/12315544/?silent=yes",
        "pover://abcdefghijklmnopqrstuvwxyzabcd@abcdefghijklmnopqrstuvwxyzabcd/?priority=high&sound=siren",
        "jsons://user:password@hooks.example.com/intake",
        "ntfys://ntfy.example.com/topic?priority=high",
    ],
)
def test_addresses_as_practices_write_them_are_accepted(address: str) -> None:
    assert len(parse_address(address).schemas() & set(SERVICES)) >= 1


def test_a_manager_reads_why_a_stored_address_is_not_used_and_nothing_secret() -> None:
    shown = describe_address("slack://swordfish/,json://127.0.0.1:9/")

    assert shown.startswith("slack://… (not used: this is more than one address")
    assert "swordfish" not in shown


# ---- what goes out, and what never does


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0.0.0.0", "[::ffff:127.0.0.1]", "127.1"])
def test_no_spelling_of_this_machine_gets_a_notice(settings: Settings, hook: HookReceiver, host: str) -> None:
    assert not isinstance(send(settings, f"json://{host}:{hook.port}/"), Accepted)
    assert hook.notifications == []


def test_a_refused_target_is_logged_at_once_without_its_address(settings: Settings, hook: HookReceiver) -> None:
    with structlog.testing.capture_logs() as logs:
        outcome = send(settings, hook.apprise_url("/swordfish"))

    assert outcome == Retryable("target not allowed")
    assert [entry["event"] for entry in logs] == ["notice_target_refused"]
    assert "swordfish" not in str(logs)


def test_a_second_address_behind_a_comma_gets_nothing(settings: Settings, hook: HookReceiver) -> None:
    assert isinstance(send(settings, f"{SLACK}/,{hook.apprise_url()}?+X-Injected=1", "127.0.0.1"), Refused)
    assert hook.notifications == []


def test_mail_cannot_be_led_to_another_server(settings: Settings, mail: SmtpStandIn) -> None:
    address = f"mailto://user:pass@mail.example.com?smtp=127.0.0.1&port={mail.port}&to=desk@example.com"

    assert isinstance(send(settings, address, "127.0.0.1"), Refused)
    assert isinstance(send(settings, f"mailto://127.0.0.1:{mail.port}?from=a@b.example&to=c@d.example"), Retryable)
    assert (mail.mails, mail.refusals) == ([], [])


def test_a_redirect_is_not_followed_even_to_a_listed_host(settings: Settings, hook: HookReceiver) -> None:
    with Redirector() as redirector:
        redirector.target = f"http://127.0.0.1:{hook.port}/elsewhere"
        outcome = send(settings, f"json://127.0.0.1:{redirector.port}/", "127.0.0.1")

    assert isinstance(outcome, Retryable)
    assert hook.notifications == []


def test_a_host_that_the_operator_listed_gets_its_notice(settings: Settings, hook: HookReceiver) -> None:
    assert send(settings, hook.apprise_url(), f"127.0.0.1:{hook.port}") == Accepted("apprise")
    assert len(hook.notifications) == 1


def test_an_address_stored_by_an_older_version_gets_nothing_and_the_others_are_told(
    start_service: StartService, hook: HookReceiver
) -> None:
    service = start_service("teams = { on_call = { notify = [] } }")
    stored = [f"{SLACK}/,{hook.apprise_url('/stolen')}", hook.apprise_url("/on-call")]
    with service.edit() as session:
        add_member(session, "mira@maple.example", "Mira", Role.MANAGER, ["demo"], "correct horse battery")
        overrides = {"teams.on_call.notify": Override(stored, [])}
        changes = {"teams.on_call.notify": Change([], stored, [])}
        add_version(session, "demo", Standing(1, overrides), changes, staff_id=1)
    service.text("I have crushing chest pain")
    service.work()

    assert [notice.path for notice in hook.notifications] == ["/on-call"]


# ---- plain text


def test_mail_to_staff_is_plain_text_so_that_a_patient_cannot_write_html(settings: Settings, mail: SmtpStandIn) -> None:
    address = f"mailto://127.0.0.1:{mail.port}?from=intake@maple.example&to=desk@maple.example"
    send(settings, address, "127.0.0.1")

    [sent] = mail.wait_for_mails(1)
    assert sent.message.get_content_type() == "text/plain"
    assert "My <b>chest</b> hurts" in sent.text
