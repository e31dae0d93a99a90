"""Pages of a running relay with clients/core in them and none of the product's own scripts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page, Request, Route

from tests.e2e.core_bundles import BUNDLES

PASSWORD = "correct horse " + "battery staple"
_BUNDLE = "/static/dist/core-under-test.js"
_BLANK = "/blank-for-tests"
# The names a page of the product carries, as far as they are known to this tab.
_HTML = """<!doctype html><title>t</title><meta name="user-id" content="{user}"><meta name="session-id" content="{session}">
<meta name="csrf-token" content="{csrf}">"""


@dataclass
class Tab:
    """One tab: `account` of clients/core is in its window, `states` are those it was told of."""

    page: Page
    sent: list[Request] = field(default_factory=list)

    def run(self, script: str, argument: Any = None) -> Any:
        """Evaluate `script` with `core`, `account`, `vault` and the argument `it` in scope; failures as {code, reason}."""
        wrapped = f"""async (it) => {{
          const {{ core, account }} = window;
          const vault = account.vault;
          try {{ return await (async () => {{ {script} }})(); }}
          catch (error) {{ if (!error.code) throw error; return {{ code: error.code, reason: error.reason ?? null }}; }}
        }}"""
        return self.page.evaluate(wrapped, argument)

    @property
    def state(self) -> str:
        """Of the account, as it is now."""
        return str(self.run("return account.state;"))

    def await_state(self, state: str) -> None:
        """Wait until the account is in that state."""
        self.page.wait_for_function("(state) => window.account.state === state", arg=state)


@dataclass
class Browser:
    """One person's browser at one relay."""

    context: BrowserContext
    relay: str
    names: dict[str, str] = field(default_factory=lambda: {"user": "", "session": "", "csrf": ""})

    def open(self) -> Tab:
        """A new tab, as the product serves it to whoever is signed in."""
        tab = Tab(self.context.new_page())
        self.names = self._names()
        page = tab.page
        # A function of its own: Playwright marks its handlers, and a builtin can't be marked.
        page.on("request", lambda request: tab.sent.append(request))
        page.route(self.relay + _BLANK, self._serve_blank)
        page.route(self.relay + _BUNDLE, lambda route: route.fulfill(path=BUNDLES / "account.js"))
        page.goto(self.relay + _BLANK)
        page.evaluate(
            f"""async () => {{
              window.core = await import("{_BUNDLE}");
              window.account = core.Account.fromPage();
              window.states = [];
              account.onChange((state) => states.push(state));
            }}"""
        )
        return tab

    def sign_up(self) -> tuple[Tab, str]:
        """A tab with a new account's unlocked vault, and the email."""
        tab, email = self.open(), new_email()
        done = tab.run("return core.signUp(account, it).then(() => 'done');", {"email": email, "password": PASSWORD})
        assert done == "done"
        return tab, email

    def stored(self) -> dict[str, str]:
        """Local storage of the relay's origin."""
        return dict(self.context.pages[0].evaluate("() => ({ ...localStorage })"))

    def _serve_blank(self, route: Route) -> None:
        route.fulfill(content_type="text/html", body=_HTML.format(**self.names))

    def _names(self) -> dict[str, str]:
        answer = self.context.request.get(f"{self.relay}/v1/auth/me").json()
        if not answer["success"]:
            return {"user": "", "session": "", "csrf": ""}
        me = answer["data"]
        return {"user": me["user"]["id"], "session": me["sessionId"], "csrf": me["csrfToken"]}


def new_email() -> str:
    """An address nobody has used."""
    return f"person-{secrets.token_hex(6)}@example.com"


def lie(page: Page, address: str, **changes: Any) -> None:
    """Let answers of the relay at that address pattern arrive with members of `data` changed."""

    def answer(route: Route) -> None:
        response = route.fetch()
        envelope = response.json()
        envelope["data"].update(changes)
        route.fulfill(response=response, json=envelope)

    page.route(address, answer)
