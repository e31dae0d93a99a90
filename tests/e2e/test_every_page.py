"""Every page, as a stranger and as somebody with keys, apps, connections and calls: accessible, within the window in both
themes, silent on the console, under the strict policy, and asking no other host."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PASSWORD, Visit
from tests.e2e.page_steps import Resident
from tests.e2e.page_sweep import faults, watch

pytestmark = pytest.mark.e2e

PUBLIC = ["/", "/signup", "/signin", "/docs/errors", "/nowhere"]
OWN = ["/keys", "/connections", "/activity", "/apps"]


def _check(visit: Visit, page: Page, relay: str, path: str) -> list[str]:
    strangers = watch(visit.context, {urlsplit(relay).netloc})
    page.goto(relay + path)
    page.wait_for_load_state("networkidle")
    found = faults(page)
    expect(page.locator("h1")).to_have_count(1)
    found += [f"asked {stranger}" for stranger in strangers]
    found += [f"console: {complaint}" for complaint in visit.complaints if "404" not in complaint]
    visit.complaints.clear()
    return [f"{path}: {fault}" for fault in found]


@pytest.mark.parametrize("path", [pytest.param(path, marks=[] if path == "/" else pytest.mark.long) for path in PUBLIC])
def test_a_page_for_everybody_is_without_fault(visit: Visit, relay: str, path: str) -> None:
    assert _check(visit, visit.context.new_page(), relay, path) == []


@pytest.mark.parametrize("path", [pytest.param(path, marks=[] if path == "/connections" else pytest.mark.long) for path in OWN])
def test_a_page_of_ones_own_is_without_fault(visit: Visit, relay: str, resident: Resident, path: str) -> None:
    page = visit.open(f"{relay}/signin")
    page.get_by_label("Email").fill(resident.person.email)
    page.get_by_label("Master password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(re.compile("/signin"))
    assert _check(visit, page, relay, path) == []


def test_the_sweep_sees_what_is_wrong(visit: Visit, relay: str) -> None:
    page = visit.open(f"{relay}/docs/errors")
    page.evaluate("""() => {
      document.querySelector("main").innerHTML = "<img src='/static/icons/logo.svg'><pre>" + "x".repeat(4000) + "</pre>";
      document.querySelector("pre").style.overflow = "visible";
    }""")
    found = " ".join(faults(page))
    assert "image-alt" in found
    assert "wider than the window" in found
