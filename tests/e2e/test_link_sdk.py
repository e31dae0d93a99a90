"""The Link SDK as apps use it: its displays, its life cycle, its script under the strictest policy, and its hook in React."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from scripts.layout import ROOT
from tests.e2e import link_steps as steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.e2e.conftest import RegisteredApp, Visit

pytestmark = pytest.mark.e2e

KNOWN = {"linkSessionId", "requestId", "view", "provider", "timestamp"}
# The page of the app and that of its redirect URI in one. `display` is set by the test.
DISPLAYS_JS = """import { OneRelay } from "/link-sdk.js";
globalThis.calls = [];
const note = (name) => (...given) => calls.push([name, ...given]);
globalThis.came = OneRelay.resume({ onSuccess: note("success"), onExit: note("exit") });
const token = async () => (await (await fetch("/session", { method: "POST" })).json()).token;
document.getElementById("connect").addEventListener("click", () => {
  const told = { onSuccess: note("success"), onExit: note("exit"), onEvent: note("event"), onLoad: note("load") };
  globalThis.link = OneRelay.create({ token, apiBaseUrl: "RELAY", display: globalThis.display, ...told });
  link.open();
});
"""
NONCE = "r4nd0m"
SCRIPT_HTML = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title><link rel="icon" href="data:,">
<script nonce="{NONCE}">globalThis.before = []; before = new Set(Object.getOwnPropertyNames(globalThis));</script>
<script nonce="{NONCE}" src="/link.js"></script></head>
<body><div id="tall"></div><button id="connect">Connect</button>
<script nonce="{NONCE}" src="/page.js"></script></body></html>"""
SCRIPT_JS = """globalThis.added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
document.getElementById("tall").style.height = "3000px";
globalThis.calls = [];
globalThis.refused = [];
globalThis.asked = 0;
addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
addEventListener("unhandledrejection", () => refused.push("unhandled rejection"));
const note = (name) => (...given) => calls.push([name, ...given]);
globalThis.make = (token) => OneRelay.create({ token, apiBaseUrl: "RELAY", onSuccess: note("success"), onExit: note("exit"),
  onEvent: note("event"), onLoad: note("load") });
globalThis.fresh = async () => { asked += 1; return (await (await fetch("/session", { method: "POST" })).json()).token; };
"""


@pytest.fixture
def script_page(visit: Visit, app: RegisteredApp) -> Page:
    """A page with the script under a policy of nonces and trusted types; `make(token)` makes a handler, `fresh()` a token."""
    site, relay = app.site, app.server.origin
    site.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{NONCE}' 'strict-dynamic'; connect-src 'self'; img-src data:; frame-src {relay}; "
        "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    site.pages["/link.js"] = ("text/javascript", (ROOT / "clients/link-sdk/dist/link.js").read_bytes())
    site.pages["/page.js"] = ("text/javascript", SCRIPT_JS.replace("RELAY", relay).encode())
    site.pages["/script"] = ("text/html", SCRIPT_HTML.encode())
    return visit.open(f"{site.origin}/script")


def exits(page: Page) -> list[tuple[str | None, str]]:
    """Error code and status of every exit there was."""
    found: list[list[Any]] = page.evaluate("calls.filter(([name]) => name === 'exit')")
    return [(error and error["code"], metadata["status"]) for _, error, metadata in found]


def await_exits(page: Page, count: int) -> list[tuple[str | None, str]]:
    """The exits once there are so many; the page's policy forbids Playwright's own waiting."""
    for _ in range(300):
        if len(exits(page)) >= count:
            break
        page.wait_for_timeout(50)
    return exits(page)


def test_the_script_works_under_the_strictest_policy_and_puts_the_page_back(script_page: Page) -> None:
    page = script_page
    assert page.evaluate("added") == ["OneRelay"]
    page.evaluate("scrollTo(0, 1000); document.documentElement.style.overflow = 'auto'")
    page.evaluate("connect.focus({ preventScroll: true }); globalThis.link = make(fresh); link.open()")
    frame = page.frame_locator("dialog iframe")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    assert page.evaluate("document.documentElement.style.overflow") == "hidden"
    frame.locator("body").press("Escape")
    assert await_exits(page, 1) == [(None, "not_started")]
    assert page.evaluate("[scrollY, document.documentElement.style.overflow, document.activeElement.id]") == [1000, "auto", "connect"]
    assert page.evaluate("document.querySelectorAll('dialog, iframe, style, link[rel=stylesheet]').length") == 0

    calls = page.evaluate("calls")
    assert [name for name, *_ in calls[:2]] == ["load", "event"]
    assert calls[0][1].keys() == KNOWN
    for name, *_, metadata in calls:
        assert metadata.keys() >= KNOWN, name
        assert metadata["linkSessionId"].startswith("lks_"), name
        assert metadata["requestId"].startswith("req_"), name
    assert calls[-1][-1]["view"] == "intro"

    # The function gives each open() a token of its own.
    page.evaluate("link.open()")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    assert page.evaluate("asked") == 2
    page.evaluate("link.exit({ force: true }); link.exit({ force: true }); link.exit()")
    assert await_exits(page, 2) == [(None, "not_started")] * 2
    assert page.evaluate("refused") == []


def test_every_order_of_calls_ends_once_and_leaves_nothing(script_page: Page) -> None:
    page = script_page
    clean = "!document.querySelector('dialog, iframe') && document.documentElement.style.overflow === ''"

    # A promised token that has not come: the page is covered at once; Escape, exit and destroy end it.
    page.evaluate("globalThis.link = make(new Promise((resolve) => { globalThis.give = resolve; })); link.open(); link.open()")
    assert page.evaluate("[document.querySelectorAll('dialog[open]').length, document.querySelectorAll('iframe').length]") == [1, 0]
    page.keyboard.press("Escape")
    assert await_exits(page, 1) == [(None, "not_started")]
    page.evaluate("link.open(); link.exit(); link.exit()")
    assert await_exits(page, 2) == [(None, "not_started")] * 2
    page.evaluate("link.open(); link.destroy(); link.destroy(); link.exit()")
    page.evaluate("fresh().then(give)")
    page.evaluate("link.ready")
    assert page.evaluate(clean)
    page.evaluate("link.open()")
    expect(page.frame_locator("dialog iframe").get_by_role("button", name="Continue")).to_be_visible()

    # Whoever replaces the page's body takes Link with it.
    page.evaluate("document.querySelector('dialog').remove()")
    assert await_exits(page, 3)[2] == (None, "not_started")
    assert page.evaluate(clean)

    # Two at once, ended in the order they began: scrolling is as before.
    page.evaluate("globalThis.first = make(fresh); globalThis.second = make(fresh); first.open(); second.open(); first.destroy()")
    assert page.evaluate("document.documentElement.style.overflow") == "hidden"
    page.evaluate("second.destroy()")
    assert page.evaluate(clean)

    # What can't be a token, or does not come, reaches onExit, and `ready` before that; nobody has to listen to it.
    page.evaluate("calls.length = 0; make('1r_lt_short').open(); make(Promise.reject(new TypeError('Failed to fetch'))).open()")
    page.evaluate("make(() => { throw new RangeError('none') }).open(); make(async () => ({ linkToken: 1 })).open()")
    expected = [("invalid_token", "failed"), *[("token_unavailable", "failed")] * 2, ("invalid_token", "failed")]
    assert sorted(await_exits(page, 4)) == sorted(expected)
    assert page.evaluate("make('nothing').ready.catch((error) => error.code)") == "invalid_token"
    assert page.evaluate("make(fresh).ready.then(() => asked)") == page.evaluate("asked")
    assert page.evaluate(clean)
    assert page.evaluate("refused") == []


@pytest.mark.long
def test_a_callback_that_throws_stops_nothing(new_visit: Callable[..., Visit], app: RegisteredApp) -> None:
    visit = new_visit()
    page = visit.open(app.site.origin)
    page.evaluate(
        """async () => {
             const { OneRelay } = await import("/link-sdk.js");
             const { token, apiBaseUrl } = await (await fetch("/session", { method: "POST" })).json();
             const fail = (name) => (...given) => { calls.push([name, ...given]); throw new Error(name); };
             OneRelay.create({ token, apiBaseUrl, onSuccess: fail("success"), onExit: fail("exit"), onEvent: fail("event"),
               onLoad: fail("load") }).open();
           }"""
    )
    frame = page.frame_locator("dialog iframe")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    frame.locator("body").press("Escape")
    steps.exit_of(page)
    assert steps.is_clean(page)
    assert {"OPEN", "EXIT"} <= set(steps.events_of(page))
    assert {"uncaught: load", "uncaught: event", "uncaught: exit"} <= {text.replace("Error: ", "") for text in visit.complaints}


@pytest.fixture
def displaying(visit: Visit, app: RegisteredApp) -> Callable[[str], Page]:
    """Opens the app's page, whose button opens Link in that display."""
    app.asked |= {"redirectUri": app.site.origin + "/", "state": "s-1"}
    app.site.pages["/app.js"] = ("text/javascript", DISPLAYS_JS.replace("RELAY", app.server.origin).encode())

    def go(display: str) -> Page:
        page = visit.open(app.site.origin)
        page.evaluate("name => { globalThis.display = name; }", display)
        return page

    return go


def test_the_hosted_display_calls_back_the_page_that_opened_it(app: RegisteredApp, displaying: Callable[[str], Page]) -> None:
    page = displaying("hosted")
    with page.expect_popup() as opening:
        page.click("#connect")
    window = opening.value
    assert page.locator("dialog, iframe").count() == 0
    steps.sign_up(window, steps.new_email())
    steps.use_sandbox_key(window)
    with window.expect_event("close"):
        steps.approve(window)
    result = steps.success_of(page)
    assert app.server.exchange(result["publicToken"], "visitor-1")["connectionId"] == result["connectionId"]
    assert (result["providers"], result["budgetCents"], result["isUpdate"]) == (["sandbox"], 500, False)
    (call,) = page.evaluate("calls")
    assert (call[2]["linkSessionId"], call[2]["state"]) == (result["linkSessionId"], "s-1")

    with page.expect_popup() as opening:
        page.evaluate("calls.length = 0; link.open()")
    window = opening.value
    expect(window.get_by_role("button", name="Approve")).to_be_visible()
    window.close()
    assert await_exits(page, 1) == [(None, "exited")]


def test_the_redirect_display_goes_and_comes_back(app: RegisteredApp, displaying: Callable[[str], Page]) -> None:
    page = displaying("redirect")
    page.click("#connect")
    page.wait_for_url(f"{app.server.origin}/link/*")
    steps.sign_up(page, steps.new_email())
    steps.use_sandbox_key(page)
    steps.approve(page)
    page.wait_for_url(f"{app.site.origin}/**")
    result = steps.success_of(page)
    assert app.server.exchange(result["publicToken"], "visitor-1")["connectionId"] == result["connectionId"]
    # The token is in no address any more.
    assert (page.url, page.evaluate("came")) == (f"{app.site.origin}/", True)

    page = displaying("redirect")
    page.click("#connect")
    page.wait_for_url(f"{app.server.origin}/link/*")
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{app.site.origin}/**")
    error, metadata = steps.exit_of(page)
    assert (error, metadata["status"], metadata["state"]) == (None, "exited", "s-1")
    assert urlsplit(page.url).fragment == ""
    page.reload()
    assert page.evaluate("[came, calls.length]") == [False, 0]


@pytest.fixture
def react_page(visit: Visit, app: RegisteredApp) -> Page:
    """An app in React, in development and strict mode, with the package as a bundler finds it."""
    bundle = ["npx", "--no", "--", "esbuild", "clients/link-sdk/tests/browser/hook.tsx", "--bundle", "--jsx=automatic"]
    made = subprocess.run(
        [*bundle, '--define:process.env.NODE_ENV="development"'], cwd=ROOT, check=True, capture_output=True, executable=shutil.which("npx")
    )
    app.site.pages["/hook.js"] = ("text/javascript", made.stdout)
    html = '<!doctype html><title>-</title><link rel="icon" href="data:,"><div id="root"></div><script src="/hook.js"></script>'
    app.site.pages["/react"] = ("text/html", html.encode())
    return visit.open(f"{app.site.origin}/react")


def test_the_hook_survives_strict_mode_changing_tokens_and_unmounting(react_page: Page, app: RegisteredApp) -> None:
    page, relay = react_page, app.server.origin
    first, second = (app.site.answers["/session"]("")["token"] for _ in range(2))
    show = "([token, apiBaseUrl, more]) => show({ token, apiBaseUrl, ...more })"
    frame = page.frame_locator("dialog iframe")
    address = "document.querySelector('dialog iframe').src.split('#')[1]"

    page.evaluate(show, [None, relay, {}])
    expect(page.locator("#connect")).to_be_disabled()
    page.evaluate(show, [first, relay, {"opens": True, "render": "one"}])
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    assert page.locator("dialog").count() == 1

    # Another token while Link shows: the person goes on with the first, and the callbacks are the latest render's.
    page.evaluate(show, [second, relay, {"render": "two"}])
    page.wait_for_timeout(200)
    assert page.evaluate(address) == first
    frame.locator("body").press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    ended = page.evaluate("calls.filter(([name]) => name === 'exit').map(([, render, error, { status }]) => [render, error, status])")
    assert ended == [["two", None, "not_started"]]
    page.click("#connect")
    expect(frame.get_by_role("button", name="Continue")).to_be_visible()
    assert page.evaluate(address) == second
    page.evaluate("exit()")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#connect")).to_be_focused()

    # Mounted open, twice over by strict mode, and unmounted while the token is on its way: nothing is left, nobody is called.
    page.evaluate("show(null)")
    page.evaluate(
        "([token, apiBaseUrl]) => { calls.length = 0; globalThis.late = new Promise((give) => { globalThis.give = () => give(token); });"
        " show({ token: () => late, apiBaseUrl, opens: true }); }",
        [app.site.answers["/session"]("")["token"], relay],
    )
    expect(page.locator("dialog")).to_have_count(1)
    page.evaluate("show(null)")
    expect(page.locator("dialog")).to_have_count(0)
    page.evaluate("give(); exit()")
    page.wait_for_timeout(300)
    assert page.evaluate("[calls.length, document.querySelectorAll('dialog, iframe').length]") == [0, 0]
    assert page.evaluate("document.documentElement.style.overflow") == ""


@pytest.mark.long
def test_the_hook_hands_over_the_public_token(react_page: Page, app: RegisteredApp) -> None:
    page = react_page
    token = app.site.answers["/session"]("")["token"]
    page.evaluate("([token, apiBaseUrl]) => show({ token, apiBaseUrl })", [token, app.server.origin])
    page.click("#connect")
    frame = page.frame_locator("dialog iframe")
    window = steps.press_continue(page, frame)
    steps.sign_up(window, steps.new_email())
    steps.use_sandbox_key(window)
    steps.approve(window)
    expect(page.locator("dialog")).to_have_count(0)
    (success,) = page.evaluate("calls.filter(([name]) => name === 'success')")
    _, _, result, metadata = success
    assert app.server.exchange(result["publicToken"], "visitor-1")["accessToken"].startswith("1r_at_")
    assert metadata["provider"] == "sandbox"
    assert metadata["linkSessionId"] == result["linkSessionId"]
