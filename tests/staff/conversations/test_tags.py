"""Tags: staff add and remove them beside a conversation, and the inbox shows and filters by them."""

from __future__ import annotations

import re
from html import unescape

import pytest
import requests

from inbox.models import AuditEntry, ConversationTag
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words
from tests.staff.conversations.test_inbox import BILL, ONE, PRICES, TWO, row, rows, search, title

PAGE = "/staff/conversations/1"


@pytest.fixture
def dana(console: Console) -> Browser:
    console.text(PRICES, from_=ONE)
    console.text(BILL, from_=TWO)
    console.work()
    return console.sign_in(name="Dana Reyes")


def add(browser: Browser, tag: str, page: str = PAGE) -> requests.Response:
    return browser.post(f"{page}/tags", data={"tag": tag})


def beside(page: requests.Response) -> list[str]:
    [part] = re.findall(r'<ul class="tags".*?</ul>', page.text, re.DOTALL)
    return [unescape(word) for word in re.findall(r"<a [^>]*>(.*?)</a>", part)]


def address_of(page: requests.Response, tag: str) -> str:
    [found] = re.findall(rf'<a href="(/staff/\?[^"]*tag=[^"]*)">{tag}</a>', page.text)
    return unescape(found)


def test_a_tag_is_beside_the_conversation_in_its_row_and_suggested_elsewhere(dana: Browser) -> None:
    assert add(dana, "  prior   auth").status_code == 303

    assert beside(dana.get(PAGE)) == ["prior auth"]
    assert "prior auth" in row(dana.get("/staff/"), "(202) 555-0131")
    assert "prior auth" not in row(dana.get("/staff/"), "(202) 555-0132")
    assert '<option value="prior auth">' in dana.get("/staff/conversations/2").text
    assert "Dana Reyes added a tag" in " ".join(re.sub(r"<[^>]+>", " ", dana.get(PAGE).text).split())

    assert dana.post(f"{PAGE}/tags/remove", data={"tag": "prior auth"}).status_code == 303
    assert beside(dana.get(PAGE)) == []


def test_the_inbox_is_filtered_by_a_tag_whose_words_are_in_no_address_or_title(dana: Browser) -> None:
    add(dana, "prior auth")
    address = address_of(dana.get(PAGE), "prior auth")

    page = dana.get(address)

    assert rows(page) == ["(202) 555-0131"]
    assert "prior" not in address
    assert "Tag: prior auth · Any tag" in " ".join(re.sub(r"<[^>]+>", "", page.text).split())
    assert "prior" not in title(page)
    # the words of the search are found among the tagged
    tag = re.search(r"tag=([0-9a-f]{32})", address)
    assert tag
    assert rows(search(dana, wanted="bill", tag=tag[1])) == []
    assert rows(search(dana, wanted="visit", tag=tag[1])) == ["(202) 555-0131"]
    # an action leads back to the same list
    answer = dana.post(f"{PAGE}/tags/remove?view=every&tag={tag[1]}", data={"tag": "prior auth"})
    assert answer.headers["Location"].endswith(f"?view=every&tag={tag[1]}")
    assert rows(dana.get(address)) == []
    assert len(rows(dana.get("/staff/?tag=prior+auth"))) == 2  # not what stands for a tag


@pytest.mark.parametrize("tag", ["", "X" * 31, "a\u202eb"])
def test_what_is_no_tag_is_refused_and_nothing_stored(console: Console, dana: Browser, tag: str) -> None:
    before = len(console.rows(AuditEntry))

    assert add(dana, tag).status_code == 400
    assert console.rows(ConversationTag) == []
    assert len(console.rows(AuditEntry)) == before


def test_the_eleventh_tag_is_refused(dana: Browser) -> None:
    for number in range(10):
        add(dana, f"tag {number}")

    refused = add(dana, "one more")

    assert refused.status_code == 400
    assert "at most 10 tags" in refused.text
    assert "+8" in row(dana.get("/staff/"), "(202) 555-0131")


def test_the_audit_trail_says_who_tagged_and_not_the_word(console: Console, dana: Browser) -> None:
    add(dana, "prior auth")
    dana.post(f"{PAGE}/tags/remove", data={"tag": "prior auth"})

    entries = [entry for entry in console.rows(AuditEntry) if entry.action in ("tagged", "untagged")]
    assert [(entry.subject, entry.detail) for entry in entries] == [
        ("conversation:1", {"tag": 1}),
        ("conversation:1", {"tags": [1]}),
    ]


# ---- several at once


def test_several_are_tagged_and_untagged_with_one_form(console: Console, dana: Browser) -> None:
    add(dana, "Prior auth")
    several = {"c": ["1", "2"], "tag": " prior  AUTH "}

    dana.post("/staff/bulk", data=several | {"do": "tag"})

    page = dana.get("/staff/")
    assert "2 conversations tagged." in page.text
    assert "Prior auth" in row(page, "(202) 555-0131")
    assert "Prior auth" in row(page, "(202) 555-0132")
    assert [found.tag for found in console.rows(ConversationTag)] == ["Prior auth", "Prior auth"]

    dana.post("/staff/bulk", data=several | {"do": "untag"})

    assert "2 conversations without the tag." in dana.get("/staff/").text
    assert console.rows(ConversationTag) == []
    entries = [(entry.action, entry.subject) for entry in console.rows(AuditEntry) if entry.detail.get("bulk")]
    assert entries == [
        ("tagged", "conversation:2"),  # the other one had it
        ("untagged", "conversation:1"),
        ("untagged", "conversation:2"),
    ]


def test_of_several_the_one_with_ten_tags_is_left_alone_and_named(console: Console, dana: Browser) -> None:
    for number in range(10):
        add(dana, f"tag {number}")

    answer = dana.post("/staff/bulk", data={"c": ["1", "2"], "do": "tag", "tag": "late"})

    assert answer.headers["Location"] == "/staff/?refused=1.other&left=tag"
    page = dana.get(answer.headers["Location"])
    assert "1 conversation tagged." in page.text
    assert "Not changed: (202) 555-0131 (it has 10 tags already). Open it." in words(page.text).replace(" .", ".")
    assert dana.post("/staff/bulk", data={"c": ["1"], "do": "tag", "tag": " "}).status_code == 400
    assert len(console.rows(ConversationTag)) == 11


def test_enter_in_the_field_of_a_tag_adds_the_tag_and_closes_nothing(dana: Browser) -> None:
    [form] = re.findall(r'<form class="bulk".*?</form>', dana.get("/staff/").text, re.DOTALL)

    first, *_ = re.findall(r"<button[^>]*>", form)

    assert 'value="tag"' in first
