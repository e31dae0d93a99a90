"""A developer's way from registering an app to a first call found in the request log, with the code that the page gives."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from scripts.demo_parties import App, Person
from scripts.layout import ROOT
from tests.e2e.conftest import Visit
from tests.e2e.link_steps import approve, press_continue
from tests.e2e.page_steps import Resident, forgive, saved_secret
from tests.factories import make_png

pytestmark = pytest.mark.e2e
SECRET = "ONERELAY_CLIENT_SECRET"


def free_origin() -> str:
    """An origin of this machine that nobody serves yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://localhost:{probe.getsockname()[1]}"


def register(page: Page, name: str, origins: str, redirects: str = "") -> tuple[str, str]:
    """Fill in the one form; answers the client id and the secret, which is shown this once."""
    page.get_by_role("button", name="Register an app").first.click()
    form = page.get_by_role("dialog", name="Register an app")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Allowed origins").fill(origins)
    if redirects:
        form.locator("summary").click()
        form.get_by_label("Redirect URIs").fill(redirects)
    form.get_by_role("button", name="Register", exact=True).click()
    client_id = page.locator("#secret-client-id")
    expect(client_id).not_to_be_empty()
    return client_id.inner_text(), saved_secret(page)


@contextmanager
def running(command: list[str], folder: Path, secret: str) -> Iterator[None]:
    """The developer's own program, from its first line of output to the end of the test."""
    environment = {**os.environ, SECRET: secret}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Open http://localhost:")
            yield
        finally:
            process.terminate()


def tab(page: Page, name: str) -> None:
    """Go to another page of the app."""
    page.get_by_role("navigation", name="Pages of this app").get_by_role("link", name=name).click()


def tick(page: Page, step: str) -> None:
    """The step has ticked itself."""
    expect(page.locator(f'[data-step="{step}"][data-done]')).to_have_count(1)


def test_from_registering_to_a_call_found_by_its_id(
    sign_in: Callable[[Resident, str], Page], visit: Visit, resident: Resident, tmp_path: Path
) -> None:
    page, origin = sign_in(resident, "/apps"), free_origin()
    client_id, secret = register(page, "Lantern", origin)
    expect(page).to_have_url(re.compile(r"/apps/app_\w+/quickstart$"))
    expect(page.get_by_text("Waiting for your server.")).to_be_visible()
    assert secret not in page.content()
    code = page.locator("#code-server").inner_text()
    assert client_id in code
    (tmp_path / "quickstart.mjs").write_text(code)
    installed = tmp_path / "node_modules" / "@1relay"
    installed.mkdir(parents=True)
    (installed / "node-sdk").symlink_to(ROOT / "clients/node-sdk")
    with running([shutil.which("node") or "node", "quickstart.mjs"], tmp_path, secret):
        own = visit.open(origin)
        own.get_by_role("button", name="Connect").click()
        frame = own.frame_locator("dialog iframe")
        expect(frame.get_by_role("button", name="Continue")).to_be_visible()
        tick(page, "opened")
        approve(press_continue(own, frame))
        answer = own.locator("#answer")
        expect(answer).to_contain_text("requestId")
    request_id = json.loads(answer.inner_text())["relay"]["requestId"]
    page.bring_to_front()
    for step in ("exchanged", "called"):
        tick(page, step)
    tab(page, "Requests")
    page.get_by_label("Request id").fill(request_id)
    page.get_by_role("button", name="Find").click()
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(request_id)
    expect(row).to_contain_text("sandbox-small")
    tab(page, "Overview")
    expect(page.locator(".funnel li").last).to_contain_text("First call1 100 %")
    tab(page, "Connections")
    expect(page.locator("tbody tr")).to_contain_text("visitor-1")
    assert resident.person.email not in page.locator("main").inner_text()


def approved(person: Person, link_token: str) -> str:
    """What the developer's page or redirect URI gets, as the person's device approves."""
    return person.approve(link_token, ["sandbox"], 500)


def shell(commands: str, **environment: str) -> Any:
    """The `data` of what these lines answer."""
    done = subprocess.run(["/bin/sh", "-c", commands], env={**os.environ, **environment}, capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert answer["success"], answer
    return answer["data"]


@pytest.mark.long
def test_the_code_in_python_and_for_the_shell_runs_as_it_stands(
    sign_in: Callable[[Resident, str], Page], resident: Resident, tmp_path: Path
) -> None:
    page, origin = sign_in(resident, "/apps"), free_origin()
    _, secret = register(page, "Lamp", origin, f'{origin}/it\'s "back"?a=1'.replace(" ", ""))
    page.get_by_role("link", name="Python").click()
    (tmp_path / "quickstart.py").write_text(page.locator("#code-server").inner_text())
    with running([sys.executable, "quickstart.py"], tmp_path, secret):
        link_token = requests.post(f"{origin}/link", json={}, timeout=30).json()["linkToken"]
        answer = requests.post(f"{origin}/exchange", json={"publicToken": approved(resident.person, link_token)}, timeout=30).json()
    assert answer["choices"][0]["message"]["content"]
    page.get_by_role("link", name="curl").click()
    lines = {name: page.locator(f"#code-{name}").inner_text() for name in ("session", "exchange", "call")}
    session = shell(lines["session"], **{SECRET: secret})
    assert parse_qs(urlsplit(session["linkUrl"]).query) == {}
    token = approved(resident.person, session["linkToken"])
    exchanged = shell(lines["exchange"], PUBLIC_TOKEN=token, **{SECRET: secret})
    assert shell(lines["call"], ACCESS_TOKEN=exchanged["accessToken"])["choices"]


@pytest.mark.long
def test_an_app_is_changed_guarded_and_deleted(
    relay: str, sign_in: Callable[[Resident, str], Page], visit: Visit, resident: Resident, tmp_path: Path
) -> None:
    page = sign_in(resident, "/apps")
    page.get_by_role("button", name="Register an app").click()
    form = page.get_by_role("dialog", name="Register an app")
    form.get_by_label("Name").fill("Lantern")
    form.get_by_label("Allowed origins").fill("https://lantern.invalid/path")
    form.get_by_role("button", name="Register", exact=True).click()
    expect(form.locator("#app-origins-error")).to_contain_text("Must be an origin")
    forgive(visit, 400)
    form.get_by_label("Allowed origins").fill("https://lantern.invalid\n")
    form.get_by_role("button", name="Register", exact=True).click()
    first = saved_secret(page)
    page.get_by_role("button", name="Allow http://localhost:3000").click()
    expect(page.locator("#local-origin")).to_have_count(0)

    tab(page, "Settings")
    expect(page.get_by_label("Allowed origins")).to_have_value("https://lantern.invalid\nhttp://localhost:3000")
    client_id = page.locator("#client-id").inner_text()
    page.get_by_role("button", name="Rotate the secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Rotate", exact=True).click()
    second = saved_secret(page)
    expect(page.get_by_text("The previous secret works until")).to_be_visible()
    for secret in (first, second):
        assert App(relay, client_id, secret).open_session(["sandbox"], 100, "anyone")["linkToken"]
    page.get_by_role("button", name="Stop it now").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop it now").click()
    expect(page.locator("#previous-secret")).to_have_count(0)
    assert App(relay, client_id, first).send("GET", "/v1/connections").status_code == 401

    picture = tmp_path / "logo.png"
    for size, words in [((64, 32), "Must be square"), ((64, 64), "")]:
        picture.write_bytes(make_png(*size))
        page.locator("#logo-file").set_input_files(picture)
        if words:
            expect(page.locator("#logo-file-error")).to_contain_text(words)
            forgive(visit, 400)
    expect(page.locator("#logo img")).to_have_js_property("naturalWidth", 64)
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#origin-1 [data-why]")).to_contain_text("leads nowhere")
    page.get_by_role("button", name="Turn test mode on").click()
    expect(page.get_by_role("button", name="Turn test mode off")).to_be_visible()
    asked = {"requestedProviders": ["openai"]}
    assert "requestedProviders" in App(relay, client_id, second).send("POST", "/v1/link/sessions", asked).text

    page.get_by_label("Name", exact=True).fill("Lantern 2")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", name="Lantern 2")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Delete the app").click()
    dialog = page.get_by_role("dialog", name="Delete Lantern 2?")
    dialog.get_by_label("Type the app’s name to confirm").fill("Lantern")
    dialog.get_by_role("button", name="Delete app").click()
    expect(dialog.get_by_text("That is not the app’s name.")).to_be_visible()
    dialog.get_by_label("Type the app’s name to confirm").fill("Lantern 2")
    dialog.get_by_role("button", name="Delete app").click()
    expect(page.get_by_text("Register your first app")).to_be_visible()
