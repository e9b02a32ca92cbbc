"""Someone who does not program changes a reply: its values and conditions are in words."""

from __future__ import annotations

import html
import re

import pytest

from inbox.models import Role, SettingVersion
from inbox.practices.setting_versions import changes_of
from templates.plain_words import CONDITIONS, VALUES
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.settings.test_page import (
    ADDRESS,
    PRICES,
    ask,
    effective,
    field,
    look,
    parse_form,
    problem_at,
    save,
    text_of,
)

LOOP = "{% for team in practice.teams %}{{ team }}{% endfor %}{{ practice.name }}: Hello [see below]."


@pytest.fixture
def manager(console: Console) -> Browser:
    """The browser of a manager of the demo practice."""
    return console.sign_in(Role.MANAGER, name="Mira Manager")


def test_a_reply_is_shown_in_words_and_saved_as_a_template(console: Console, manager: Browser) -> None:
    shown = field(look(manager), "replies.price_shopper")
    assert "{" not in shown
    assert "[if there are prices]For example: [our prices] [end if]" in shown

    save(manager, replies__price_shopper="[practice name]: [our prices] Call [Our phone number].")
    assert effective(console).replies["price_shopper"] == (
        "{{ practice.name }}: {{ practice.price_range }} Call {{ phone }}."
    )
    assert "Maple Street: A first visit is $120 to $180 without insurance. Call (202) 555-0100." in ask(console, PRICES)
    said = text_of(manager.get(f"{ADDRESS}/history"))
    assert "after [practice name]: [our prices] Call [Our phone number].".lower() in said.lower()


def test_a_reply_is_edited_in_both_languages_beside_each_other(console: Console, manager: Browser) -> None:
    page = look(manager)
    [form] = re.findall(r'<details class="folded" id="replies-complaint".*?</details>', page.text, re.DOTALL)

    assert re.findall(r'<textarea id="([\w-]+)"', form) == ["s-replies-complaint", "s-replies-complaint-es"]
    said = " ".join(re.sub(r"<[^>]+>", " ", html.unescape(form)).split())
    assert "We are sorry to hear this, and thank you" in said
    assert "Lamentamos mucho lo ocurrido" in said
    assert 'id="replies-complaint_es"' in form, "links to the Spanish reply still lead there"
    assert form.count("<button>Save") == 1

    both = {"replies__complaint": "We are sorry.", "replies__complaint_es": "Lo sentimos mucho."}
    assert save(manager, **both).status_code == 303
    assert effective(console).replies == {"complaint": "We are sorry.", "complaint_es": "Lo sentimos mucho."}
    assert "Back to the original in Spanish for Complaint" in text_of(look(manager))


def test_an_answer_in_spanish_is_previewed_with_a_spanish_answer(manager: Browser) -> None:
    typed = field(look(manager), "replies.common_question_es")
    shown = text_of(manager.post(f"{ADDRESS}/preview", data={"reply": "common_question_es", "text": typed}))

    assert "Abrimos de lunes a viernes" in shown


def test_every_word_and_condition_is_listed_and_has_a_button(manager: Browser) -> None:
    page = html.unescape(look(manager).text)

    for words in VALUES:
        assert f"<dt><code>[{words}]</code></dt>" in page
        assert f'data-insert="[{words}]"' in page
    for words in CONDITIONS:
        assert f"<code>[if {words}]</code>" in page
        assert f'data-condition="{words}"' in page


def test_without_scripts_a_button_shows_the_reply_and_saves_nothing(console: Console, manager: Browser) -> None:
    answer = save(manager, replies__complaint="We are sorry, [practice name].", preview="replies.complaint")

    assert answer.status_code == 200
    assert "We are sorry, Maple Street." in text_of(answer)
    assert re.search(r'<details class="folded" id="replies-complaint" open>', answer.text)
    assert field(answer, "replies.complaint") == "We are sorry, [practice name]."
    assert console.rows(SettingVersion) == []


def test_the_practices_hours_can_be_in_a_reply(console: Console, manager: Browser) -> None:
    save(manager, replies__price_shopper="We are open: [our hours].")

    assert ask(console).startswith("We are open: Monday to Sunday 12:00 AM to 11:59 PM.")


def test_a_template_that_has_no_words_is_shown_as_it_is_and_never_changes_unless_someone_edits_it(
    start_console: StartConsole,
) -> None:
    console = start_console(f'replies = {{ complaint = "{LOOP}" }}')
    browser = console.sign_in(Role.MANAGER)
    page = look(browser)

    assert field(page, "replies.complaint") == LOOP.replace("{{ practice.name }}", "[practice name]")
    assert text_of(page).count("What stands in { } comes from the practices file, and has no words here.") == 1
    browser.post(ADDRESS, data=parse_form(page) | {"links.pay": "https://maple.example/pay"})
    assert set(changes_of(console.rows(SettingVersion)[-1])) == {"links.pay"}
    assert effective(console).replies["complaint"] == LOOP
    edited = save(browser, replies__complaint=field(page, "replies.complaint").replace("Hello", "Good day"))
    assert edited.status_code == 422, "anything more belongs in the practices file"
    assert effective(console).replies["complaint"] == LOOP


def test_conditions_stay_when_the_words_between_them_change(console: Console, manager: Browser) -> None:
    shown = field(look(manager), "replies.complaint")
    save(manager, replies__complaint=shown.replace("We are sorry to hear this", "We apologize"))

    stored = effective(console).replies["complaint"]
    assert stored.count("{% if") == stored.count("{% endif %}") == 2
    assert "{% elif next_opening %}after we open {{ next_opening }}." in stored


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Sorry, {name}. Denise will call you.", "{name} is not a word we know; did you mean [practice name]?"),
        ("We will call you at [phone].", "[phone] is not a word we know; did you mean [our phone number]?"),
        ("We are {{ practice.name|upper }}.", "a part in { } can be used in the practices file only. Leave it out"),
        ("We are {{ practice.name", "what stands in { } in line 1 is not complete. Leave it out"),
        ("[if we are open]Hello", "after [if we are open], write [end if]"),
        ("Pay at [payment link].", "Write [if there is a payment link] before the sentence that has [payment link]"),
        ("We answer [answer].", "[answer] is for the reply “Answer to a common question” only: leave it out"),
    ],
)
def test_a_mistake_is_said_once_next_to_its_field_in_plain_words(
    console: Console, manager: Browser, typed: str, said: str
) -> None:
    shown = text_of(manager.post(f"{ADDRESS}/preview", data={"reply": "complaint", "text": typed}))
    answer = save(manager, replies__complaint=typed)

    assert said in shown
    assert answer.status_code == 422
    assert html.unescape(answer.text).count(said) == 1
    assert said in problem_at(answer, "replies.complaint")[1]
    assert '<a href="#s-replies-complaint">Reply: Complaint</a>' in answer.text
    assert field(answer, "replies.complaint") == typed
    assert console.rows(SettingVersion) == []


def test_a_value_that_is_missing_only_while_closed_needs_other_words_then(console: Console) -> None:
    browser = console.sign_in(Role.MANAGER, practices=["other"])  # which never opens
    answer = save(browser, "/staff/settings/other", replies__help="We open [when we open next].")

    assert answer.status_code == 422
    assert "[if we know when we open next]" in html.unescape(answer.text)
    guarded = "Hello.[if we know when we open next] We open [when we open next].[end if]"
    assert save(browser, "/staff/settings/other", replies__help=guarded).status_code == 303


def test_a_greeting_is_written_in_the_same_words(console: Console, manager: Browser) -> None:
    assert field(look(manager), "voice.greeting_open").startswith("You have reached [practice name].")
    save(manager, voice__greeting_open="This is [practice name].", chat__strings__en__title="Chat with [practice name]")

    assert "This is Maple Street." in console.call().heard
    assert effective(console).chat.strings == {"en": {"title": "Chat with {name}"}}
    assert field(look(manager), "chat.strings.en.title") == "Chat with [practice name]"
    refused = save(manager, voice__greeting_open="[if we can reach the patient]Hi[otherwise]Ho[end if]")
    assert "callers have sent none: leave it out" in problem_at(refused, "voice.greeting_open")[1]


def test_the_original_comes_back_with_a_button(console: Console, manager: Browser) -> None:
    save(manager, replies__complaint="We are sorry.")
    page = look(manager)
    assert "Back to the original in English for Complaint" in text_of(page)
    save(manager, replies__complaint="whatever is typed", standard="replies.complaint")

    assert effective(console).replies == {}
