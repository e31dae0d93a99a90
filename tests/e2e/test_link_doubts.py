"""Link when the screen and the truth might part: answers lost, connections changed elsewhere, other people, pages that are left."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.e2e import link_steps as steps
from tests.e2e.conftest import PASSWORD, Visit
from tests.e2e.core_bundles import FLAGS
from tests.e2e.test_link_update import REFUSED, WORKS, connected, sign_in
from tests.e2e.test_link_ways_out import awaited, consenting, outcomes, session_of

if TYPE_CHECKING:
    from tests.e2e.conftest import RegisteredApp

pytestmark = pytest.mark.e2e

NewVisit = Callable[..., Visit]
AUTHORIZE = "**/v1/link/authorize"
PROJECT_KEY = "sk-" + "proj-" + "q" * 40


def ending(page: Page) -> tuple[list[str], str | None, str]:
    """What the app was called back with, the error's code, and the status."""
    error, metadata = steps.exit_of(page)
    return outcomes(page), error["code"] if error else None, metadata["status"]


def test_while_an_approval_is_on_its_way_nobody_leaves_by_a_button_and_closing_the_window_tells_no_untruth(
    new_visit: NewVisit, app: RegisteredApp
) -> None:
    page, frame, window = consenting(new_visit(), app)
    held: list[Route] = []
    window.route(AUTHORIZE, lambda route: held.append(route))
    steps.approve(window)
    leave = frame.get_by_role("button", name="Cancel")
    expect(leave).to_be_disabled()
    expect(frame.get_by_role("button", name="Close 1Relay Link")).to_be_disabled()
    for name in ("Cancel", "Not you?"):
        expect(window.get_by_role("button", name=name)).to_be_disabled()
    frame.locator("body").press("Escape")
    page.wait_for_timeout(300)
    assert outcomes(page) == []
    # A refusal settles it: the buttons are back, and may be pressed again without a word of doubt.
    held[0].fulfill(
        status=409, json={"success": False, "error": {"code": "conflict", "message": "Not now.", "requestId": "req_1", "details": {}}}
    )
    expect(window.locator("#approve-error")).to_have_text("Not now.")
    expect(leave).to_be_enabled()
    steps.approve(window)
    expect(leave).to_be_disabled()
    session_id = session_of(page)
    while len(held) < 2:  # sent; a window that closes before has nothing to be in doubt of
        window.wait_for_timeout(50)
    with socket.create_server(("127.0.0.1", 0)) as nobody:  # a request that is only held may be let go as its window closes
        held[1].continue_(url=f"http://127.0.0.1:{nobody.getsockname()[1]}/")
        nobody.settimeout(20)
        with nobody.accept()[0]:
            window.close()
    assert ending(page) == (["exit"], "approval_unknown", "failed")
    assert awaited(app, session_id, "exited") == "exited"  # nothing had arrived, and nothing can any more


@pytest.mark.long
def test_leaving_after_a_lost_answer_tells_the_app_that_nobody_knows(new_visit: NewVisit, app: RegisteredApp) -> None:
    page, _, window = consenting(new_visit(), app)

    def lose_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    window.route(AUTHORIZE, lose_answer)
    steps.approve(window)
    expect(window.locator("#approve-error")).to_contain_text("It may have been approved all the same.")
    session_id = session_of(page)
    steps.cancel(window)
    assert ending(page) == (["exit"], "approval_unknown", "failed")
    assert awaited(app, session_id, "authorized") == "authorized"


@pytest.mark.long
def test_a_connection_changed_elsewhere_is_shown_again_before_anything_is_sent(new_visit: NewVisit, relay: str, app: RegisteredApp) -> None:
    person, connection_id, _ = connected(relay, app, WORKS)
    path = f"/v1/connections/{connection_id}"
    person.call("PATCH", path, {"limits": {"dailyCents": 200}})
    limits = {"dailyCents": 200, "requestsPerMinute": 9}
    app.asked = {"requestedProviders": ["sandbox"], "connectionId": connection_id, "limits": limits}
    page, frame = steps.press_connect(new_visit(), app)
    window = steps.press_continue(page, frame)
    sign_in(window, person.email)
    expect(window.locator("#terms")).to_contain_text("Any number of calls→then At most 9 calls")
    expect(window.locator("#terms")).not_to_contain_text("$2.00")  # stays
    sent: list[Any] = []

    def note(request: Request) -> None:
        if "/link/authorize" in request.url:
            sent.append(request.post_data_json)

    window.on("request", note)
    save = window.get_by_role("button", name="Save changes")
    expect(save).to_be_enabled()
    person.call("PATCH", path, {"budgetCents": 300, "limits": {"dailyCents": 100}})
    save.click()
    expect(window.locator("#approve-error")).to_contain_text("changed elsewhere meanwhile")
    expect(window.locator("#terms")).to_contain_text("At most $1.00→then At most $2.00")
    expect(window.locator("#stays")).to_contain_text("$3.00 a month")
    assert sent == []
    person.call("PATCH", path, {"limits": {"dailyCents": 200}})
    save.click()
    expect(window.locator("#terms")).not_to_contain_text("$2.00")
    save.click()
    assert steps.success_of(page)["budgetCents"] == 300
    assert [set(body) & {"budgetCents", "limits"} for body in sent] == [{"limits"}]
    assert sent[0]["limits"] == {"requestsPerMinute": 9}


@pytest.mark.long
def test_what_one_person_read_nobody_else_approves(new_visit: NewVisit, app: RegisteredApp, relay: str) -> None:
    visit, others = new_visit(), new_visit()
    page, _, window = consenting(visit, app)
    other = steps.new_email()
    signup = others.open(f"{relay}/signup")
    signup.get_by_label("Email").fill(other)
    signup.get_by_label("Master password").fill(PASSWORD)
    signup.get_by_label("The same password again").fill(PASSWORD)
    signup.get_by_role("button", name="Create vault").click()
    signup.get_by_role("button", name="Skip for now").click()
    signup.wait_for_url(f"{relay}/overview")
    # Underneath: no tab says a word of it.
    visit.context.clear_cookies()
    visit.context.add_cookies(others.context.cookies())  # type: ignore[arg-type]  # what one gives the other takes
    steps.approve(window)
    window.wait_for_timeout(2000)
    assert outcomes(page) == []
    assert app.server.call("GET", f"/v1/link/sessions/{session_of(page)}")["status"] == "open"
    expect(window.locator("#approve-error")).not_to_be_empty()
    window.reload()
    expect(window.get_by_role("heading", name="Unlock your vault")).to_be_visible()
    expect(window.locator("#unlock-email")).to_have_value(other)


@pytest.fixture
def remembering(chromium: Browser) -> Iterator[Browser]:
    """A browser that keeps whole pages for its back button, as people's do."""
    forgetting = ["--disable-back-forward-cache"]
    browser = chromium.browser_type.launch(executable_path=shutil.which("chromium"), args=FLAGS, ignore_default_args=forgetting)
    yield browser
    browser.close()


@pytest.mark.long
def test_passwords_go_with_the_form_and_with_the_page(remembering: Browser, app: RegisteredApp) -> None:
    app.asked |= {"redirectUri": app.site.origin + "/"}
    window = Visit(remembering.new_context()).open(app.site.answers["/session"]("")["linkUrl"])
    fields = window.locator("#password"), window.locator("#password-again")
    window.get_by_role("button", name="Create a vault").click()
    for field in fields:
        field.fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    for field in fields:
        expect(field).to_have_value("")
    fields[0].fill(PASSWORD)
    window.evaluate(
        """() => {
          addEventListener("pagehide", () => { sessionStorage.left = document.getElementById("password").value; });
          addEventListener("pageshow", (event) => { sessionStorage.kept = event.persisted; });
        }"""
    )
    window.goto(app.site.origin)
    window.go_back()
    expect(window.get_by_role("heading", name="Sign in to 1Relay")).to_be_visible()
    expect(fields[0]).to_have_value("")
    assert window.evaluate("[sessionStorage.left, sessionStorage.kept]") in (["", "true"], ["", None])


@pytest.mark.long
def test_every_fact_of_a_key_check_is_said(new_visit: NewVisit, relay: str, app: RegisteredApp) -> None:
    person, connection_id, _ = connected(relay, app, REFUSED)
    app.asked = {"requestedProviders": ["sandbox", "openai"], "connectionId": connection_id}
    page, frame = steps.press_connect(new_visit(), app)
    window = steps.press_continue(page, frame)
    sign_in(window, person.email)

    def said(provider: str, key: str, button: str) -> str:
        window.fill(f"#key-{provider}", key)
        window.get_by_role("button", name=button, exact=True).click()
        notice = window.locator(".link-key .notice__text strong")
        expect(notice).to_be_visible()
        return notice.inner_text()

    window.get_by_role("button", name="Add key (OpenAI)").click()
    assert said("openai", "gsk" + "_" + "q" * 52, "Add key") == "This looks like a key of Groq."
    scope = {"error": {"message": "You have insufficient permissions for this operation. Missing scopes: model.request.", "code": None}}
    window.route("**/v1/proxy/passthrough/openai/**", lambda route: route.fulfill(status=403, json=scope))
    assert said("openai", PROJECT_KEY, "Add key") == "This key may not use models."
    window.fill("#key-openai", "sk-" + "admin-" + "q" * 40)
    window.get_by_role("button", name="Add key", exact=True).click()
    expect(window.locator("#key-openai-error")).to_contain_text("dmin")
    window.get_by_role("button", name="Not now").click()
    window.get_by_role("button", name="Replace key (Sandbox)").click()
    assert said("sandbox", "sandbox-key-" + "quota", "Replace key") == "The account has no credit left."
    assert said("sandbox", REFUSED, "Replace key") == "Sandbox refuses the key."
    window.fill("#key-sandbox", WORKS)
    window.get_by_role("button", name="Replace key", exact=True).click()
    expect(window.locator(".link-provider").filter(has_text="Replaced")).to_contain_text("The key works.")
