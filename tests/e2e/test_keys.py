"""The keys page in real Chromium: adding with a check, wrong keys, replacing, renaming, revealing, deleting."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from scripts.demo_parties import App, Chat, Person
from tests.e2e.conftest import Visit
from tests.e2e.page_steps import Resident, forgive, sign_up

pytestmark = pytest.mark.e2e
SANDBOX_KEY = "sandbox-key-" + "works"
QUOTA_KEY = "sandbox-key-" + "quota"
OTHER_KEY = "sandbox-key-" + "slow"
GROQ_KEY = "gsk_" + "a" * 52
ADMIN_KEY = "sk-admin-" + "a" * 20


def add_dialog(page: Page) -> Locator:
    """The dialog that adds a key, opened."""
    page.get_by_role("button", name="Add a key").click()
    return page.get_by_role("dialog", name="Add a key")


def test_a_newcomer_has_a_sandbox_key_after_one_click(relay: str, visit: Visit) -> None:
    page = sign_up(visit, relay)
    page.get_by_role("button", name="Use a sandbox key").click()
    row = page.locator("#key-sandbox")
    expect(row.locator("[data-tail]")).to_have_text("•••• orks")
    expect(page.get_by_role("status")).to_contain_text("Sandbox key added")
    expect(page.get_by_text("Next: connect an app.")).to_be_visible()
    assert SANDBOX_KEY not in page.content()


def test_a_key_is_tried_before_it_is_saved(relay: str, visit: Visit) -> None:
    page = sign_up(visit, relay)
    dialog = add_dialog(page)
    dialog.get_by_label("Find a provider").fill("sand")
    expect(dialog.get_by_role("radio")).to_have_count(1)
    dialog.get_by_label("Find a provider").press("Enter")
    dialog.get_by_text("Where do I get a key from Sandbox?").click()
    expect(dialog.get_by_role("listitem").first).to_contain_text("There is nothing to get")
    expect(dialog.get_by_text("The relay sees the key for this")).to_be_visible()
    dialog.get_by_label("Provider key").fill(QUOTA_KEY)
    dialog.get_by_role("button", name="Encrypt and save").click()
    expect(dialog.get_by_text("The account has no credit left.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Change the key")).to_be_focused()
    forgive(visit, 429)
    dialog.get_by_role("button", name="Change the key").click()
    dialog.get_by_label("Provider key").fill(SANDBOX_KEY)
    dialog.get_by_label("Label").fill("mine")
    dialog.get_by_role("button", name="Encrypt and save").click()
    expect(page.get_by_role("status")).to_contain_text("Key encrypted and saved. The key works.")
    expect(page.locator("#key-sandbox [data-label]")).to_have_text("mine")
    page.goto(f"{relay}/connections")
    expect(page.get_by_text("Check of a sandbox key")).to_have_count(0)


def test_a_wrong_key_is_named_before_it_goes_anywhere(sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, "/keys")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    dialog = add_dialog(page)
    expect(dialog.get_by_role("radio", name="Sandbox")).to_be_disabled()
    dialog.get_by_label("Provider key").fill(GROQ_KEY)
    expect(dialog.get_by_text("Recognised as a key of Groq.")).to_be_visible()
    expect(dialog.get_by_role("radio", name="Groq")).to_be_checked()
    dialog.get_by_role("radio", name="OpenAI").press("Space")
    expect(dialog.get_by_text("This looks like a key of Groq.")).to_be_visible()
    dialog.get_by_role("button", name="Encrypt and save").click()
    expect(dialog.get_by_text("It was not sent to OpenAI.")).to_be_visible()
    dialog.get_by_role("button", name="Change the key").click()
    dialog.get_by_label("Provider key").fill(ADMIN_KEY)
    dialog.get_by_role("button", name="Encrypt and save").click()
    expect(dialog.locator("#key-value-error")).to_contain_text("This is an admin key")
    assert [line for line in sent if "/v1/" in line and not line.startswith("GET")] == []
    dialog.get_by_label("Provider key").fill(GROQ_KEY)
    dialog.get_by_role("button", name="Choose Groq").click()
    dialog.get_by_label("Try the key before saving").uncheck()
    dialog.get_by_role("button", name="Encrypt and save").click()
    expect(page.get_by_role("status")).to_contain_text("The key was not tried.")
    assert resident.person.read_keys() == {"sandbox": SANDBOX_KEY, "groq": GROQ_KEY}


@pytest.mark.long
def test_replacing_with_one_connection_dropped(
    relay: str, sign_in: Callable[[Resident, str], Page], resident: Resident, developer: Person
) -> None:
    made = developer.call("POST", "/v1/apps", {"name": "Lantern", "allowedOrigins": ["https://lantern.example"]})
    lantern = App(relay, made["clientId"], made["clientSecret"])
    session = lantern.open_session(["sandbox"], 500, "visitor")
    kept = lantern.exchange(resident.person.approve(session["linkToken"], ["sandbox"], 500), "visitor")
    page = sign_in(resident, "/keys")
    page.get_by_role("button", name="Replace the Sandbox key").click()
    dialog = page.get_by_role("dialog", name="Replace the Sandbox key")
    expect(dialog.get_by_role("checkbox", name="Lantern")).to_be_checked()
    dialog.get_by_role("checkbox", name="Quill").uncheck()
    dialog.get_by_label("Provider key").fill(OTHER_KEY)
    dialog.get_by_role("button", name="Encrypt and save").click()
    expect(page.get_by_role("status")).to_contain_text("1 connection has the new one")
    expect(page.locator("#key-sandbox [data-tail]")).to_have_text("•••• slow")
    assert resident.person.read_keys() == {"sandbox": OTHER_KEY}
    assert Chat(relay, kept["accessToken"]).ask("Hello")[0]
    body = {"model": "sandbox/sandbox-small", "messages": []}
    refused = Chat(relay, resident.access_token).send("POST", "/v1/openai/chat/completions", body)
    assert refused.status_code == 401
    assert {row["app"]["name"]: row["status"] for row in resident.person.connections()} == {"Quill": "revoked", "Lantern": "active"}


def test_checking_renaming_and_revealing(sign_in: Callable[[Resident, str], Page], visit: Visit, resident: Resident) -> None:
    # Before any page: while it puts a clock into one, the time is 1970, and an answer that comes in then would lock the vault.
    visit.context.clock.install()
    page = sign_in(resident, "/keys")
    row = page.locator("#key-sandbox")
    expect(row.locator("[data-label]")).to_have_text("first")
    row.get_by_role("button", name="Check the Sandbox key").click()
    expect(row.get_by_text("The relay sees the key for this")).to_be_visible()
    row.get_by_role("button", name="Try it now").click()
    expect(row.get_by_text("The key works.")).to_be_visible()
    row.get_by_role("button", name="Close").click()
    row.get_by_role("button", name="Rename the Sandbox key").click()
    dialog = page.get_by_role("dialog", name="Rename the Sandbox key")
    expect(dialog.get_by_label("Label")).to_have_value("first")
    dialog.get_by_label("Label").fill("second")
    dialog.get_by_role("button", name="Save label").click()
    expect(row.locator("[data-label]")).to_have_text("second")
    assert resident.app.connection(resident.connection_id)["providers"] == ["sandbox"]
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=30))
    row.get_by_role("button", name="Reveal the Sandbox key").click()
    expect(row.locator("[data-secret-text]")).to_have_text(SANDBOX_KEY)
    page.clock.run_for(29_000)
    expect(row.locator("[data-secret-text]")).to_be_visible()
    page.clock.run_for(2_000)
    expect(row.locator("[data-secret-text]")).to_be_hidden()
    assert SANDBOX_KEY not in page.content()


def test_deleting_a_key_says_whom_it_hits_and_asks_for_its_name(sign_in: Callable[[Resident, str], Page], resident: Resident) -> None:
    page = sign_in(resident, "/keys")
    page.get_by_role("button", name="Delete the Sandbox key").click()
    dialog = page.get_by_role("dialog", name="Delete the Sandbox key?")
    expect(dialog).to_contain_text("Quill")
    expect(dialog).to_contain_text("Revoked: it has no other key")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    expect(dialog.get_by_role("button", name="Delete key")).to_be_disabled()
    dialog.get_by_label("Type Sandbox to confirm").fill("sandbox")
    dialog.get_by_role("button", name="Delete key").click()
    expect(page.get_by_text("Add your first key")).to_be_visible()
    assert resident.person.read_keys() == {}
    assert [row["status"] for row in resident.person.connections()] == ["revoked"]
    expect(page).to_have_url(re.compile("/keys$"))
