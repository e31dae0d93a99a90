"""`onerelay link`: an app on this machine is handed an approval; no web page is, and nobody without a look at who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from scripts.demo_parties import App, Chat
from tests.python_sdk.user.machines import PASSWORD, Machine

pytestmark = pytest.mark.e2e

Register = Callable[[str], App]


@contextmanager
def listening(status: int = 200) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """A program of an app's on this machine; yields its redirect address and the queries it got."""
    got: list[dict[str, list[str]]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            got.append(parse_qs(urlsplit(self.path).query))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/done?from=relay", got
        server.shutdown()


def ask(app: App, redirect_uri: str | None, **more: Any) -> dict[str, Any]:
    """A link session for the sandbox."""
    body = {"requestedProviders": ["sandbox"], "budgetSuggestionCents": 500, "clientUserId": "visitor-1", **more}
    if redirect_uri is not None:
        body |= {"redirectUri": redirect_uri, "responseMode": "query", "state": "s", **more}
    return dict(app.call("POST", "/v1/link/sessions", body))


def test_an_app_on_this_machine_is_handed_the_approval(machine: Machine, loopback_app: Register) -> None:
    with listening() as (redirect_uri, got):
        app = loopback_app(redirect_uri)
        session = ask(app, redirect_uri)
        shown = machine.done("link", "show", session["linkUrl"], "--json").value
        assert shown["app"]["verified"] is False
        assert shown["needsBrowser"] is False
        sitting = machine.at_terminal("link", "approve", session["linkUrl"], "--budget", "3", ONERELAY_PASSWORD=PASSWORD)
        sitting.see(redirect_uri.partition("/done")[0])
        sitting.see("Quill� for terminals")
        sitting.see("not verified")
        sitting.see("$3.00")
        sitting.see("Approve? [y/N]: ")
        sitting.type("y")
        sitting.see("Approved")
        assert sitting.end() == 0
        (query,) = got
    assert (query["state"], query["linkSessionId"], query["from"]) == (["s"], [session["id"]], ["relay"])
    assert "1r_pt_" not in sitting.shown
    granted = app.exchange(query["publicToken"][0], "visitor-1")
    assert Chat(machine.relay, granted["accessToken"]).ask("Hello")[0]

    # Update mode hands nothing over, so it needs no address on this machine.
    update = ask(app, None, connectionId=granted["connectionId"], budgetSuggestionCents=900)
    script = ("link", "approve", update["linkToken"], "--yes", "--client-id")
    assert machine.run(*script, "1r_cid_" + "0" * 22, unlocked=True).code == 1
    changed = machine.done(*script, str(app.http.auth[0]), unlocked=True)  # type: ignore[index]  # a pair, always
    assert "now $3.00, then $9.00" in changed.err
    assert app.connection(granted["connectionId"])["budgetCents"] == 900


@pytest.mark.long
def test_no_is_told_to_the_app(machine: Machine, loopback_app: Register) -> None:
    with listening() as (redirect_uri, got):
        app = loopback_app(redirect_uri)
        session = ask(app, redirect_uri)
        sitting = machine.at_terminal("link", "approve", ONERELAY_PASSWORD=PASSWORD)
        sitting.see("Link (or link token): ")
        sitting.type(session["linkUrl"])
        sitting.see("Approve? [y/N]: ")
        sitting.type("")
        assert sitting.end() == 6
    assert session["linkToken"] not in sitting.shown
    assert [query["error"] for query in got] == [["exited"]]
    assert app.call("GET", f"/v1/link/sessions/{session['id']}")["status"] == "exited"
    assert machine.connections() == []


def test_what_cannot_be_handed_over_safely_is_not_approved(machine: Machine, loopback_app: Register) -> None:
    with listening() as (redirect_uri, got):
        app = loopback_app(redirect_uri)
        client_id = str(app.http.auth[0])  # type: ignore[index]
        script = ("--yes", "--client-id", client_id)
        page = ask(app, None)
        assert machine.run("link", "approve", page["linkUrl"], *script, unlocked=True).code == 5
        fragment = ask(app, redirect_uri, responseMode="fragment")
        assert machine.run("link", "approve", fragment["linkUrl"], *script, unlocked=True).code == 5
        assert machine.run("link", "approve", page["linkUrl"], "--yes", unlocked=True).code == 2
        gone = ask(app, redirect_uri)
        assert machine.run("link", "approve", gone["linkUrl"], unlocked=True).code == 6
    assert got == []
    nobody = machine.run("link", "approve", gone["linkUrl"], *script, unlocked=True)
    assert (nobody.code, "nothing was approved" in nobody.err) == (1, True)
    with listening(500) as (redirect_uri, got):
        app = loopback_app(redirect_uri)
        refused = ask(app, redirect_uri)
        script = ("--yes", "--client-id", str(app.http.auth[0]))  # type: ignore[index]
        assert "taken back" in machine.run("link", "approve", refused["linkUrl"], *script, unlocked=True).err
    assert all(one["status"] == "revoked" for one in machine.connections())
    assert not any("1r_pt_" in said for said in machine.said)
