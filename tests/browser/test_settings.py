"""The settings page in a browser, with the keyboard alone, of a product whose web server and worker are processes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from inbox.accounts.members import add_member
from inbox.models import Role
from tests.browser.axe import assert_accessible, violations
from tests.browser.layout import content_width
from tests.browser.product import Product
from tests.browser.signed_in import enter
from tests.browser.visitor import Chat, Visitor
from tests.staff.conftest import PASSWORD

EMAIL = "mira@maple.example"
ADDRESS = "/staff/settings/maple-street"
QUESTION = "How much is a first visit without insurance?"
WORDS = "{{ practice.name }}: A first visit is 150 dollars."
RENDERED = "A first visit is 150 dollars."
MOST_TABS = 200
SCREENS = ((1280, 800), (320, 568))


@pytest.fixture(scope="module")
def manager(product: Product) -> int:
    """A manager of the product's first practice."""
    with product.database.write() as session:
        return add_member(session, EMAIL, "Mira Manager", Role.MANAGER, ["maple-street"], PASSWORD).id


@pytest.fixture
def sign_in(product: Product, manager: int, new_visitor: Callable[..., Visitor]) -> Callable[..., Page]:
    """Shows a page to the manager, in a browser profile of their own; it complains of a refused form."""

    def open_console(path: str = "/staff/", *, refused: bool = False, **options: object) -> Page:
        profile = new_visitor(base_url=product.url, **options)
        if refused:
            profile.expect_complaint("status of 422")
        enter(profile.context, product.settings, product.database, manager)
        page = profile.context.new_page()
        page.goto(path)
        return page

    return open_console


def go_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until something has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by Tab")


def press(page: Page, wanted: Locator) -> None:
    """Goes to a button, a link or what folds something, and presses Enter."""
    go_to(page, wanted)
    page.keyboard.press("Enter")


def test_a_reply_is_edited_previewed_saved_and_undone_with_the_keyboard_alone(
    product: Product, manager: int, new_visitor: Callable[..., Visitor], chat: Chat
) -> None:
    page = new_visitor(base_url=product.url).context.new_page()
    page.goto("/staff/sign-in")
    expect(page.get_by_label("Email")).to_be_focused()
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    press(page, page.get_by_role("navigation", name="Console").get_by_role("link", name="Settings", exact=True))
    press(page, page.get_by_role("navigation", name="Settings pages").get_by_role("link", name="Automatic replies"))
    press(page, page.locator("#replies-price_shopper > summary"))
    preview = page.get_by_role("region", name="Price question as a patient reads it")
    expect(preview).to_contain_text("Maple Street: Thank you for asking about prices.")
    expect(preview).to_contain_text("2 texts long")

    go_to(page, page.get_by_label("Wording of Price question", exact=True))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(WORDS)
    expect(preview.locator(".bubble")).to_have_text(f"Maple Street: {RENDERED} Reply STOP to opt out.")
    expect(preview).to_contain_text("1 text,")
    page.keyboard.type(" We’ll call.")
    expect(preview).to_contain_text("With ’ in it, a text holds 70 characters")
    for _ in " We’ll call.":
        page.keyboard.press("Backspace")
    expect(preview).to_contain_text("1 text,")
    press(page, page.get_by_role("button", name="Save Price question"))
    expect(page.get_by_role("status")).to_contain_text(
        "(Reply: Price question). The change applies to the next message."
    )

    chat.ask(QUESTION)
    expect(chat.replies().last.locator(".text")).to_have_text(RENDERED)

    press(page, page.get_by_role("link", name="History"))
    expect(page.get_by_text("Mira Manager,").first).to_be_visible()
    press(page, page.get_by_role("button", name="Undo").first)
    undone = re.compile(r"Undid version \d+\. The change applies to the next message\.")
    expect(page.get_by_role("status")).to_have_text(undone)
    chat.ask(QUESTION)
    expect(chat.replies().last).to_contain_text("Thank you for asking about prices.")


def test_a_reply_is_written_with_buttons_by_someone_who_does_not_program(sign_in: Callable[..., Page]) -> None:
    page = sign_in(f"{ADDRESS}/automatic-replies#replies-complaint")
    reply, preview = page.locator("#replies-complaint"), page.get_by_role("region", name="Complaint as a patient")
    words = page.get_by_label("Wording of Complaint", exact=True)
    expect(words).to_have_value(re.compile(r"^\[practice name\]: We are sorry to hear this"))
    words.fill("We are sorry. Call")
    press(page, reply.get_by_role("button", name="Our phone number", exact=True))
    page.keyboard.type(".")
    expect(words).to_have_value("We are sorry. Call [our phone number].")
    expect(preview.locator(".bubble")).to_have_text("We are sorry. Call (202) 555-0100. Reply STOP to opt out.")
    expect(reply.get_by_role("button", name="Payment link (not set)")).to_be_disabled()

    words.select_text()
    reply.get_by_text("Words for one case only").click()
    reply.get_by_role("button", name="If we have the patient’s number").click()
    expect(words).to_have_value("[if we have the patient’s number]We are sorry. Call [our phone number].[end if]")
    words.fill("We are sorry. Call [our phone number].")
    spanish = page.get_by_label("Wording of Complaint, in Spanish", exact=True)
    spanish.fill("Lo sentimos.")
    reply.get_by_role("button", name="Practice name").click()
    expect(spanish).to_have_value("Lo sentimos. [practice name]")
    expect(page.get_by_role("region", name="Complaint, in Spanish as a patient").locator(".bubble")).to_have_text(
        "Lo sentimos. Maple Street Responda STOP para no recibir mensajes."
    )
    spanish.evaluate("box => { box.value = box.defaultValue }")
    words.press("ControlOrMeta+End")

    reply.get_by_role("button", name="Other words while closed").click()
    page.keyboard.type("We are closed.")
    expect(words).to_have_value(
        "We are sorry. Call [our phone number]. [if we are open]words while open[otherwise]We are closed.[end if]"
    )
    reply.get_by_role("button", name="Save Complaint").click()
    press(page, page.locator("#replies-complaint > summary"))
    reply.get_by_role("button", name="Back to the original").click()
    press(page, page.locator("#replies-complaint > summary"))
    expect(words).to_have_value(re.compile(r"^\[practice name\]: We are sorry to hear this"))


def test_words_that_cannot_be_used_say_so_while_they_are_typed_and_are_not_saved(sign_in: Callable[..., Page]) -> None:
    page = sign_in(f"{ADDRESS}#replies-complaint", refused=True)
    words = page.get_by_label("Wording of Complaint", exact=True)
    words.fill("{{ practice.nickname }}")
    expect(page.get_by_role("region", name="Complaint as a patient")).to_contain_text("nickname cannot be used here")
    page.get_by_role("button", name="Save Complaint").click()

    expect(page.get_by_role("alert")).to_contain_text("Not saved")
    expect(words).to_have_attribute("aria-invalid", "true")
    expect(words).to_have_accessible_description("Complaint: practice.nickname cannot be used here")
    expect(words).to_have_value("{{ practice.nickname }}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_contacts_are_added_removed_and_ordered_with_and_without_scripts(
    sign_in: Callable[..., Page], scripts: bool
) -> None:
    page = sign_in(
        f"{ADDRESS}/teams", refused=True, java_script_enabled=scripts, viewport={"width": 390, "height": 800}
    )

    def contact(number: int) -> Locator:
        return page.get_by_role("group", name=f"Contact {number}", exact=True)

    def add(number: int, who: str, minutes: str) -> Locator:
        page.get_by_role("button", name="Add a contact").click()
        choice = contact(number).get_by_label("Whom to notify")
        expect(choice).to_be_focused()
        choice.select_option(who)
        contact(number).get_by_label("After how many minutes").fill(minutes)
        return contact(number)

    telephone = add(1, "A person", "25")
    telephone.get_by_label("Phone number or email").fill("(202) 555-0113")
    expect(telephone.get_by_text("This team has no address")).to_be_hidden()
    team = add(2, "Manager", "soon")
    expect(team.get_by_label("Phone number or email")).to_be_hidden()
    expect(team.get_by_text("This team has no address")).to_be_visible()

    save = page.get_by_role("button", name="Save escalation")
    save.click()
    minutes = team.get_by_label("After how many minutes")
    expect(minutes).to_be_focused()
    expect(minutes).to_have_accessible_description("Choose a number of minutes between 1 and 240")
    open_details(page)
    assert content_width(page) <= 390
    if scripts:
        assert violations(page) == []
    minutes.fill("5")
    save.click()
    # while another test's urgent message is open, the page says what becomes of it as well
    expect(page.get_by_role("status").filter(has_text="(Escalation: Who is notified next)")).to_be_visible()

    expect(contact(1).get_by_label("Whom to notify")).to_have_value("team:manager")
    expect(contact(2).get_by_label("Phone number or email")).to_have_value("(202) 555-0113")
    page.get_by_role("button", name="Remove contact 1").click()
    expect(contact(1).get_by_label("Phone number or email")).to_have_value("(202) 555-0113")
    expect(contact(2)).to_have_count(0)
    page.get_by_role("link", name="History").click()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("status").filter(has_text="Undid version")).to_be_visible()
    page.get_by_role("link", name="Teams and escalation").click()
    expect(contact(1)).to_have_count(0)


def test_a_number_is_added_and_the_old_one_retired_with_the_keyboard_alone(sign_in: Callable[..., Page]) -> None:
    page = sign_in(f"{ADDRESS}/connections", refused=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(page, page.get_by_role("button", name="Copy the address for “A message comes in”"))
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/twilio/sms")

    go_to(page, page.get_by_label("Number", exact=True))
    page.keyboard.type("(202) 555-0188")
    page.keyboard.press("Tab")
    page.keyboard.type("Harbor office")
    save = page.get_by_role("button", name="Save numbers")
    press(page, save)
    added = page.get_by_role("group", name="(202) 555-0188")
    expect(added.get_by_label("What you call it")).to_have_value("Harbor office")
    expect(added.get_by_text("No text or call has come in on it yet.")).to_be_visible()

    old = page.get_by_role("group", name="(500) 555-0006")
    go_to(page, old.get_by_label("Use"))
    page.keyboard.type("Retired")
    press(page, save)
    sure = page.get_by_label("Retire (500) 555-0006 all the same")
    expect(sure).to_be_focused()
    expect(sure).to_have_accessible_description(re.compile("goes out from .202. 555-0188"))
    page.keyboard.press("Space")
    press(page, save)
    expect(old.get_by_label("Use")).to_have_value("retired")

    press(page, page.get_by_role("link", name="History"))
    press(page, page.get_by_role("button", name="Undo").first)
    expect(page.get_by_role("status").first).to_contain_text("Undid version")
    page.goto(f"{ADDRESS}/connections")
    go_to(page, added.get_by_label("Use"))
    page.keyboard.type("Remove")
    press(page, save)
    expect(added).to_have_count(0)


def test_a_kind_of_message_goes_to_another_team_and_back_with_the_keyboard_alone(sign_in: Callable[..., Page]) -> None:
    page = sign_in(f"{ADDRESS}/routing")
    row = page.get_by_role("group", name="Complaint", exact=True)
    go_to(page, row.get_by_label("Team for Complaint"))
    page.keyboard.type("Billing")
    press(page, page.get_by_role("button", name="Save routing"))
    expect(page.get_by_role("status").first).to_contain_text("(Routing: Complaint)")
    expect(row.get_by_label("Team for Complaint")).to_have_value("billing")
    press(page, row.get_by_role("button", name="Back to the standard for Complaint"))
    expect(row.get_by_label("Team for Complaint")).to_have_value("")
    expect(row.get_by_role("button")).to_have_count(0)


def day(page: Page, name: str) -> Locator:
    """The row of a holiday or of another special day."""
    return page.get_by_role("group", name=name, exact=True)


def test_special_days_are_added_refused_changed_and_removed_with_the_keyboard_alone(
    sign_in: Callable[..., Page],
) -> None:
    page = sign_in(f"{ADDRESS}/hours", refused=True)
    save, add = page.get_by_role("button", name="Save hours"), page.get_by_role("button", name="Add a day")
    press(page, add)
    blank = day(page, "New day")
    expect(blank.get_by_label("Date", exact=True)).to_be_focused()
    page.keyboard.type("03032099")
    added = day(page, "Tue, Mar 3, 2099")
    go_to(page, added.get_by_label("Last day, if there are several"))
    page.keyboard.type("03022099")
    go_to(page, added.get_by_label("What you do"))
    expect(added.get_by_label("From when you open")).to_be_hidden()
    page.keyboard.type("Other")
    go_to(page, added.get_by_label("From when you open", exact=True))
    page.keyboard.type("0800AM")
    press(page, save)

    last = added.get_by_label("Last day, if there are several")
    expect(last).to_be_focused()
    expect(last).to_have_accessible_description("The last day is before the first")
    opens = added.get_by_label("From when you open", exact=True)
    expect(opens).to_have_accessible_description(re.compile("has one time only. Fill in both, or neither"))
    assert violations(page) == []
    page.keyboard.type("03042099")
    kept = day(page, "Tue, Mar 3, 2099 to Wed, Mar 4, 2099")
    go_to(page, kept.get_by_label("to when you close", exact=True))
    page.keyboard.type("1200PM")
    press(page, save)
    expect(page.get_by_role("status").filter(has_text="(Hours: Other hours on)")).to_be_visible()

    expect(kept.get_by_label("to when you close", exact=True)).to_have_value("12:00")
    press(page, save)
    expect(page.get_by_role("status").filter(has_text="Nothing changed.")).to_be_visible()
    press(page, kept.get_by_role("button", name="Remove Tue, Mar 3, 2099 to Wed, Mar 4, 2099"))
    expect(add).to_be_focused()
    press(page, save)
    expect(page.get_by_role("status").filter(has_text="(Hours: Other hours on)")).to_be_visible()
    expect(kept).to_have_count(0)


def test_special_days_are_added_and_taken_out_without_scripts(sign_in: Callable[..., Page]) -> None:
    page = sign_in(f"{ADDRESS}/hours", java_script_enabled=False, viewport={"width": 390, "height": 800})
    save = page.get_by_role("button", name="Save hours")
    expect(page.get_by_role("button", name="Add a day")).to_be_hidden()
    for date in ("2099-05-05", "2099-06-06"):
        day(page, "New day").get_by_label("Date", exact=True).fill(date)
        save.click()
        expect(page.get_by_role("status").filter(has_text="(Hours: Closed on)")).to_be_visible()
    assert content_width(page) <= 390

    for name in ("Tue, May 5, 2099", "Sat, Jun 6, 2099"):
        day(page, name).get_by_label("Date", exact=True).fill("")
        save.click()
        expect(day(page, name)).to_have_count(0)


def test_a_half_typed_time_that_is_no_longer_shown_does_not_keep_the_form_from_being_saved(
    sign_in: Callable[..., Page],
) -> None:
    page = sign_in(f"{ADDRESS}/hours")
    row = page.get_by_role("group", name=re.compile("^Labor Day")).first
    row.get_by_label("What you do").select_option("other")
    row.get_by_label("From when you open", exact=True).press("8")
    row.get_by_label("What you do").select_option("closed")
    page.get_by_role("button", name="Save hours").click()

    expect(page.get_by_role("status").filter(has_text="Nothing changed.")).to_be_visible()


def test_an_address_takes_the_warning_away_as_soon_as_it_is_typed(sign_in: Callable[..., Page]) -> None:
    page = sign_in(f"{ADDRESS}#teams-on_call")
    warning = page.get_by_text("This team has no address, so nobody is paged at once.")
    expect(warning).to_be_visible()
    address = page.locator("#teams-on_call").get_by_label("New addresses")
    address.fill("desk@maple.example")
    expect(warning).to_be_hidden()
    address.fill("")
    expect(warning).to_be_visible()


def open_details(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")


def test_the_boxes_of_the_holidays_stand_at_one_height(sign_in: Callable[..., Page]) -> None:
    page = sign_in(f"{ADDRESS}/hours", viewport={"width": 1366, "height": 768})

    boxes = [page.get_by_label(name).bounding_box() for name in ("Closed on US federal", "Closed on the days before")]

    assert len({box["y"] for box in boxes if box}) == 1


def test_everybody_can_read_and_use_it_and_it_fits_every_screen(sign_in: Callable[..., Page]) -> None:
    page = sign_in(refused=True)

    def check() -> None:
        """Leaves the page on the smallest screen, where everything has to be in reach too."""
        open_details(page)
        assert_accessible(page, SCREENS)

    for name in (
        "",
        "/hours",
        "/automatic-replies",
        "/greetings",
        "/chat",
        "/reviews",
        "/access",
        "/routing",
        "/connections",
        "/teams",
    ):
        page.goto(f"{ADDRESS}{name}")
        check()
    page.get_by_role("button", name="Add a contact").click()
    page.get_by_label("Whom to notify").select_option("A person")
    check()
    page.goto(f"{ADDRESS}/connections")
    page.get_by_label("Use", exact=True).select_option("Retired")
    page.get_by_label("Number", exact=True).fill("555-0188")
    page.get_by_role("button", name="Save numbers").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check()
    page.goto(f"{ADDRESS}/hours")
    page.get_by_role("group", name=re.compile("^Labor Day")).first.get_by_label("What you do").select_option("other")
    page.get_by_role("button", name="Add a day").click()
    page.get_by_role("group", name="New day").get_by_label("What you do").select_option("other")
    page.get_by_label("Sunday opens", exact=True).fill("11:00")
    page.get_by_label("Sunday closes", exact=True).fill("09:00")
    page.get_by_role("button", name="Save hours").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check()
    page.goto(ADDRESS)
    page.get_by_label("Pay a bill").fill("https://maple.example/a-long-address-" + "x" * 200)
    page.get_by_role("button", name="Save links").click()
    expect(page.get_by_role("status")).to_be_visible()
    check()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="Settings history")).to_be_visible()
    check()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("status")).to_be_visible()
