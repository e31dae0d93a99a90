"""What a person does on the pages, step by step, in a real browser."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.e2e.core_pages import PASSWORD

if TYPE_CHECKING:
    from scripts.demo_parties import App, Person
    from tests.e2e.conftest import Visit


@dataclass
class Resident:
    """Somebody with a sandbox key and one connected app, whose device has made both."""

    person: Person
    app: App
    access_token: str
    connection_id: str


def sign_up(visit: Visit, relay: str) -> Page:
    """A newcomer's vault, made on the page; what is open then is the keys page."""
    page = visit.open(f"{relay}/signup")
    page.get_by_label("Email").fill(f"newcomer-{secrets.token_hex(6)}@example.com")
    page.get_by_label("Master password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Create vault").click()
    page.get_by_role("button", name="Skip for now").click()
    expect(page).to_have_url(f"{relay}/overview")
    page.goto(f"{relay}/keys")
    return page


def unlock(page: Page, password: str = PASSWORD) -> None:
    """Answer the unlock dialog."""
    dialog = page.get_by_role("dialog", name="Unlock your vault")
    dialog.get_by_label("Master password").fill(password)
    dialog.get_by_role("button", name="Unlock").click()


def forgive(visit: Visit, status: int) -> None:
    """The console names every refused request; this one was meant to be."""
    (complaint,) = visit.complaints
    assert f"status of {status}" in complaint
    visit.complaints.clear()


def change_budget(page: Page, amount: str) -> None:
    """Type an amount into the budget dialog and save."""
    page.get_by_role("button", name="Change budget of Quill").click()
    page.get_by_role("dialog", name="Change the budget").get_by_label("Monthly budget").fill(amount)
    page.get_by_role("button", name="Save budget").click()


def saved_secret(page: Page) -> str:
    """The client secret on screen, once its dialog was confirmed; Escape does not lose it."""
    dialog = page.get_by_role("dialog", name="Save the client secret")
    secret = dialog.locator("#secret-value").inner_text()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="I have saved it").click()
    expect(dialog).to_be_hidden()
    return secret
