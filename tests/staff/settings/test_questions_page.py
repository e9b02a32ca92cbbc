"""Managers write the answers to common questions, and see which were asked without one."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sqlalchemy import select

from inbox.models import AskedOutcome, AskedQuestion, AuditEntry, CommonQuestion, Delivery, Message, Role
from inbox.practices.common_questions import read_questions
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words

ADDRESS = "/staff/settings/demo/questions"
ANSWER = "We are open Monday to Thursday from 7 to 6."
OWN = {"key": "", "before": "", "title": "Contacts", "answer": "At the desk.", "phrasings": "a one\nb two\nc three"}


@pytest.fixture
def manager(console: Console) -> Browser:
    return console.sign_in(Role.MANAGER)


def phrasings_of(console: Console, key: str = "hours") -> str:
    with console.database.read() as session:
        return "\n".join(next(found.phrasings for found in read_questions(session, "demo") if found.key == key))


def version_of(console: Console, key: str = "hours") -> str:
    with console.database.read() as session:
        return next(found.version for found in read_questions(session, "demo") if found.key == key)


def save_hours(console: Console, manager: Browser, answer: str = ANSWER, before: str = "") -> requests.Response:
    form = {"key": "hours", "before": before, "answer": answer, "phrasings": phrasings_of(console)}
    return manager.post(ADDRESS, data=form)


def test_the_starter_set_is_there_without_answers(manager: Browser) -> None:
    page = manager.get(ADDRESS)

    assert "Answered: 0 of 30." in page.text
    assert "Patient portal" in page.text


def test_a_saved_answer_is_what_patients_get(console: Console, manager: Browser) -> None:
    assert save_hours(console, manager).status_code == 303

    console.text("What are your hours?")
    console.work()

    assert any(ANSWER in body for body in (row.body for row in console.rows(Delivery)))
    assert "Answered: 1 of 30." in manager.get(ADDRESS).text
    assert "Dana Reyes saved “Opening hours”" in manager.get("/staff/settings/demo/history").text


def test_an_answer_that_disagrees_with_the_hours_of_settings_is_saved_with_a_warning(
    console: Console, manager: Browser
) -> None:
    form = {"key": "hours", "before": "", "phrasings": "a one\nb two\nc three"}
    manager.post(ADDRESS, data=form | {"answer": "Monday to Friday, 8 to 5"})

    warning = "Settings has you open on Saturday and Sunday, but the answer does not say so."
    assert warning in manager.get(ADDRESS).text

    manager.post(ADDRESS, data=form | {"before": version_of(console), "use": "hours"})

    page = html.unescape(manager.get(ADDRESS).text)
    assert "Our hours: [our hours]." in page
    assert "{{" not in page
    assert warning not in page


def test_hours_that_disagree_with_the_answer_are_saved_with_a_warning(console: Console, manager: Browser) -> None:
    save_hours(console, manager, "We are open every day.")
    page = manager.get("/staff/settings/demo").text
    version = re.search(r'name="version" value="([^"]*)"', page)
    assert version

    shown = {"hours.sun": "12:00 AM - 11:59 PM", "hours.sun.opens": "00:00", "hours.sun.closes": "23:59"}
    manager.post("/staff/settings/demo", data=shown | {"version": version[1], "hours.sun.closed": "yes"})

    assert "Settings has you closed on Sunday, but the answer says that you are open." in html.unescape(
        manager.get("/staff/settings/demo").text
    )


def test_an_answer_that_someone_changed_meanwhile_is_not_overwritten(console: Console, manager: Browser) -> None:
    save_hours(console, manager)

    refused = save_hours(console, manager, "Other words")

    assert refused.status_code == 422
    assert "Other words" in refused.text
    assert console.rows(CommonQuestion)[0].answer == ANSWER


def test_of_answers_that_are_saved_at_the_same_moment_one_is_stored(console: Console) -> None:
    browsers = [console.sign_in(Role.MANAGER) for _ in range(4)]
    phrasings = phrasings_of(console)
    for browser in browsers:
        browser.token()

    def save(browser: Browser) -> int:
        form = {"key": "hours", "before": "", "answer": f"{ANSWER} {browsers.index(browser)}", "phrasings": phrasings}
        return browser.post(ADDRESS, data=form).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(save, browsers)) == [303, 422, 422, 422]
    assert len(console.rows(CommonQuestion)) == 1


def test_whoever_saves_what_a_colleague_has_changed_meanwhile_is_told_whichever_words_changed(
    console: Console, manager: Browser
) -> None:
    save_hours(console, manager)
    seen = version_of(console)
    form = {"key": "hours", "before": seen, "answer": ANSWER, "phrasings": phrasings_of(console)}
    assert manager.post(ADDRESS, data=form | {"answer_es": "De 7 a 6."}).status_code == 303

    assert manager.post(ADDRESS, data=form).status_code == 422
    assert console.rows(CommonQuestion)[0].answer_es == "De 7 a 6."


def test_an_answer_of_several_lines_is_changed_as_browsers_send_it(console: Console, manager: Browser) -> None:
    save_hours(console, manager, "Monday: 8 to 5\r\nFriday: 8 to 1")

    assert save_hours(console, manager, "Closed.", before=version_of(console)).status_code == 303
    assert console.rows(CommonQuestion)[0].answer == "Closed."


def test_a_spanish_answer_stands_beside_the_english_one_and_never_alone(console: Console, manager: Browser) -> None:
    form = {"key": "hours", "before": "", "answer": "", "answer_es": "De 7 a 6.", "phrasings": phrasings_of(console)}
    refused = manager.post(ADDRESS, data=form)
    assert (refused.status_code, "Write the answer in English, too" in refused.text) == (422, True)

    assert manager.post(ADDRESS, data=form | {"answer": ANSWER}).status_code == 303

    (row,) = console.rows(CommonQuestion)
    assert (row.answer, row.answer_es) == (ANSWER, "De 7 a 6.")
    assert ">De 7 a 6.</textarea>" in manager.get(ADDRESS).text


def test_the_hours_may_be_written_in_plain_words_and_nothing_else_stands_in_brackets(
    console: Console, manager: Browser
) -> None:
    own = OWN | {"answer_es": "Abrimos [Our hours]."}

    refused = manager.post(ADDRESS, data=own | {"answer": "We are open [our hours], off [street]."})
    assert refused.status_code == 422
    assert "Replace [street] with words" in refused.text

    assert manager.post(ADDRESS, data=own | {"answer": "We are open [our hours]."}).status_code == 303
    [saved] = console.rows(CommonQuestion)
    assert (saved.answer, saved.answer_es) == ("We are open {{ hours }}.", "Abrimos {{ hours }}.")


def test_a_question_of_ones_own_is_added_and_deleted(console: Console, manager: Browser) -> None:
    assert manager.post(ADDRESS, data=OWN).status_code == 303
    (row,) = console.rows(CommonQuestion)
    assert (row.title, row.phrasings) == ("Contacts", ["a one", "b two", "c three"])

    assert manager.post(f"{ADDRESS}/delete", data={"key": row.key}).status_code == 303
    assert console.rows(CommonQuestion) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"title": ""}, "Give the question a name"),
        ({"phrasings": "only one"}, "Write 3 to 60 ways"),
        ({"answer": "x" * 601}, "The limit is 600"),
    ],
)
def test_a_question_that_cannot_be_used_is_refused_with_the_reason(
    console: Console, manager: Browser, changes: dict[str, str], problem: str
) -> None:
    refused = manager.post(ADDRESS, data=OWN | changes)

    assert refused.status_code == 422
    assert problem in html.unescape(refused.text)
    assert console.rows(CommonQuestion) == []


def test_what_was_asked_without_an_answer_is_counted_without_the_patients_words(
    console: Console, manager: Browser
) -> None:
    save_hours(console, manager)
    console.text("Is there parking at your office?")
    console.work()
    (asked,) = console.rows(AskedQuestion)
    assert asked.key == "parking"

    page = manager.get(f"{ADDRESS}/asked")

    assert re.search(r"#q-parking\">Parking</a></th><td>1</td><td>0</td>", page.text)
    assert console.rows(Message)[0].text not in page.text


def test_each_that_was_asked_without_an_answer_leads_to_its_conversation_and_to_the_nearest_question(
    console: Console, manager: Browser
) -> None:
    save_hours(console, manager)
    console.text("Is there parking at your office?")
    console.work()
    with console.edit() as session:
        session.scalars(select(AskedQuestion)).one().outcome = AskedOutcome.UNCLEAR

    page = manager.get(f"{ADDRESS}/asked").text

    [entry] = re.findall(r"<li>(.*?)</li>", page[page.index('class="asked"') :])
    assert 'href="/staff/conversations/1"' in entry
    assert f'Not clear enough; nearest: <a href="{ADDRESS}#q-parking">Parking</a>' in entry


# ---- trying a question


def tried(browser: Browser, text: str) -> str:
    """What the page says of a sentence that is tried."""
    page = browser.post(f"{ADDRESS}/try", data={"tried": text})
    assert page.status_code == 200
    found = re.search(r'<div id="tried-result".*?</div>', page.text, re.DOTALL)
    assert found is not None
    return words(found[0])


def test_a_question_is_tried_before_a_patient_asks_it(console: Console, manager: Browser) -> None:
    hours, spanish = "What are your hours?", "¿A qué hora abren?"
    assert "No answer would be sent, as it is not written yet. It asks: Opening hours" in tried(manager, hours)
    save_hours(console, manager)

    assert "This answer would be sent. It asks: Opening hours" in tried(manager, hours)
    assert f"Maple Street: {ANSWER} Reply PERSON" in tried(manager, hours)
    assert f"{ANSWER} Responda PERSONA" in tried(manager, spanish)
    assert console.rows(Message) == []
    assert hours not in str([entry.detail for entry in console.rows(AuditEntry)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("The elephant sings in the cellar", "it comes near none of the questions", id="fits none"),
        pytest.param(
            "what is your cancellation policy, you charged me", "about a patient’s own case", id="not for a machine"
        ),
    ],
)
def test_where_no_answer_would_be_sent_the_nearest_question_is_named(
    console: Console, manager: Browser, text: str, said: str
) -> None:
    save_hours(console, manager)

    page = manager.post(f"{ADDRESS}/try", data={"tried": text}).text

    result = page[page.index('id="tried-result"') :]
    assert said in words(result)
    assert re.search(r'<a href="#q-[a-z_]+">[^<]+</a>', result)
    assert "Reply PERSON" not in result


@pytest.mark.parametrize("text", ["", " ", "how " * 61])
def test_what_is_no_question_is_not_tried(manager: Browser, text: str) -> None:
    page = manager.post(f"{ADDRESS}/try", data={"tried": text})

    assert (page.status_code, "Write a question of 1 to 240 characters" in page.text) == (422, True)


def test_views_and_changes_are_in_the_audit_trail_without_the_words(console: Console, manager: Browser) -> None:
    save_hours(console, manager)
    manager.get(f"{ADDRESS}/asked")

    entries = [entry for entry in console.rows(AuditEntry) if entry.action.startswith("question")]
    assert [entry.action for entry in entries] == ["question_saved", "questions_viewed"]
    assert ANSWER not in str([entry.detail for entry in entries])


@pytest.mark.parametrize("path", [ADDRESS, f"{ADDRESS}/asked"])
def test_it_is_for_managers_of_the_practice(console: Console, path: str) -> None:
    assert console.sign_in(Role.STAFF).get(path).status_code == 403
    assert console.sign_in(Role.MANAGER, ["other"]).get(path).status_code == 404
