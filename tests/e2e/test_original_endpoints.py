"""The API reference of the original product's documentation page: every endpoint by its path there, on a running server."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from scripts.demo_parties import App, Caller, Chat, Person, settled
from scripts.demo_relay import running_relay

pytestmark = pytest.mark.e2e

# As listed on the page, in its order.
ORIGINAL = [
    "POST /v1/auth/register",
    "POST /v1/auth/login",
    "GET /v1/keys",
    "POST /v1/keys",
    "DELETE /v1/keys/:provider",
    "POST /v1/apps",
    "GET /v1/apps",
    "POST /v1/link/sessions",
    "POST /v1/link/authorize",
    "POST /v1/link/exchange",
    "POST /v1/proxy/chat/completions",
    "POST /v1/proxy/passthrough/:provider/*",
    "GET /v1/connections",
    "DELETE /v1/connections/:id",
    "GET /v1/usage",
]
ORIGIN = "http://localhost:3000"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A relay of this test's own."""
    with running_relay(tmp_path_factory.mktemp("original")) as address:
        yield address


class Log:
    """Looks at every answer of the parties that it watches: the envelope, the request id, and which endpoint it was."""

    def __init__(self) -> None:
        self.seen: dict[str, requests.Response] = {}

    def watch(self, caller: Caller) -> None:
        caller.http.hooks["response"].append(self._note)

    def _note(self, response: requests.Response, *_args: Any, **_options: Any) -> None:
        request = response.request
        path = (request.path_url or "").partition("?")[0]
        self.seen[f"{request.method} {path}"] = response

    def check(self, endpoint: str, status: int) -> Any:
        """The `data` of the last answer of this endpoint, its envelope checked."""
        response = self.seen[endpoint]
        assert response.status_code == status, response.text
        assert response.headers["Content-Type"].startswith("application/json")
        assert response.headers["X-Request-Id"]
        answer = response.json()
        assert answer["success"] is True
        assert set(answer) == {"success", "data"}
        return answer["data"]


def test_the_fifteen_endpoints_of_the_original_page_answer_in_its_envelope(origin: str) -> None:
    log, checked = Log(), []

    def check(original: str, status: int, path: str | None = None) -> Any:
        checked.append(original)
        method, _, template = original.partition(" ")
        return log.check(f"{method} {path or template}", status)

    password = secrets.token_urlsafe(18)
    person = Person(origin, f"reader-{secrets.token_hex(4)}@example.com", password)
    log.watch(person)
    person.register()
    assert check("POST /v1/auth/register", 201)["user"]["email"] == person.email

    second = _second_device(person, password, log)
    assert check("POST /v1/auth/login", 200)["wrappedVaultKey"]

    person.put_key("sandbox", "sandbox-key-" + "works", "for the test")
    assert check("POST /v1/keys", 201)["provider"] == "sandbox"
    assert second.read_keys() == {"sandbox": "sandbox-key-" + "works"}
    assert [item["provider"] for item in check("GET /v1/keys", 200)["items"]] == ["sandbox"]

    registered = person.call("POST", "/v1/apps", {"name": "Reader", "allowedOrigins": [ORIGIN]})
    assert check("POST /v1/apps", 201)["clientSecret"] == registered["clientSecret"]
    person.call("GET", "/v1/apps")
    listed = check("GET /v1/apps", 200)
    assert [app["clientId"] for app in listed["items"]] == [registered["clientId"]]
    assert registered["clientSecret"] not in str(listed)

    app = App(origin, registered["clientId"], registered["clientSecret"])
    log.watch(app)
    session = app.open_session(["sandbox"], 1000, "visitor-1")
    assert check("POST /v1/link/sessions", 201)["linkToken"] == session["linkToken"]
    public_token = person.approve(session["linkToken"], ["sandbox"], 1000)
    assert check("POST /v1/link/authorize", 200)["connectionId"]
    granted = app.exchange(public_token, "visitor-1")
    assert check("POST /v1/link/exchange", 200)["accessToken"] == granted["accessToken"]

    chat = Chat(origin, granted["accessToken"])
    log.watch(chat)
    answer, _ = chat.ask("Hello!")
    assert check("POST /v1/proxy/chat/completions", 200)["choices"][0]["message"]["content"] == answer
    assert answer
    _check_passthrough(chat)
    checked.append("POST /v1/proxy/passthrough/:provider/*")

    settled(lambda: person.connections()[0])
    (connection,) = check("GET /v1/connections", 200)["items"]
    assert connection["id"] == granted["connectionId"]
    person.call("GET", "/v1/usage")
    totals = check("GET /v1/usage", 200)["totals"]
    assert totals["requests"] == 2
    assert totals["costMicros"] == connection["spentMicros"] > 0

    person.call("DELETE", "/v1/keys/sandbox")
    assert check("DELETE /v1/keys/:provider", 200, "/v1/keys/sandbox")["connectionsAffected"] == 1
    again = _connection(person, app)
    person.call("DELETE", f"/v1/connections/{again}")
    assert check("DELETE /v1/connections/:id", 200, f"/v1/connections/{again}") == {}

    assert sorted(checked) == sorted(ORIGINAL)


def _second_device(person: Person, password: str, log: Log) -> Person:
    """The same person on another device; its calls are watched as well."""
    device_two = Person(person.origin, person.email, password)
    log.watch(device_two)
    device_two.log_in()
    return device_two


def _check_passthrough(chat: Chat) -> None:
    """The provider's own answer, in no envelope: its own SDK reads it."""
    body = {"model": "sandbox-small", "messages": [{"role": "user", "content": "Hello!"}]}
    response = chat.send("POST", "/v1/proxy/passthrough/sandbox/v1/chat/completions", body)
    assert response.status_code == 200, response.text
    assert response.json()["choices"][0]["message"]["content"]
    assert int(response.headers["X-1Relay-Cost-Micros"]) > 0
    refused = chat.send("POST", "/v1/proxy/passthrough/sandbox/v1/files", {})
    assert refused.status_code == 403
    assert refused.json()["success"] is False
    assert refused.json()["error"]["code"] == "path_not_allowed"


def _connection(person: Person, app: App) -> str:
    """A further connection, after the first has lost its only key."""
    person.put_key("sandbox", "sandbox-key-" + "works")
    session = app.open_session(["sandbox"], 1000, "visitor-2")
    granted = app.exchange(person.approve(session["linkToken"], ["sandbox"], 1000), "visitor-2")
    return str(granted["connectionId"])
