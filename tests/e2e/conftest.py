"""Whole running parties for browser tests: a relay, an app on an origin of its own, a stranger, and Chromium."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from scripts.demo_parties import App, Json, Person
from scripts.demo_relay import running_relay
from scripts.layout import ROOT
from tests.e2e.core_bundles import FLAGS
from tests.e2e.link_sites import Site, app_site, link_answer, serving, stranger_site
from tests.e2e.page_steps import Resident

PASSWORD = "correct horse " + "battery staple"


@pytest.fixture(scope="session")
def built() -> None:
    """The pages' scripts and the SDKs, from the sources as they are now."""
    subprocess.run([shutil.which("node") or "node", "clients/build.mjs"], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def relay(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a relay of these tests' own, on a fresh SQLite database."""
    with running_relay(tmp_path_factory.mktemp("relay")) as origin:
        yield origin


@dataclass
class RegisteredApp:
    """Somebody's app: its site in the browser, its server's credentials, and what the next link session asks for."""

    name: str
    site: Site
    server: App
    asked: Json = field(default_factory=dict)


@pytest.fixture(scope="session")
def developer(relay: str) -> Person:
    """Whoever registers apps."""
    person = Person(relay, f"developer-{secrets.token_hex(4)}@example.com", PASSWORD)
    person.register()
    return person


@pytest.fixture
def app(relay: str, developer: Person) -> Iterator[RegisteredApp]:
    """A registered app on a site of its own, whose page has a Connect button."""
    with serving(app_site(relay), "localhost") as site:
        body = {"name": "Draftsmith", "allowedOrigins": [site.origin], "redirectUris": [site.origin + "/"]}
        made = developer.call("POST", "/v1/apps", body)
        registered = RegisteredApp("Draftsmith", site, App(relay, made["clientId"], made["clientSecret"]))
        registered.asked = {"requestedProviders": ["sandbox"], "budgetSuggestionCents": 500, "clientUserId": "visitor-1"}
        site.answers["/session"] = lambda query: link_answer(registered.server, {**registered.asked, **_simple(query)})
        yield registered


def _simple(query: str) -> Json:
    return {name: values[0] for name, values in parse_qs(query).items()}


@pytest.fixture
def stranger() -> Iterator[Site]:
    """A site that knows every address and message of Link, and is registered nowhere."""
    with serving(stranger_site(), "stranger.localhost") as site:
        yield site


# A module each: two of Playwright's drivers can't run in one thread at once, and other browser tests start their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium, else Playwright's."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """One person's browser: its pages share cookies and storage, and everything any console complained of is kept."""

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def open(self, url: str) -> Page:
        """A new page at that address."""
        page = self.context.new_page()
        page.goto(url)
        return page


@pytest.fixture
def new_visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Makes browsers of separate people; keyword arguments are Playwright's for a context."""
    visits: list[Visit] = []

    def make(**options: object) -> Visit:
        visit = Visit(chromium.new_context(**options))  # type: ignore[arg-type]  # handed through
        visit.context.set_default_timeout(20_000)
        visit.context.on("console", lambda message: _note(visit, message.type, message.text))
        visit.context.on("weberror", lambda error: visit.complaints.append(f"uncaught: {error.error}"))
        visits.append(visit)
        return visit

    yield make
    for visit in visits:
        visit.context.close()


def _note(visit: Visit, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        visit.complaints.append(f"{kind}: {text}")


@pytest.fixture
def visit(new_visit: Callable[..., Visit]) -> Iterator[Visit]:
    """One person's browser; the test fails if any of its consoles complained."""
    one = new_visit()
    yield one
    assert one.complaints == []


@pytest.fixture
def resident(relay: str, developer: Person) -> Resident:
    """A person whose connection `Quill` may spend five dollars a month."""
    person = Person(relay, f"resident-{secrets.token_hex(6)}@example.com", PASSWORD)
    person.register()
    person.put_key("sandbox", "sandbox-key-" + "works", "first")
    made = developer.call("POST", "/v1/apps", {"name": "Quill", "allowedOrigins": ["https://quill.example"]})
    app = App(relay, made["clientId"], made["clientSecret"])
    session = app.open_session(["sandbox"], 500, "visitor")
    exchanged = app.exchange(person.approve(session["linkToken"], ["sandbox"], 500), "visitor")
    return Resident(person, app, exchanged["accessToken"], exchanged["connectionId"])


@pytest.fixture
def sign_in(relay: str, visit: Visit) -> Callable[[Resident, str], Page]:
    """Signs a resident in on the way to a page."""

    def enter(resident: Resident, path: str) -> Page:
        page = visit.open(f"{relay}{path}")
        expect(page).to_have_url(re.compile(r"/signin\?next="))
        page.get_by_label("Email").fill(resident.person.email)
        page.get_by_label("Master password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(relay + path)
        return page

    return enter
