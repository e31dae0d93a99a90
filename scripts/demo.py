"""The whole flow in the terminal, without a browser: from a key on a device to a proxied call, and its end. `make demo`.

Starts a relay of its own in a temporary folder, or uses the one at RELAY_URL. Exit status 0 only if every step did what it says.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from relay.crypto.errors import CryptoError
from scripts.demo_parties import App, Chat, Json, Person, Refused, settled
from scripts.demo_relay import running_relay
from scripts.machine import Missing

_BUDGET_CENTS = 100
_VISITOR = "visitor-42"
_WORKING_KEY = "sandbox-key-works"
_EXHAUSTED_KEY = "sandbox-key-quota"
_MOST_CALLS = 200


class Unexpected(Exception):
    """A step did something else than it should."""


class Show:
    """Numbered steps on the terminal, in colour where it is one."""

    def __init__(self) -> None:
        self._number = 0
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def step(self, title: str) -> None:
        """A heading for what comes now."""
        self._number += 1
        print(f"\n{self._paint('1;36', f'{self._number:>2}. {title}')}", flush=True)

    def say(self, text: str) -> None:
        """One line of what happened."""
        print(f"    {text}", flush=True)

    def good(self, text: str) -> None:
        """One line of what was checked."""
        self.say(f"{self._paint('32', '✓')} {text}")

    def bad(self, text: str) -> None:
        """The line that ends an unlucky demonstration."""
        print(f"    {self._paint('31', '✗')} {text}", file=sys.stderr, flush=True)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def walk(origin: str, show: Show) -> None:
    """The story in order. Raises Unexpected, Refused, CryptoError."""
    alice = _person(origin, show)
    app = _app(origin, show)
    public_token = _consent(alice, app, show)
    granted = _exchange(app, public_token, show)
    chat = Chat(origin, granted["accessToken"])
    _ask(chat, show)
    _stream(chat, show)
    _spending(alice, app, granted["connectionId"], show)
    _failing_key(alice, chat, granted["connectionId"], show)
    _small_budget(alice, chat, granted["connectionId"], show)
    _revoke(alice, chat, granted["connectionId"], show)


def _person(origin: str, show: Show) -> Person:
    show.step("Alice registers and adds an AI key")
    alice = Person(origin, f"alice-{secrets.token_hex(4)}@example.com", secrets.token_urlsafe(18))
    account = alice.register()
    show.good(f"registered {account['user']['email']}: her password stayed on her device, a public key went to the relay")
    kept = alice.put_key("sandbox", _WORKING_KEY, "demonstration")
    show.good(f"the relay keeps her sandbox key as {kept['ciphertext'][:24]}… and can't open it")
    _expect(_WORKING_KEY not in str(kept), "the key is not in the answer in clear")
    alice.log_in()
    _expect(alice.read_keys() == {"sandbox": _WORKING_KEY}, "a second device gets the key back")
    show.good("signed in on a second device: the key opens there")
    return alice


def _app(origin: str, show: Show) -> App:
    show.step("A developer registers an app")
    developer = Person(origin, f"dev-{secrets.token_hex(4)}@example.com", secrets.token_urlsafe(18))
    developer.register()
    registered = developer.call("POST", "/v1/apps", {"name": "Terminal chat", "allowedOrigins": ["http://localhost:3000"]})
    show.good(f"client id {registered['clientId']}, and a client secret that is shown this once")
    return App(origin, registered["clientId"], registered["clientSecret"])


def _consent(alice: Person, app: App, show: Show) -> str:
    show.step("The app asks, Alice approves on her device")
    session = app.open_session(["sandbox"], 500, _VISITOR)
    show.good(f"link session {session['id']}: asks for sandbox and suggests $5.00 a month")
    public_token = alice.approve(session["linkToken"], ["sandbox"], _BUDGET_CENTS)
    show.good("Alice allows $1.00 a month; her device sealed the key for this one connection")
    return public_token


def _exchange(app: App, public_token: str, show: Show) -> Json:
    show.step("The app's server exchanges the public token, once")
    granted = app.exchange(public_token, _VISITOR)
    _expect(granted["providers"] == ["sandbox"], "the grant is for sandbox alone")
    _expect(granted["budgetCents"] == _BUDGET_CENTS, "the budget is the one Alice chose")
    show.good(f"an access token for connection {granted['connectionId']}")
    again = _refused(lambda: app.exchange(public_token, _VISITOR))
    show.good(f"the same public token a second time: {again.status} {again.code}")
    return granted


def _ask(chat: Chat, show: Show) -> None:
    show.step("A chat call through the relay")
    answer, response = chat.ask("Hello! Who pays for this?")
    show.say(f"“{answer}”")
    cost = int(response.headers["X-1Relay-Cost-Micros"])
    left = int(response.headers["X-1Relay-Budget-Remaining-Micros"])
    _expect(cost > 0, "the call cost something")
    _expect(left == _BUDGET_CENTS * 10_000 - cost, "what is left is the budget less the cost")
    show.good(f"it cost {_dollars(cost)}; {_dollars(left)} are left this month")


def _stream(chat: Chat, show: Show) -> None:
    show.step("The same as a stream")
    print("    “", end="", flush=True)
    pieces = 0
    for piece in chat.stream("Tell me a little more."):
        print(piece, end="", flush=True)
        pieces += bool(piece)
    print("”")
    _expect(pieces > 1, "the answer came in pieces")
    show.good(f"{pieces} pieces, then the end mark")


def _spending(alice: Person, app: App, connection_id: str, show: Show) -> None:
    show.step("What it cost, as each side sees it")
    seen = settled(lambda: app.connection(connection_id))
    totals = alice.call("GET", "/v1/usage")["totals"]
    _expect(totals["requests"] == 2, "two calls are in the ledger")
    _expect(totals["costMicros"] == seen["spentMicros"], "usage and budget agree")
    _expect(seen["heldMicros"] == 0, "nothing is held any more")
    show.good(f"the app: {_dollars(seen['spentMicros'])} of {_dollars(seen['budgetCents'] * 10_000)} spent")
    show.good(f"Alice: {totals['requests']} calls, {totals['inputTokens']} tokens in, {totals['outputTokens']} out")


def _failing_key(alice: Person, chat: Chat, connection_id: str, show: Show) -> None:
    show.step("The provider refuses the key: Alice replaces it, the app does nothing")
    alice.put_key("sandbox", _EXHAUSTED_KEY)
    refusal = _refused(lambda: chat.ask("Still there?"))
    show.good(f"a key without quota: {refusal.status} “{refusal.message}”")
    attention = alice.call("GET", f"/v1/connections/{connection_id}")["needsAttention"]
    show.good(f"her dashboard says what needs attention: {attention['code'] if attention else 'nothing'}")
    alice.put_key("sandbox", _WORKING_KEY)
    chat.ask("And now?")
    _expect(not alice.call("GET", f"/v1/connections/{connection_id}")["needsAttention"], "the new key cleared it")
    show.good("replaced in her vault and sealed anew: the same access token works again")


def _small_budget(alice: Person, chat: Chat, connection_id: str, show: Show) -> None:
    already = settled(lambda: dict(alice.call("GET", f"/v1/connections/{connection_id}")))["spentMicros"]
    cents = -(-already // 10_000) + 10
    show.step("Alice lowers the budget, and the app goes on until a call no longer fits")
    alice.call("PATCH", f"/v1/connections/{connection_id}", {"budgetCents": cents})
    calls = 0
    refusal = None
    while refusal is None:
        calls += 1
        _expect(calls <= _MOST_CALLS, "a small budget ends")
        refusal = _refusal_of(lambda: chat.ask("One more?"))
    _expect((refusal.status, refusal.code) == (402, "budget_exceeded"), "the budget ends the calls")
    spent = settled(lambda: dict(alice.call("GET", f"/v1/connections/{connection_id}")))["spentMicros"]
    _expect(already < spent <= cents * 10_000, "not a nano-dollar more than the budget is spent")
    show.good(f"call {calls}: {refusal.status} {refusal.code}; {_dollars(spent)} of {_dollars(cents * 10_000)} spent")
    show.say(f"it resets {refusal.details['resetsAt']}, unless Alice raises it")


def _revoke(alice: Person, chat: Chat, connection_id: str, show: Show) -> None:
    show.step("Alice revokes the connection")
    alice.call("DELETE", f"/v1/connections/{connection_id}")
    refusal = _refused(lambda: chat.ask("Hello?"))
    _expect((refusal.status, refusal.code) == (401, "connection_revoked"), "a revoked connection is refused")
    show.good(f"the next call: {refusal.status} {refusal.code}; the sealed key is gone from the relay")


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise Unexpected(f"expected that {what}")


def _refused(call: Callable[[], Any]) -> Refused:
    refusal = _refusal_of(call)
    if refusal is None:
        raise Unexpected("expected a refusal, and the call went through")
    return refusal


def _refusal_of(call: Callable[[], Any]) -> Refused | None:
    try:
        call()
    except Refused as refusal:
        return refusal
    return None


def _dollars(micros: int) -> str:
    return f"${micros / 1_000_000:.6f}"


@contextmanager
def _relay(show: Show) -> Iterator[str]:
    """The origin of the relay at RELAY_URL, or of one that lives as long as the demonstration."""
    show.step("A relay")
    if given := os.environ.get("RELAY_URL"):
        show.good(f"using the one at {given}")
        yield given.rstrip("/")
        return
    with tempfile.TemporaryDirectory(prefix="1relay-demo-") as folder, running_relay(Path(folder)) as origin:
        show.good(f"serving at {origin}, its data in a temporary folder")
        yield origin


def main() -> int:
    """Walk from the command line."""
    show = Show()
    try:
        with _relay(show) as origin:
            walk(origin, show)
    except requests.ConnectionError:
        show.bad("The relay does not answer.")
        return 1
    except (Unexpected, Refused, CryptoError, Missing, requests.RequestException) as trouble:
        show.bad(str(trouble) or type(trouble).__name__)
        return 1
    except KeyboardInterrupt:
        return 130
    print("\nEvery step did what it should. With a browser: make run\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
