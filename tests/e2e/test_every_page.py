"""Every page, as a stranger and as somebody with keys, apps, connections and calls: accessible, within the window in both
themes, silent on the console, under the strict policy, and asking no other host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from relay.docs.navigation import PAGES
from scripts.demo_parties import Person
from tests.e2e.conftest import PASSWORD, Visit
from tests.e2e.page_steps import Resident
from tests.e2e.page_sweep import faults, watch

pytestmark = pytest.mark.e2e

PUBLIC = ["/", "/signup", "/signin", "/recover", "/docs", "/nowhere", *(page.address for page in PAGES)]
OWN = ["/overview", "/keys", "/connections", "/connections/{connection}", "/activity", "/security", "/export", "/apps"]
OF_AN_APP = ["", "/quickstart", "/connections", "/usage", "/requests", "/settings"]
IN_SHORT = {"/", "/overview"}


def _paths(paths: Iterable[str]) -> list[object]:
    """A representative each in `make test`, all of them in `make test-all`."""
    return [pytest.param(path, marks=[] if path in IN_SHORT else pytest.mark.long) for path in paths]


def _faults_of(visit: Visit, page: Page, relay: str, path: str) -> list[str]:
    strangers = watch(visit.context, {urlsplit(relay).netloc})
    page.goto(relay + path)
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)
    found = faults(page)
    expect(page.locator("h1")).to_have_count(1)
    found += [f"asked {stranger}" for stranger in strangers]
    found += [f"console: {complaint}" for complaint in visit.complaints if "404" not in complaint]
    visit.complaints.clear()
    return [f"{path}: {fault}" for fault in found]


def _signed_in(visit: Visit, relay: str, person: Person) -> Page:
    page = visit.open(f"{relay}/signin")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Master password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(re.compile("/signin"))
    return page


@pytest.mark.parametrize("path", _paths(PUBLIC))
def test_a_page_for_everybody_is_without_fault(visit: Visit, relay: str, path: str) -> None:
    assert _faults_of(visit, visit.context.new_page(), relay, path) == []


@pytest.mark.parametrize("path", _paths(OWN))
def test_a_page_of_ones_own_is_without_fault(visit: Visit, relay: str, resident: Resident, path: str) -> None:
    page = _signed_in(visit, relay, resident.person)
    assert _faults_of(visit, page, relay, path.format(connection=resident.connection_id)) == []


@pytest.mark.long
@pytest.mark.parametrize("tab", OF_AN_APP)
def test_a_developers_page_is_without_fault(visit: Visit, relay: str, resident: Resident, developer: Person, tab: str) -> None:
    page = _signed_in(visit, relay, developer)
    newest = developer.call("GET", "/v1/apps")["items"][0]
    assert newest["name"] == "Quill"  # the resident’s
    assert _faults_of(visit, page, relay, f"/apps/{newest['id']}{tab}") == []


def test_the_sweep_sees_what_is_wrong(visit: Visit, relay: str) -> None:
    page = visit.open(f"{relay}/docs/errors")
    page.evaluate("""() => {
      document.querySelector("main").innerHTML = "<img src='/static/icons/logo.svg'><pre>" + "x".repeat(4000) + "</pre>";
      document.querySelector("pre").style.overflow = "visible";
    }""")
    found = " ".join(faults(page))
    assert "image-alt" in found
    assert "wider than the window" in found
