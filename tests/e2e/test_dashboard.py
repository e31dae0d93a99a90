"""The user's dashboard in real Chromium: limits edited there bind real calls, one cap stops every app, everything can be taken away."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.demo_parties import Chat, Refused, settled
from tests.e2e.conftest import Visit
from tests.e2e.page_steps import Resident

pytestmark = pytest.mark.e2e
SANDBOX_KEY = "sandbox-key-" + "works"


def refusal(chat: Chat, model: str = "sandbox-small") -> str:
    """The code that a call is refused with."""
    with pytest.raises(Refused) as refused:
        chat.ask("Hello", model)
    return str(refused.value.code)


def save_limits(page: Page, **values: str) -> None:
    """Type into the form of limits and save; the page says so."""
    for label, value in values.items():
        page.get_by_role("textbox", name=label.replace("_", " ")).fill(value)
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_role("status")).to_contain_text("Limits saved")
    expect(page.get_by_role("button", name="Save limits")).to_be_enabled()


def export(page: Page, folder: Path) -> zipfile.ZipFile:
    """The ZIP that the export page makes, keys in clear included."""
    page.get_by_label("Also my keys in clear").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export everything").click()
    assert re.fullmatch(r"1relay-export-\d{4}-\d\d-\d\d\.zip", download.value.suggested_filename)
    download.value.save_as(folder / "export.zip")
    return zipfile.ZipFile(folder / "export.zip")


def test_limits_the_cap_and_the_export(
    relay: str, visit: Visit, sign_in: Callable[[Resident, str], Page], resident: Resident, tmp_path: Path
) -> None:
    chat = Chat(relay, resident.access_token)
    page = sign_in(resident, f"/connections/{resident.connection_id}")
    expect(page.get_by_text("No calls yet")).to_be_visible()
    page.get_by_role("textbox", name="Budget a day").fill("9")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_text("The daily budget is above the monthly one.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Budget a day")).to_be_focused()
    save_limits(page, Budget_a_day="2", Models="sandbox-small\n", Calls_a_minute="100")
    assert resident.app.connection(resident.connection_id)["limits"] == {
        "dailyCents": 200,
        "requestsPerMinute": 100,
        "models": ["sandbox-small"],
    }
    assert refusal(chat, "sandbox-large") == "model_not_granted"
    save_limits(page, Models="", Budget_a_month="20")  # more than before: by the vault that signing in opened
    changed = resident.app.connection(resident.connection_id)
    assert (changed["budgetCents"], changed["limits"]) == (2000, {"dailyCents": 200, "requestsPerMinute": 100})
    assert chat.ask("Hello", "sandbox-large")[0]
    settled(lambda: resident.app.connection(resident.connection_id))
    page.reload()
    row = page.locator("#calls tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("sandbox-large")
    expect(row).to_contain_text("Tokens as counted by the provider")
    expect(page.get_by_role("meter")).to_have_count(2)

    page.goto(f"{relay}/overview")
    expect(page.get_by_role("row", name=re.compile("Quill"))).to_contain_text("1")
    page.get_by_role("button", name="Set a cap over all apps").click()
    dialog = page.get_by_role("dialog", name="A cap over all apps")
    dialog.get_by_label("Monthly cap").fill("0")
    dialog.get_by_role("button", name="Save cap").click()
    expect(page.get_by_text("All apps together have used up your cap.")).to_be_visible()
    assert refusal(chat) == "budget_exceeded"
    page.get_by_role("button", name="Change the cap").first.click()
    dialog.get_by_role("button", name="Remove the cap").click()
    expect(page.get_by_role("button", name="Set a cap over all apps")).to_be_visible()
    assert chat.ask("Hello")[0]
    settled(lambda: resident.app.connection(resident.connection_id))

    page.get_by_role("link", name="Export everything").click()
    with export(page, tmp_path) as bundle:
        names = {"account.json", "keys.json", "keys-in-clear.json", "connections.json", "activity.json", "calls.csv", "calls.jsonl"}
        assert set(bundle.namelist()) == names
        assert json.loads(bundle.read("keys-in-clear.json")) == [{"provider": "sandbox", "label": "first", "apiKey": SANDBOX_KEY}]
        calls = list(csv.DictReader(io.StringIO(bundle.read("calls.csv").decode())))
        assert [call["model"] for call in calls] == ["sandbox-large", "sandbox-small"]
        assert [json.loads(line)["requestId"] for line in bundle.read("calls.jsonl").splitlines()] == [call["requestId"] for call in calls]
        assert json.loads(bundle.read("account.json"))["user"]["email"] == resident.person.email
        assert json.loads(bundle.read("connections.json"))[0]["id"] == resident.connection_id
        others = b"".join(bundle.read(name) for name in names - {"keys-in-clear.json"})
        assert SANDBOX_KEY.encode() not in others
    expect(page.get_by_label("Also my keys in clear")).not_to_be_checked()
    kinds = [done["kind"] for done in resident.person.call("GET", "/v1/activity")["items"]]
    assert kinds.count("exported") == 2
    assert {"cap_changed", "connection_changed"} <= set(kinds)
