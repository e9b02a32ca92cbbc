"""Small things at the desk: who resets a password, who is still there, and what a press of a button does."""

from __future__ import annotations

from tests.staff.conftest import Console
from tests.staff.conversations.test_conversation import words

PAGE = "/staff/conversations/1"


def test_resetting_a_password_says_first_that_it_signs_the_member_out(console: Console) -> None:
    console.add_member(name="Jamie Cole")

    page = words(console.sign_in("admin", name="Robin Hale").get("/staff/accounts").text)

    assert "Reset password… of Jamie Cole This signs Jamie Cole out everywhere at once" in page
    assert "Reset and sign out Jamie Cole" in page


def test_the_account_page_names_who_resets_a_lost_password(console: Console) -> None:
    console.add_member("admin", name="Robin Hale")
    console.add_member("admin", ("other",), name="Sam Elsewhere")

    page = words(console.sign_in(name="Jamie Cole").get("/staff/account").text)

    assert "If you ever can’t sign in, ask Robin Hale to reset your password." in page


def test_who_has_signed_out_is_not_viewing_a_conversation(console: Console) -> None:
    console.text("Do you have parking?")
    console.work()
    jamie, robin = console.sign_in(name="Jamie Cole"), console.sign_in(name="Robin Hale")
    jamie.get(PAGE)
    assert "Jamie Cole is also viewing this conversation." in words(robin.get(PAGE).text)

    assert jamie.post("/staff/sign-out").status_code == 303

    assert "Jamie Cole is also viewing" not in words(robin.get(PAGE).text)


def test_a_search_without_results_says_to_check_the_spelling(console: Console) -> None:
    console.text("I need a referral to a skin doctor")
    console.work()
    jamie = console.sign_in(name="Jamie Cole")

    found = jamie.post("/staff/search", data={"wanted": "referal"}, allow_redirects=True)

    assert "Check the spelling" in words(found.text)
