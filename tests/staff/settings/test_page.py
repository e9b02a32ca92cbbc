"""The settings page: a manager's changes apply to the next message, and can be undone.

The page refuses what a check of the practices file would refuse, in the same words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from inbox.models import AuditEntry, Delivery, Role, SettingVersion
from inbox.practices.setting_versions import changes_of
from intake.practices import Practice
from intake.setting_editors import SettingGroup, SettingPage
from intake.settings import Settings
from intake.vocabulary import REPLIES, REPLY_FAMILIES, Intent, Language, ReplyName, Weekday
from tasks.notification.targets import key_of
from tests.app.command import intake
from tests.staff.conftest import Browser, Console, StartConsole
from tests.standins.hook import HookReceiver
from tests.world import PATIENT, PRACTICES_TOML, SITE, WIDGET_KEY
from web.services import services_of

ADDRESS = "/staff/settings/demo"
PRICES = "How much is a first visit without insurance?"
WORDS = "{{ practice.name }}: A visit is $150. Book at {{ links.scheduling }}"
RENDERED = "Maple Street: A visit is $150. Book at https://maple.example/book"
OTHER_PATIENT = "+12025550124"


@pytest.fixture
def manager(console: Console) -> Browser:
    """The browser of a manager of the demo practice."""
    return console.sign_in(Role.MANAGER, name="Mira Manager")


def token(page: requests.Response) -> str:
    """The version that a page's forms are based on."""
    found = re.search(r'name="version" value="([^"]+)"', page.text)
    assert found, page.status_code
    return found[1]


def save(browser: Browser, address: str = ADDRESS, version: str | None = None, **values: object) -> requests.Response:
    """Sends a form with these settings, with `__` for dots, from a page that was just opened."""
    form = {name.replace("__", "."): value for name, value in values.items()}
    return browser.post(address, data={"version": version or token(browser.get(address)), **form})


def look(browser: Browser) -> requests.Response:
    """All the pages of the settings, one after the other."""
    pages = [browser.get(ADDRESS if page is SettingPage.PRACTICE else f"{ADDRESS}/{page}") for page in SettingPage]
    pages[0]._content = b"".join(page.content for page in pages)
    return pages[0]


def text_of(page: requests.Response) -> str:
    """A page's text, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def field(page: requests.Response, key: str) -> str:
    """A field's value."""
    found = re.search(rf'name="{re.escape(key)}" value="([^"]*)"', page.text) or re.search(
        rf'<textarea[^>]* name="{re.escape(key)}"[^>]*>([^<]*)</textarea>', page.text
    )
    assert found, key
    return html.unescape(found[1]).strip()


def ask(console: Console, text: str = PRICES, from_: str = PATIENT) -> str:
    """Texts the practice and returns its reply."""
    console.text(text, from_=from_)
    console.work()
    return console.rows(Delivery)[-1].body


def effective(console: Console) -> Practice:
    """The practice as the web process sees it."""
    return services_of(console.app).practices.require("demo")


def undo(browser: Browser, version: int) -> requests.Response:
    page = browser.get(f"{ADDRESS}/history")
    return browser.post(f"{ADDRESS}/undo", data={"version": token(page), "undoes": str(version)})


# ---- what is shown


def test_a_manager_sees_what_the_file_says(manager: Browser) -> None:
    assert manager.get("/staff/settings").headers["Location"] == ADDRESS
    page = look(manager)

    assert "Same as the practices file" in page.text
    assert field(page, "hours.mon") == "12:00 AM - 11:59 PM"
    assert field(page, "links.scheduling") == "https://maple.example/book"
    assert field(page, "links.pay") == ""
    assert field(page, "review_sample") == "0.02"
    assert field(page, "replies.price_shopper").startswith("[practice name]: Thank you for asking about prices.")
    assert "A first visit is $120 to $180 without insurance." in text_of(page)


def test_every_reply_is_shown_as_a_patient_reads_it(console: Console, manager: Browser) -> None:
    page = text_of(look(manager))

    assert ask(console) in page
    assert "holds 70 characters" not in page


def test_replies_stand_under_headings_and_each_once(manager: Browser) -> None:
    page = manager.get(f"{ADDRESS}/automatic-replies").text
    headings = re.findall(r'<h3 class="family">(.*?)</h3>', page)
    assert [html.unescape(heading) for heading in headings] == list(REPLY_FAMILIES)

    titles = [html.unescape(found) for found in re.findall(r"<summary><h3>(.*?)</h3>", page)]
    shown = [title for title in titles if title in {reply.words for reply in REPLIES}]
    assert shown == [reply.words for reply in REPLIES if reply.language is Language.EN]
    wordings = re.findall(r'data-reply="(\w+)"', page)
    assert wordings == list(REPLIES), "each Spanish one beside its English twin"
    assert sorted({reply.name for reply in REPLIES}) == sorted((*Intent, *ReplyName)), "every reply is in a family"

    after_stop = page.split('<h3 class="family">STOP, START, and HELP', 1)[1]
    assert "Opt-out" in after_stop
    assert "Price question" not in re.findall(r"<summary><h3>(.*?)</h3>", after_stop)


def test_the_passwords_in_addresses_are_not_shown_again(start_console: StartConsole) -> None:
    address = "mailtos://desk:swordfish@maple.example?to=billing@maple.example"
    console = start_console(f'teams = {{ billing = {{ notify = ["{address}"] }} }}')
    browser = console.sign_in(Role.MANAGER)
    save(browser, teams__billing__notify="mailtos://desk:catfish@maple.example")

    for page in (look(browser), browser.get(f"{ADDRESS}/history")):
        assert "mailtos://desk:****@maple.example" in page.text
        assert not re.search("swordfish|catfish", page.text)


def test_whoever_manages_several_practices_chooses(console: Console) -> None:
    page = console.sign_in(Role.MANAGER, practices=["demo", "other"]).get("/staff/settings/other")

    assert "Settings for Harbor Dental" in page.text
    assert f'href="{ADDRESS}"' in page.text


@pytest.mark.parametrize("path", ["", "/history"])
def test_it_is_for_managers_of_the_practice(console: Console, path: str) -> None:
    staff, stranger = console.sign_in(Role.STAFF), console.sign_in(Role.MANAGER, practices=["other"])

    assert staff.get(ADDRESS + path).status_code == 403
    assert "Settings" not in staff.get("/staff/").text
    assert stranger.get(ADDRESS + path).status_code == 404
    assert stranger.post(ADDRESS, data={"version": "0.x", "links.pay": "https://x.example"}).status_code == 404


@pytest.mark.parametrize("path", ["", "/history"])
def test_the_navigation_marks_where_the_manager_is(manager: Browser, path: str) -> None:
    assert '<a href="/staff/settings" aria-current="page">Settings</a>' in manager.get(ADDRESS + path).text


@pytest.mark.parametrize("page", SettingPage)
def test_each_page_says_what_it_is_for_and_has_only_its_own_sections(manager: Browser, page: SettingPage) -> None:
    first = page is SettingPage.PRACTICE
    shown = manager.get(ADDRESS if first else f"{ADDRESS}/{page}").text

    assert f'<h1>{page.heading}</h1>\n    <p class="purpose">{page.purpose}</p>' in shown
    sections = re.findall(r'<section class="card" id="(\w+)"', shown)
    assert sections == [group for group in SettingGroup if group.page is page and group != SettingGroup.OTHER]
    assert shown.count('aria-current="page"') == 2, "in the console's navigation and in that of the settings"


def test_saving_leads_back_to_the_page_and_a_refusal_shows_what_was_typed_there(
    console: Console, manager: Browser
) -> None:
    saved = save(manager, f"{ADDRESS}/hours", hours__mon="8am-5pm")
    assert saved.headers["Location"] == f"{ADDRESS}/hours"
    assert "Saved as version 1 (Hours: Monday)" in manager.get(f"{ADDRESS}/hours").text

    refused = save(manager, f"{ADDRESS}/hours", hours__mon="9-11")
    assert re.findall(r'<section class="card" id="(\w+)"', refused.text) == ["hours"]
    from_the_one_long_page = save(manager, links__pay="nowhere", hours__mon="9-11")
    assert (field(from_the_one_long_page, "links.pay"), field(from_the_one_long_page, "hours.mon")) == (
        "nowhere",
        "9-11",
    )


# ---- what is changed


def test_the_next_message_gets_the_new_words_without_a_restart(console: Console, manager: Browser) -> None:
    assert ask(console).startswith("Maple Street: Thank you for asking about prices.")
    answer = save(manager, replies__price_shopper=WORDS)

    assert (answer.status_code, answer.headers["Location"]) == (303, ADDRESS)
    said = "Saved as version 1 (Reply: Price question). The change applies to the next message."
    assert said in look(manager).text
    assert ask(console, from_=OTHER_PATIENT) == f"{RENDERED} Reply STOP to opt out."


def test_the_next_message_is_judged_by_the_new_threshold(console: Console, manager: Browser) -> None:
    ask(console)
    save(manager, review_threshold="1")
    ask(console, from_=OTHER_PATIENT)

    assert [row.reply for row in console.rows(Delivery)] == ["price_shopper", "review"]
    save(manager, thresholds__price_shopper="0")
    ask(console, from_="+12025550125")
    assert console.rows(Delivery)[-1].reply == "price_shopper"


def test_hours_hold_at_once_in_the_web_process_too(console: Console, manager: Browser) -> None:
    days: dict[str, Any] = {"days": ["1"], "days.1.first": "2026-12-31", "days.1.last": "2027-01-01"}
    days["days.1.what"] = "closed"
    save(manager, **{f"hours__{day}": "" for day in Weekday}, **days)

    shown = requests.get(f"{console.url}/chat/practices/{WIDGET_KEY}", headers={"Origin": SITE}, timeout=30).json()
    assert (shown["open"], shown["next_opening"]) == (None, None)  # without hours, nobody calls it closed
    assert [day.isoformat() for day in effective(console).closed_on] == ["2026-12-31", "2027-01-01"]


def test_a_team_is_told_at_the_addresses_that_it_was_given(start_console: StartConsole, hook: HookReceiver) -> None:
    url = hook.apprise_url()
    console = start_console(f'review_threshold = 1.0\nteams = {{ review = {{ notify = ["{url}"] }} }}')
    browser = console.sign_in(Role.MANAGER)
    ask(console)
    save(browser, **{"teams__review__notify": "sms:+12025550113", "teams__review__notify__kept": key_of(url)})
    ask(console, from_=OTHER_PATIENT)
    save(browser, teams__review__notify="")
    ask(console, from_="+12025550125")

    assert len(hook.notifications) == 2
    texted = [sent.to for sent in console.twilio.messages if sent.to == "+12025550113"]
    assert len(texted) == 1


def test_what_the_page_does_not_cover_stays_as_the_file_says(console: Console, manager: Browser) -> None:
    before = effective(console)
    save(manager, links__pay="https://maple.example/pay", review_reply_hours="2.5")

    after = effective(console)
    assert (after.links.pay, after.review_reply_hours) == ("https://maple.example/pay", 2.5)
    same = before.model_copy(update={"links": after.links, "review_reply_hours": 2.5})
    assert after == same


def test_what_is_empty_is_as_if_it_was_never_said(console: Console, manager: Browser) -> None:
    save(manager, links__scheduling="", replies__price_shopper=WORDS)
    save(manager, replies__price_shopper="")

    assert effective(console).links.scheduling is None
    assert effective(console).replies == {}


def test_the_standard_words_come_back_with_a_button(console: Console, manager: Browser) -> None:
    save(manager, replies__complaint="{{ practice.name }}: We are sorry.")
    assert "your own words" in look(manager).text
    save(manager, replies__complaint="whatever is typed", standard="replies.complaint")

    assert effective(console).replies == {}
    assert console.rows(SettingVersion)[-1].version == 2


def test_a_line_break_is_a_change_that_patients_see_and_a_blank_line_is_none(
    console: Console, manager: Browser
) -> None:
    save(manager, replies__price_shopper="A visit is $150.\r\n\r\nBook online.")

    assert ask(console) == "A visit is $150.\nBook online.\nReply STOP to opt out."
    save(manager, replies__price_shopper="A visit is $150.\nBook online.")
    assert len(console.rows(SettingVersion)) == 1
    save(manager, replies__price_shopper="A visit is $150. Book online.")
    assert len(console.rows(SettingVersion)) == 2


def test_automatic_replies_are_turned_off_and_on_again(console: Console, manager: Browser) -> None:
    page = look(manager)
    assert '<option value="on" selected>On</option>' in page.text

    save(manager, auto_reply="off")
    console.text(PRICES)
    console.work()
    assert console.rows(Delivery) == []
    assert effective(console).auto_reply == "off"
    assert "Automatic replies before On after Off" in text_of(manager.get(f"{ADDRESS}/history"))

    save(manager, auto_reply="on")
    assert "For example: A first visit is $120" in ask(console, from_=OTHER_PATIENT)


def test_a_choice_that_the_page_does_not_offer_is_refused(console: Console, manager: Browser) -> None:
    answer = save(manager, auto_reply="sometimes")

    assert answer.status_code == 422
    assert "Automatic replies: Input should be 'on' or 'off'" in html.unescape(answer.text)
    assert console.rows(SettingVersion) == []


def test_federal_holidays_are_worked_on_when_the_practice_says_so(console: Console, manager: Browser) -> None:
    worked: dict[str, Any] = {"days": ["1"], "days.1.first": "2026-11-11", "days.1.what": "usual"}
    save(manager, observe_federal_holidays="yes", observe_holiday_eves="no", **worked)
    thanksgiving, eve, veterans_day = (datetime(2026, 11, day, 18, tzinfo=UTC) for day in (26, 25, 11))

    assert [effective(console).is_open(moment) for moment in (thanksgiving, eve, veterans_day)] == [False, True, True]


def test_a_form_without_a_change_writes_no_version(console: Console, manager: Browser) -> None:
    page = look(manager)
    form = {key: field(page, key) for key in ("hours.mon", "links.scheduling", "review_sample", "replies.complaint")}
    answer = manager.post(ADDRESS, data={"version": token(page), **form, "teams.billing.include_text": "off"})

    assert answer.status_code == 303
    assert "Nothing changed." in look(manager).text
    assert console.rows(SettingVersion) == []


def test_views_and_changes_are_in_the_audit_trail_without_the_values(console: Console, manager: Browser) -> None:
    look(manager)
    save(manager, links__pay="https://maple.example/pay")
    undo(manager, 1)

    about = [entry for entry in console.rows(AuditEntry) if entry.subject == "settings:demo"]
    assert [entry.action for entry in about if entry.action != "settings_viewed"] == [
        "settings_changed",
        "settings_undone",
    ]
    assert "settings_viewed" in [entry.action for entry in about]
    assert about[-1].detail == {"version": 2, "keys": ["links.pay"], "undoes": 1}
    assert "maple.example/pay" not in str([entry.detail for entry in about])


# ---- what is refused


TWO_IN_ONE = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/,json://127.0.0.1:9/"
OTHER_SERVER = "mailtos://user:pass@maple.example?smtp=127.0.0.1:25"
LABELS = {
    "links.pay": "Pay a bill",
    "review_threshold": "All messages",
    "thresholds.complaint": "Complaint",
    "review_sample": "Share of confident messages to review",
    "teams.billing.notify": "Addresses",
    "replies.complaint": "Complaint",
    "replies.urgent_self_harm_es": "Emergency (self-harm), in Spanish",
}


@pytest.mark.parametrize(
    ("key", "typed", "line"),
    [
        ("links.pay", "maple.example/pay", 'links = { pay = "maple.example/pay" }'),
        ("review_threshold", "1.5", "review_threshold = 1.5"),
        ("review_threshold", "often", 'review_threshold = "often"'),
        ("thresholds.complaint", "-1", "thresholds = { complaint = -1 }"),
        ("review_sample", "nan", "review_sample = nan"),
        ("teams.billing.notify", "slack://x", 'teams = { billing = { notify = ["slack://x"] } }'),
        ("teams.billing.notify", TWO_IN_ONE, f'teams = {{ billing = {{ notify = ["{TWO_IN_ONE}"] }} }}'),
        ("teams.billing.notify", OTHER_SERVER, f'teams = {{ billing = {{ notify = ["{OTHER_SERVER}"] }} }}'),
        ("replies.urgent_self_harm_es", "Llame al 911.", 'replies = { urgent_self_harm_es = "Llame al 911." }'),
        ("replies.complaint", "x" * 1601, f'replies = {{ complaint = "{"x" * 1601}" }}'),
    ],
)
def test_the_page_refuses_what_a_check_of_the_file_refuses_with_the_same_reason_by_the_name_of_the_field(
    console: Console, manager: Browser, tmp_path: Path, key: str, typed: str, line: str
) -> None:
    answer = manager.post(ADDRESS, data={"version": token(manager.get(ADDRESS)), key: typed})

    assert answer.status_code == 422
    label, reason = problem_at(answer, key)
    assert label.partition(", entry ")[0] == LABELS[key]
    assert f"{key}{in_brackets(label)}: {reason}" in said_by_a_check(tmp_path, line)
    assert field(answer, key) == typed
    assert console.rows(SettingVersion) == []


def problem_at(page: requests.Response, key: str) -> tuple[str, str]:
    """A refused field's label, and the reason."""
    found = re.search(rf'<p class="problem" id="s-{re.sub("[^a-z0-9]", "-", key)}-problem">([^<]+)</p>', page.text)
    assert found, key
    label, _, reason = html.unescape(found[1]).partition(": ")
    return label, reason


def in_brackets(label: str) -> str:
    """The list position at the end of a label, as the practices file writes it."""
    _, entry, number = label.partition(", entry ")
    return f"[{number}]" if entry else ""


def said_by_a_check(folder: Path, line: str) -> str:
    """What `intake practice check` says about a file with this line."""
    file = folder / "wrong.toml"
    file.write_text(
        '[[practice]]\nslug = "demo"\nname = "Maple Street"\nphone = "+12025550100"\nphone_numbers = ["+15005550006"]\n'
        f'time_zone = "America/New_York"\n{line}\n'
    )
    return intake("practice", "check", str(file), folder=folder).error


def test_words_that_come_to_nothing_at_some_hour_are_refused(console: Console) -> None:
    browser = console.sign_in(Role.MANAGER, practices=["other"])  # which never opens
    answer = save(browser, "/staff/settings/other", replies__help="{% if is_open %}Hello{% endif %}")

    assert answer.status_code == 422
    assert "Help: is empty; it needs text at every hour" in answer.text


def test_words_may_neither_compute_nor_name_what_is_kept_back(console: Console, manager: Browser) -> None:
    for words in (
        "{% for one in range(99999) %}x{% endfor %}",
        "{{ 'x' * 1000000000 }}",
        "{{ practice.teams }}",
        "{{ practice.__class__ }}",
        "{{ phone.upper() }}",
        "{{ self }}",
        "{% include 'urgent.txt' %}",
        "{{ practice.name|replace('a', 'b') }}",
    ):
        assert save(manager, replies__complaint=words).status_code == 422, words
        preview = manager.post(f"{ADDRESS}/preview", data={"reply": "complaint", "text": words})
        assert 'class="problem"' in preview.text, words
        assert "bubble" not in preview.text, words
    assert console.rows(SettingVersion) == []


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("hours.mon", "9-11", "Monday, entry 1: “9-11” could be morning or evening. Add AM or PM"),
        ("hours.tue", "08:00-12:00, 17:00-13:00", "Tuesday, entry 2: “17:00-13:00” ends before it begins."),
        ("hours.wed", "mornings", "Wednesday, entry 1: “mornings” is not clear. Write it as 8:00 AM - 5:00 PM"),
        ("phone", "202.555.0100 ext 3", "leave out the extension"),
        ("phone", "(202) 555-0100 x3", "leave out the extension"),
        ("teams.billing.quiet_hours", "20:00", "Quiet hours: “20:00” is not clear."),
        ("teams.billing.digest_at", "8", "Digest times, entry 1: “8” is not clear. Write a time such as 8:00 AM"),
        ("teams.billing.notify", "sms:12", "write a phone number with its area code"),
        ("teams.billing.notify", "555-0188", "write a phone number with its area code"),
        ("teams.billing.notify", "hello@maple.example", "this is the practice’s own address"),
        ("replies.complaint", "{% if is_open %}Hello", "what stands in { } in line 1 is not complete."),
        ("replies.complaint", "Call {{ phone number }}", "Leave it out, and use the buttons"),
    ],
)
def test_what_is_unclear_is_refused_in_plain_words_with_a_link_to_the_field(
    console: Console, manager: Browser, key: str, typed: str, said: str
) -> None:
    answer = save(manager, **{key.replace(".", "__"): typed})

    assert answer.status_code == 422
    label, reason = problem_at(answer, key)
    assert said in f"{label}: {reason}"
    assert field(answer, key) == typed
    place = f"s-{re.sub('[^a-z0-9]', '-', key)}"
    assert f'<a href="#{place}">' in answer.text
    assert re.search(rf'<(input|textarea)[^>]* id="{place}"[^>]* autofocus', answer.text), "the first has the focus"
    assert console.rows(SettingVersion) == []


def test_times_and_addresses_are_taken_as_people_write_them(console: Console, manager: Browser) -> None:
    typed = {"hours__mon": "8am-5pm", "hours__tue": "8-12, 1pm-5pm"}
    save(manager, **typed, teams__billing__notify="(202) 555-0188\nDesk@Other.example")

    after = effective(console)
    assert after.hours[Weekday.MON] == ["08:00-17:00"]
    assert after.hours[Weekday.TUE] == ["08:00-12:00", "13:00-17:00"]
    assert after.teams["billing"].notify == ["sms:+12025550188", "mailto:desk@other.example"]
    page = look(manager)
    assert field(page, "hours.tue") == "8:00 AM - 12:00 PM, 1:00 PM - 5:00 PM"


def test_each_page_has_one_form_so_that_no_edit_is_lost(console: Console, manager: Browser) -> None:
    page = look(manager)
    form = parse_form(page)
    assert len(re.findall(rf'<form method="post" action="{ADDRESS}[^"]*" class="whole"', page.text)) == len(SettingPage)

    assert manager.post(ADDRESS, data=form).status_code == 303
    assert console.rows(SettingVersion) == [], "what nobody edited is no change"
    edited = form | {"links.pay": "https://maple.example/pay", "hours.sun": "", "replies.complaint": "We are sorry."}
    manager.post(ADDRESS, data=edited)
    assert set(changes_of(console.rows(SettingVersion)[-1])) == {"links.pay", "hours.sun", "replies.complaint"}


def parse_form(page: requests.Response) -> dict[str, str]:
    """What a browser sends of the pages' forms if nothing is edited."""
    form = "".join(
        re.findall(rf'<form method="post" action="{ADDRESS}[^"]*" class="whole".*?</form>', page.text, re.DOTALL)
    )
    inputs = re.findall(r'<input id="[^"]+" name="([^"]+)" value="([^"]*)"', form)
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    boxes = re.findall(r'<input type="checkbox" id="[^"]+" name="([^"]+)" value="(yes)" checked', form)
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', form)
    chosen = re.findall(r'<select[^>]* name="([^"]+)".*?value="([^"]*)" selected', form, re.DOTALL)
    return {name: html.unescape(value) for name, value in [*inputs, *hidden, *areas, *chosen, *boxes]}


def test_two_step_sign_in_is_required_only_by_someone_who_has_it(console: Console, manager: Browser) -> None:
    assert "see only their own account page" in html.unescape(look(manager).text)
    answer = save(manager, access__require_second_factor="yes")

    assert answer.status_code == 422
    assert "set up two-step sign-in for yourself first" in html.unescape(answer.text)
    assert not effective(console).access.require_second_factor
    assert look(manager).status_code == 200


@pytest.mark.parametrize("address", ["json://169.254.169.254/", "syslog://", "ntfy://10.0.0.1/topic"])
def test_an_address_that_names_a_server_of_anybodys_choice_is_for_the_file(
    console: Console, manager: Browser, address: str
) -> None:
    answer = save(manager, teams__billing__notify=address)

    assert answer.status_code == 422
    assert "Addresses: this service can be set in the practices file only." in answer.text
    assert console.rows(SettingVersion) == []


@pytest.mark.parametrize("host", ["127.0.0.1:2525", "localhost", "10.0.0.5", "[::1]:25"])
def test_a_manager_cannot_send_mail_to_a_host_inside_the_network(console: Console, manager: Browser, host: str) -> None:
    answer = save(manager, teams__billing__notify=f"mailto://{host}?from=a@maple.example&to=b@maple.example")

    assert answer.status_code == 422
    assert "inside the network" in answer.text
    assert console.rows(SettingVersion) == []


def test_one_wrong_value_keeps_all_of_a_form_from_being_stored(console: Console, manager: Browser) -> None:
    typed = {"links__pay": "https://maple.example/pay", "links__prices": "prices", "replies__complaint": WORDS}
    answer = save(manager, **typed, hours__mon="9-11")

    assert answer.status_code == 422
    assert re.findall(r'<li><a href="#(s-[^"]+)">', answer.text) == ["s-hours-mon", "s-links-prices"], "all at once"
    assert len(re.findall(" data-unsaved", answer.text)) == 1, "so that the page's script sends the wording again"
    assert (field(answer, "links.pay"), field(answer, "links.prices")) == ("https://maple.example/pay", "prices")
    assert console.rows(SettingVersion) == []
    assert effective(console).links.pay is None


# ---- two at once


def test_of_two_who_edit_the_second_is_shown_what_the_first_changed(console: Console, manager: Browser) -> None:
    otto = console.sign_in(Role.MANAGER, name="Otto Other")
    opened, form = token(otto.get(ADDRESS)), {"links__pay": "", "links__prices": "https://maple.example/prices"}
    save(manager, links__pay="https://maple.example/pay")
    refused = save(otto, version=opened, **form)

    assert refused.status_code == 409
    said = text_of(refused)
    assert "Version 1, by Mira Manager" in said
    assert "Link: Pay a bill before no link after https://maple.example/pay" in said
    assert (field(refused, "links.pay"), field(refused, "links.prices")) == (
        "https://maple.example/pay",
        "https://maple.example/prices",
    )
    again = {"links__pay": field(refused, "links.pay"), "links__prices": field(refused, "links.prices")}
    assert save(otto, version=token(refused), **again).status_code == 303
    links = effective(console).links
    assert (links.pay, links.prices) == ("https://maple.example/pay", "https://maple.example/prices")


def test_of_saves_at_the_same_moment_one_is_stored(console: Console) -> None:
    browsers = [console.sign_in(Role.MANAGER) for _ in range(4)]
    opened = token(browsers[0].get(ADDRESS))
    for browser in browsers:
        browser.token()
    links = [f"https://maple.example/{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda browser, link: save(browser, version=opened, links__pay=link), browsers, links))

    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
    assert [version.version for version in console.rows(SettingVersion)] == [1]


# ---- history


def test_the_history_says_who_changed_what(manager: Browser) -> None:
    assert "No changes yet: every setting comes from the practices file." in manager.get(f"{ADDRESS}/history").text
    save(manager, links__scheduling="https://maple.example/visits", hours__sun="")

    said = text_of(manager.get(f"{ADDRESS}/history"))
    assert "Version 1 Mira Manager, " in said
    assert "Hours: Sunday before 12:00 AM - 11:59 PM after closed" in said
    assert "before https://maple.example/book after https://maple.example/visits" in said


def test_undoing_a_version_puts_back_what_it_changed_as_a_new_version(console: Console, manager: Browser) -> None:
    save(manager, replies__price_shopper=WORDS)
    save(manager, links__pay="https://maple.example/pay")
    assert undo(manager, 1).status_code == 303

    assert effective(console).replies == {}
    assert effective(console).links.pay == "https://maple.example/pay"
    assert "Version 3, undoes version 1" in manager.get(f"{ADDRESS}/history").text
    assert ask(console).startswith("Maple Street: Thank you for asking about prices.")


def test_an_undoing_can_be_undone(console: Console, manager: Browser) -> None:
    save(manager, replies__price_shopper=WORDS)
    undo(manager, 1)
    undo(manager, 2)

    assert effective(console).replies == {"price_shopper": WORDS}


def test_what_is_undone_already_is_not_undone_again(console: Console, manager: Browser) -> None:
    save(manager, links__pay="https://maple.example/pay")
    undo(manager, 1)

    assert undo(manager, 1).status_code == 303
    assert len(console.rows(SettingVersion)) == 2


def test_an_undoing_from_a_page_that_is_out_of_date_is_refused(console: Console, manager: Browser) -> None:
    save(manager, links__pay="https://maple.example/pay")
    opened = token(manager.get(f"{ADDRESS}/history"))
    save(manager, links__pay="https://maple.example/bills")
    answer = manager.post(f"{ADDRESS}/undo", data={"version": opened, "undoes": "1"})

    assert answer.status_code == 409
    assert "someone changed the settings after you opened this page" in answer.text
    assert effective(console).links.pay == "https://maple.example/bills"


def test_a_version_that_there_is_not_cannot_be_undone(console: Console, manager: Browser) -> None:
    save(manager, links__pay="https://maple.example/pay")
    opened = token(manager.get(f"{ADDRESS}/history"))

    for undone in ("", "0", "2", "999999999", "9" * 40, "x", "-1"):
        answer = manager.post(f"{ADDRESS}/undo", data={"version": opened, "undoes": undone})
        assert answer.status_code == 400, undone
        assert len(console.rows(SettingVersion)) == 1, undone


def test_an_undoing_that_does_not_fit_any_more_is_refused(console: Console, manager: Browser) -> None:
    save(manager, links__pay="https://maple.example/pay")
    save(manager, replies__help="{% if links.pay %}Pay at {{ links.pay }}{% endif %}")
    answer = undo(manager, 1)

    assert answer.status_code == 422
    assert "Not done. Reply: Help: is empty; it needs text at every hour" in answer.text
    assert effective(console).links.pay == "https://maple.example/pay"


def test_a_long_history_comes_in_pages(console: Console, manager: Browser) -> None:
    for number in range(21):
        save(manager, links__pay=f"https://maple.example/{number}")

    newest = manager.get(f"{ADDRESS}/history").text
    assert f"{ADDRESS}/history?before=2" in newest
    assert 'id="version-1"' in manager.get(f"{ADDRESS}/history?before=2").text
    assert 'id="version-1"' not in newest


# ---- the practices file is edited later


@pytest.fixture
def restart(settings: Settings, console_of: Callable[[Settings], Console]) -> Callable[[str, str], Console]:
    """Restarts the service with a practices file in which one text is replaced."""

    def with_file(old: str, new: str) -> Console:
        assert old in PRACTICES_TOML
        settings.practices_file.write_text(PRACTICES_TOML.replace(old, new, 1))
        return console_of(settings)

    return with_file


BOOK, VISITS, CALENDAR = (f"https://maple.example/{name}" for name in ("book", "visits", "calendar"))


@pytest.fixture
def disputed(manager: Browser, restart: Callable[[str, str], Console]) -> Console:
    """A link was changed on the page, and then changed differently in the file."""
    save(manager, links__scheduling=VISITS)
    return restart(BOOK, CALENDAR)


def test_a_conflict_with_the_file_is_named_and_the_pages_value_holds(disputed: Console) -> None:
    said = text_of(look(disputed.sign_in(Role.MANAGER)))

    assert f"Link: Book a visit links.scheduling practices file {CALENDAR} this page {VISITS}" in said
    assert VISITS in ask(disputed)


@pytest.mark.parametrize(("choice", "link"), [("file", CALENDAR), ("page", VISITS)])
def test_either_can_be_kept(disputed: Console, choice: str, link: str) -> None:
    browser = disputed.sign_in(Role.MANAGER)
    form = {"version": token(browser.get(ADDRESS)), "key": "links.scheduling", "keep": choice}
    assert browser.post(f"{ADDRESS}/keep", data=form).status_code == 303

    assert "The practices file has changed" not in look(browser).text
    assert effective(disputed).links.scheduling == link
    undo(browser, 2)
    assert "The practices file has changed" in look(browser).text


def test_undoing_leads_to_what_the_file_says_now_and_says_so(disputed: Console) -> None:
    browser = disputed.sign_in(Role.MANAGER)
    assert f"undo restores {CALENDAR}" in text_of(browser.get(f"{ADDRESS}/history"))
    undo(browser, 1)

    assert effective(disputed).links.scheduling == CALENDAR


def test_a_file_that_says_the_same_now_is_no_conflict(manager: Browser, restart: Callable[[str, str], Console]) -> None:
    save(manager, links__scheduling=VISITS)
    page = look(restart(BOOK, VISITS).sign_in(Role.MANAGER))

    assert "The practices file has changed" not in page.text


def test_other_lines_of_the_file_hold_beside_what_was_changed(
    manager: Browser, restart: Callable[[str, str], Console]
) -> None:
    save(manager, links__scheduling=VISITS)
    console = restart("A first visit is $120 to $180", "A first visit is $90")

    assert f"A first visit is $90 without insurance. Book online: {VISITS}" in ask(console)


def test_a_page_from_before_the_file_was_edited_saves_nothing(
    manager: Browser, restart: Callable[[str, str], Console]
) -> None:
    opened = token(manager.get(ADDRESS))
    console = restart(BOOK, CALENDAR)
    answer = save(console.sign_in(Role.MANAGER), version=opened, links__pay=VISITS)

    assert answer.status_code == 409
    assert "the practices file changed after you opened this page" in answer.text
    assert field(answer, "links.pay") == VISITS
    assert console.rows(SettingVersion) == []


def test_what_does_not_fit_the_file_any_more_gives_way_and_is_named(
    manager: Browser, restart: Callable[[str, str], Console]
) -> None:
    save(manager, teams__billing__notify="sms:+12025550113")
    console = restart('phone_numbers = ["+15005550006"]\n', "")

    page = text_of(look(console.sign_in(Role.MANAGER)))
    assert "Not in use" in page
    assert "staff can be texted from one of phone_numbers or messaging_service_sid only" in page
    assert effective(console).teams == {}


def test_numbers_and_email_addresses_of_a_team_are_shown_as_people_write_them(manager: Browser) -> None:
    save(manager, teams__manager__notify="(202) 555-0113\nboss@maple.example")

    said = text_of(manager.get(f"{ADDRESS}/history"))
    assert "Manager team: addresses before none after (202) 555-0113, boss@maple.example" in said
    kept = text_of(look(manager))
    assert "(202) 555-0113" in kept
    assert [code for code in ("sms:+12025550113", "mailto:boss") if code in said + kept] == []


# ---- the preview


def test_the_preview_is_what_the_patient_gets(console: Console, manager: Browser) -> None:
    shown = manager.post(f"{ADDRESS}/preview", data={"reply": "price_shopper", "text": WORDS})
    assert console.rows(SettingVersion) == []
    save(manager, replies__price_shopper=WORDS)

    sent = ask(console)
    assert f'<p class="bubble">{html.escape(sent)}</p>' in shown.text
    assert "1 text," in text_of(shown)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("x" * 300, "3 texts long, 323 characters"),
        ("We’ll call", "1 text, 33 characters. With ’ in it, a text holds 70 characters instead of 160"),
        ("We’ll call " + "x" * 100, "2 texts long"),
        ("{{ links.nowhere }}", "Complaint: links.nowhere cannot be used here"),
        ("x" * 1601, "Complaint: should have at most 1600 characters"),
    ],
)
def test_the_preview_counts_segments_and_names_mistakes(manager: Browser, words: str, said: str) -> None:
    assert said in text_of(manager.post(f"{ADDRESS}/preview", data={"reply": "complaint", "text": words}))


def test_a_preview_of_no_reply_is_refused(manager: Browser) -> None:
    assert manager.post(f"{ADDRESS}/preview", data={"reply": "gossip", "text": "x"}).status_code == 400


def test_words_are_never_taken_for_markup(manager: Browser) -> None:
    shown = manager.post(f"{ADDRESS}/preview", data={"reply": "complaint", "text": "<script>alert(1)</script>"})

    assert "<script>" not in shown.text
    assert "&lt;script&gt;alert(1)" in shown.text


# ---- hours with time pickers


def pick(manager: Browser, day: str, *times: str, closed: bool = False) -> requests.Response:
    """Send a day's pickers as a browser without scripts does, with the other days as they are."""
    form: dict[str, object] = {f"hours.{day}": "", f"hours.{day}.opens": times[::2], f"hours.{day}.closes": times[1::2]}
    version = token(manager.get(ADDRESS))
    return manager.post(ADDRESS, data=form | {"version": version} | ({f"hours.{day}.closed": "yes"} if closed else {}))


def hours_of(console: Console, day: str) -> list[str]:
    return effective(console).hours.get(Weekday(day), [])


def test_a_days_hours_are_picked_and_the_page_has_them_again(console: Console, manager: Browser) -> None:
    assert pick(manager, "mon", "08:00", "12:00", "13:00", "17:30").status_code == 303

    assert hours_of(console, "mon") == ["08:00-12:00", "13:00-17:30"]
    page = look(manager).text
    times = re.findall(r'<input type="time"[^>]* name="hours\.mon\.(?:opens|closes)" value="([^"]*)"', page)
    assert times == ["08:00", "12:00", "13:00", "17:30"]


def test_marking_an_open_day_closes_it_and_times_open_a_closed_day(console: Console, manager: Browser) -> None:
    assert pick(manager, "mon", "08:00", "12:00", "", "", closed=True).status_code == 303
    assert hours_of(console, "mon") == []

    assert pick(manager, "mon", "09:00", "12:00", "", "", closed=True).status_code == 303
    assert hours_of(console, "mon") == ["09:00-12:00"]

    assert pick(manager, "mon", "", "", "", "").status_code == 303
    assert hours_of(console, "mon") == []


def test_a_day_that_is_no_longer_marked_as_closed_needs_times(console: Console, manager: Browser) -> None:
    assert pick(manager, "sat", "", "", "", "", closed=True).status_code == 303

    answer = pick(manager, "sat", "", "", "", "")

    assert answer.status_code == 422
    assert "Saturday, entry 1: fill in when you open and close, or mark the day as closed" in answer.text
    [box] = re.findall(r'<input type="checkbox" name="hours\.sat\.closed"[^>]*>', answer.text)
    assert "checked" not in box


@pytest.mark.parametrize(
    ("times", "why"),
    [
        (("08:00", "", "", ""), "Monday, entry 1: “08:00-” has one time only. Fill in both, or neither"),
        (("13:00", "17:00", "12:00", "09:00"), "Monday, entry 2: “12:00-09:00” ends before it begins."),
    ],
)
def test_times_that_are_no_hours_are_refused_in_the_forms_words_and_stay_in_it(
    console: Console, manager: Browser, times: tuple[str, ...], why: str
) -> None:
    answer = pick(manager, "mon", *times)

    assert answer.status_code == 422
    assert why in html.unescape(answer.text)
    assert re.findall(r'name="hours\.mon\.(?:opens|closes)" value="([^"]*)"', answer.text) == list(times)
