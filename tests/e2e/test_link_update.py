"""Link in update mode, and for somebody who is connected already: what changes is shown, old and new; access tokens go on working."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import Page, expect

from scripts.demo_parties import Chat, Person, Refused
from tests.e2e import link_steps as steps
from tests.e2e.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import RegisteredApp, Visit

pytestmark = pytest.mark.e2e

WORKS, REFUSED, EMPTY = ("sandbox-key-" + kind for kind in ("works", "invalid", "quota"))


class Connected(NamedTuple):
    """Somebody whose key has died, and the app's connection that used it."""

    person: Person
    connection_id: str
    chat: Chat


def connected(relay: str, app: RegisteredApp, key: str) -> Connected:
    """A connection of five dollars a month, whose one call so far has shown whether its key works."""
    person = Person(relay, f"resident-{secrets.token_hex(6)}@example.com", PASSWORD)
    person.register()
    person.put_key("sandbox", key, "first")
    session = app.server.open_session(["sandbox"], 500, "visitor-1")
    granted = app.server.exchange(person.approve(session["linkToken"], ["sandbox"], 500), "visitor-1")
    chat = Chat(relay, granted["accessToken"])
    if key != WORKS:
        with pytest.raises(Refused):
            chat.ask("Hello?")
    return Connected(person, granted["connectionId"], chat)


def sign_in(window: Page, email: str) -> None:
    """Sign in in the window."""
    window.fill("#email", email)
    window.fill("#password", PASSWORD)
    window.get_by_role("button", name="Sign in").click()


def attention(app: RegisteredApp, connection_id: str) -> str | None:
    """Why the connection needs attention."""
    needs = app.server.connection(connection_id)["needsAttention"]
    return needs["code"] if needs else None


def test_a_dead_key_is_replaced_and_the_connection_extended_in_one_go(
    new_visit: Callable[..., Visit], relay: str, app: RegisteredApp
) -> None:
    visit = new_visit()
    person, connection_id, chat = connected(relay, app, REFUSED)
    assert attention(app, connection_id) == "key_invalid"
    limits = {"dailyCents": 200, "expiresAt": "2031-03-03T00:00:00Z"}
    app.asked = {"requestedProviders": ["sandbox", "openai"], "budgetSuggestionCents": 900, "connectionId": connection_id, "limits": limits}
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    sign_in(window, person.email)
    expect(window.locator("#terms")).to_contain_text("As much as the month allows→then At most $2.00")
    expect(window.locator("#terms")).to_contain_text("You end it→then 3 March 2031")
    expect(window.locator("#budget-hint")).to_contain_text("Now $5.00 a month. The app suggests $9.00.")

    expect(window.get_by_text("Sandbox refuses the key, since")).to_be_visible()
    window.get_by_role("button", name="Replace key (Sandbox)").click()
    expect(window.get_by_text("goes to Draftsmith")).to_be_visible()
    window.fill("#key-sandbox", REFUSED)
    window.get_by_role("button", name="Replace key", exact=True).click()
    window.get_by_role("button", name="Change the key").click()
    window.fill("#key-sandbox", WORKS)
    window.get_by_role("button", name="Replace key", exact=True).click()
    expect(window.get_by_text("Replaced")).to_be_focused()
    window.get_by_role("button", name="Add key (OpenAI)").click()
    window.fill("#key-openai", "sk-" + "proj-" + "q" * 40)
    window.get_by_text("Try the key before saving").click()
    window.get_by_role("button", name="Add key", exact=True).click()
    expect(window.get_by_role("checkbox", name="OpenAI")).to_be_checked()
    window.get_by_role("button", name="Save changes").click()

    result = steps.success_of(page)
    assert (result["publicToken"], result["isUpdate"], result["providers"]) == (None, True, ["openai", "sandbox"])
    connection = app.server.connection(connection_id)
    assert (connection["providers"], connection["budgetCents"], connection["needsAttention"]) == (["openai", "sandbox"], 900, None)
    assert connection["limits"] == limits
    assert chat.ask("And now?")


@pytest.mark.long
def test_a_key_that_has_credit_again_is_given_again(visit: Visit, relay: str, app: RegisteredApp) -> None:
    person, connection_id, _ = connected(relay, app, EMPTY)
    assert attention(app, connection_id) == "key_quota_exhausted"
    app.asked = {"requestedProviders": ["sandbox"], "connectionId": connection_id}
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    sign_in(window, person.email)
    expect(window.get_by_text("out of credit")).to_be_visible()
    expect(window.locator("#approve-reason")).to_have_text("Replace the key, or give the saved one again.")
    expect(window.locator("#terms-part")).to_be_hidden()
    expect(window.locator("#budget")).to_be_hidden()
    window.get_by_label("The saved key works again").check()
    window.get_by_role("button", name="Save changes").click()
    assert steps.success_of(page)["isUpdate"] is True
    assert attention(app, connection_id) is None


@pytest.mark.long
def test_only_the_budget_is_shown_where_only_the_budget_changes(visit: Visit, relay: str, app: RegisteredApp) -> None:
    person, connection_id, _ = connected(relay, app, WORKS)
    app.asked = {"requestedProviders": ["sandbox"], "budgetSuggestionCents": 2000, "connectionId": connection_id}
    page, frame = steps.press_connect(visit, app)
    window = steps.press_continue(page, frame)
    sign_in(window, person.email)
    expect(window.locator("#stays")).to_have_text("Stays as it is: Sandbox.")
    for part in ("#providers-part", "#terms-part", "#existing"):
        expect(window.locator(part)).to_be_hidden()
    window.get_by_role("button", name="$10", exact=True).click()
    expect(window.locator("#budget")).to_have_value("10.00")
    window.get_by_role("button", name="Save changes").click()
    assert steps.success_of(page)["budgetCents"] == 1000
    assert app.server.connection(connection_id)["budgetCents"] == 1000


@pytest.mark.long
def test_somebody_connected_already_can_change_that_connection_instead(
    new_visit: Callable[..., Visit], relay: str, app: RegisteredApp
) -> None:
    person, connection_id, chat = connected(relay, app, WORKS)
    page, frame = steps.press_connect(new_visit(), app)
    window = steps.press_continue(page, frame)
    sign_in(window, person.email)
    expect(window.locator("#existing")).to_contain_text("Already connected: $5.00 a month, since")
    window.get_by_role("button", name="Change that one instead").click()
    expect(window.get_by_role("button", name="Save changes")).to_be_disabled()
    window.fill("#budget", "7")
    with window.expect_event("close"):
        window.get_by_role("button", name="Save changes").click()
    error, metadata = steps.exit_of(page)
    assert (error, metadata["status"]) == (None, "already_connected")
    assert [call[0] for call in page.evaluate("calls")].count("exit") == 1
    assert app.server.connection(connection_id)["budgetCents"] == 700
    assert chat.ask("Still there?")
    assert len(person.call("GET", "/v1/connections")["items"]) == 1
