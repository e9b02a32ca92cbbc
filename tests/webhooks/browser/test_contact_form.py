"""A contact form: what may stand in it, and where a browser may go afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.errors import RequestError
from webhooks.browser.contact_form import read_form, redirect_target

SITE = "https://maple.example"
SERVICE = "https://intake.example.com"
ALLOWED = frozenset({SITE, SERVICE, "http://localhost:8000"})


def refusal(values: dict[str, object]) -> str:
    with pytest.raises(RequestError) as refused:
        read_form(values)
    assert (refused.value.status, refused.value.code) == (400, "invalid_parameter")
    return refused.value.message


# ---- fields


def test_a_form_is_read() -> None:
    form = read_form(
        {
            "name": " Ana \r\n Lopez ",
            "email": "Ana@Patient.example",
            "phone": "(202) 555-0123",
            "message": " Line one\r\nLine two \r\n",
            "client_message_id": "a-1_B",
            "redirect": "/thanks",
            "website": "",
            "favourite_colour": "green",
        }
    )

    assert form.name == "Ana Lopez"
    assert form.email == "ana@patient.example"
    assert form.phone == "+12025550123"
    assert form.message == "Line one\nLine two"
    assert form.client_message_id == "a-1_B"
    assert form.redirect == "/thanks"
    assert not form.is_bait_taken


def test_a_message_alone_is_enough() -> None:
    form = read_form({"message": "Hello", "name": "", "email": " ", "phone": None})

    assert (form.name, form.email, form.phone, form.redirect) == (None, None, None, None)


@pytest.mark.parametrize("value", [None, "", " \r\n\t"])
def test_a_form_needs_a_message(value: object) -> None:
    assert refusal({"message": value}) == "Your message is empty. Please write how we can help you."


@pytest.mark.parametrize(("name", "longest"), [("message", 8000), ("name", 100)])
def test_a_field_has_a_longest_length(name: str, longest: int) -> None:
    fits = {"message": "Hello", name: "x" * longest}
    assert read_form(fits)

    assert refusal({"message": "Hello", name: "x" * (longest + 1)}) == (
        f"{name} is {longest + 1} characters long. The limit is {longest}."
    )


def test_line_ends_count_as_one_character() -> None:
    assert len(read_form({"message": "x\r\n" * 4000}).message) == 7999


@pytest.mark.parametrize("name", ["message", "name", "email", "phone"])
@pytest.mark.parametrize("value", [7, True, ["x"], {"x": 1}])
def test_a_field_has_to_be_a_text(name: str, value: object) -> None:
    assert refusal({"message": "Hello", name: value}) == f"{name} must be text."


@pytest.mark.parametrize(
    ("name", "value"),
    [("email", "swordfish@"), ("phone", "555 swordfish")],
)
def test_what_cannot_be_answered_to_is_refused_and_not_repeated(name: str, value: str) -> None:
    message = refusal({"message": "Hello", name: value})

    assert message.startswith(f"{name} must be")
    assert "swordfish" not in message


@pytest.mark.parametrize("value", [7, True, ["x"], " ", "sword fish"])
def test_what_the_page_sets_by_itself_is_ignored_if_it_is_none(value: object) -> None:
    form = read_form({"message": "Hello", "client_message_id": value, "redirect": value, "consent": value})

    assert form.client_message_id is None
    assert form.redirect == form.consent == (value if value == "sword fish" else None)


@pytest.mark.parametrize("value", ["https://spam.example", "x", 7, True])
def test_only_a_program_fills_in_the_field_that_no_person_sees(value: object) -> None:
    assert read_form({"message": "Hello", "website": value}).is_bait_taken


def test_what_a_patient_wrote_is_not_shown_with_the_object() -> None:
    shown = repr(read_form({"message": "sword", "name": "fish", "email": "a@b.example", "phone": "2025550123"}))

    assert not any(word in shown for word in ("sword", "fish", "b.example", "2025550123"))


# ---- where a browser may go


@pytest.mark.parametrize("path", ["/", "/thanks", "/thanks.html?from=form#top", "/a/b//c"])
def test_a_path_leads_back_to_the_pages_own_site(path: str) -> None:
    assert redirect_target(path, SITE, ALLOWED) == SITE + path


def test_a_path_leads_nowhere_when_the_browser_does_not_say_which_page_it_shows() -> None:
    assert redirect_target("/thanks", None, ALLOWED) is None


@pytest.mark.parametrize(
    "address",
    [
        "https://maple.example",
        "https://maple.example/thanks?x=1#y",
        "HTTPS://Maple.example/thanks".replace("HTTPS", "https"),
        "http://localhost:8000/thanks",
        "https://intake.example.com/",
    ],
)
@pytest.mark.parametrize("page", [SITE, None])
def test_an_address_on_one_of_the_practices_sites_is_followed(address: str, page: str | None) -> None:
    assert redirect_target(address, page, ALLOWED) == address


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "https:/\\evil.example",
        "https:evil.example",
        "https://maple.example@evil.example/",
        "https://maple.example:443@evil.example/",
        "https://maple.example.evil.example/",
        "https://evil.example/?https://maple.example/",
        "https://evil.example#https://maple.example/",
        "https://maple.example\\@evil.example/",
        "https://maple.example\\.evil.example/",
        "https://maple.example%2eevil.example/",
        "https://maple.example:8443/",
        "http://maple.example/",
        "ftp://maple.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "thanks",
        "./thanks",
        "https://maple.example/a\r\nSet-Cookie: x=1",
        "/a\r\nSet-Cookie: x=1",
        "https://maple.example/ñ",
        "https://",
        "",
        f"/{'x' * 2000}",
        f"{SITE}/{'x' * 2000}",
    ],
)
def test_no_other_address_is_followed(address: str) -> None:
    assert redirect_target(address, SITE, ALLOWED) is None


@given(st.text(alphabet=":/\\.@?#%[]\t\n evilmaplexh-ts", max_size=40))
def test_whatever_is_asked_for_the_site_is_the_practices(address: str) -> None:
    target = redirect_target(address, SITE, ALLOWED)
    starts = [start for origin in ALLOWED for start in (f"{origin}/", f"{origin}?", f"{origin}#")]
    assert target is None or target in ALLOWED or target.startswith(tuple(starts))
