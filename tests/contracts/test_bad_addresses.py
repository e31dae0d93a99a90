"""Addresses nobody serves, hosts that are not ours, and what else can be wrong with a request's line and headers."""

from __future__ import annotations

import re

import pytest

from relay.crypto.encoding import b64u_encode
from tests.contracts.conftest import Relay
from tests.contracts.routes import ROUTES, Route
from tests.contracts.test_bad_input import named, sample
from tests.contracts.wire import JSON_TYPE, check_failure

pytestmark = pytest.mark.usefixtures("nothing_changes")
UNKNOWN = (
    "/v1",
    "/v1/",
    "/v1/nope",
    "/v1/auth",
    "/v1/auth/login/",
    "/v1/keys/openai/x",
    "/v1/keys/",
    "/v1//keys",
    "//v1/keys",
    "/v1/%6beys/",
    "/v1/keys%00",
    "/v1/%zz",
    "/v1/%",
    "/v1/%ff%fe",
    "/v1/..%2f..%2fetc%2fpasswd",
    "/v1/../v1/nope",
    "/v1/" + "x" * 8000,
    "/v1/proxy",
    "/v1/openai",
    "/v2/keys",
)
UNKNOWN_DOORS = ("/v1/proxy/", "/v1/proxy/chat", "/v1/proxy/chat/completions/", "/v1/proxy/%00", "/v1/proxy/passthrough")
UNKNOWN_OPENAI = ("/v1/openai/", "/v1/openai/embeddings", "/v1/openai/models/x", "/v1/openai/%zz", "/v1/openai/chat/completions%00")


def test_unknown_routes_are_not_found(relay: Relay) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        for target in UNKNOWN:
            if target.startswith(("/v1/", "/v1")) and not target.startswith("/v1/../"):
                check_failure(relay.send(method, target, JSON_TYPE, b"{}", caller="ada"), "not_found")
        for target in UNKNOWN_DOORS:
            check_failure(relay.send(method, target, JSON_TYPE, b"{}", caller="grant"), "not_found")
        for target in UNKNOWN_OPENAI:
            check_failure(relay.send(method, target, JSON_TYPE, b"{}", caller="grant"), "not_found", shape="openai")


@named([route for route in ROUTES if not route.is_proxy])
def test_another_host_is_not_served(relay: Relay, route: Route) -> None:
    for host in ("evil.example", "", "localhost:x", "a b", "127.0.0.1.evil.example", "\xff", "[::1", "localhost\\@evil.example"):
        headers = {**JSON_TYPE, "Host": host}
        answer = relay.send(route.method, route.target(relay.world), headers, sample(relay, route), caller=route.caller)
        check_failure(answer, "not_found", "invalid_request")
        assert b"evil" not in answer.body


def cursor(text: str) -> str:
    """`cursor=` with this JSON in it."""
    return f"cursor={b64u_encode(text.encode())}"


QUERIES = ("limit=0", "limit=x", "limit=1e3", "limit=-1", "limit=%00", "cursor=%00", "cursor=x", "cursor=W10", "cursor=%ff")
CURSORS = (
    "{}",
    "null",
    "[1, 2]",
    '["2026-01-01T00:00:00+00:00"]',
    '["2026-01-01T00:00:00+00:00", 7]',
    '["2026-01-01T00:00:00", "con_0000000000000000000000"]',
    '["2026-01-01T00:00:00+00:00", "\\ud800"]',
    '["2026-01-01T00:00:00+00:00", "\\u0000"]',
    '["0001-01-01T00:00:00+14:00", "con_0000000000000000000000"]',
    '["9999-12-31T23:59:59-14:00", "con_0000000000000000000000"]',
    "[" * 20_000,
)
OF_CONNECTIONS = ("status=dead", "status=%00", "provider=%00", "provider=" + "x" * 5000, "provider=..")
OF_USAGE = (
    "from=x",
    "to=%00",
    "from=2026-13-45",
    "from=0000-00-00",
    "from=9999-12-31T23:59:59Z",
    "from=2026-02-01&to=2026-01-01",
    "from=1000-01-01",
    "groupBy=secret",
    "groupBy=day,day",
    "groupBy=%00",
    "connectionId=x",
    "connectionId=con_%00",
    "nope=1",
)


def test_bad_queries_of_lists_are_named(relay: Relay) -> None:
    lists = (("/v1/keys", "ada"), ("/v1/apps", "bob"), ("/v1/connections", "ada"), ("/v1/connections", "app"))
    cases = [(path, caller, query) for path, caller in lists for query in (*QUERIES, *map(cursor, CURSORS))]
    cases += [("/v1/connections", "ada", query) for query in OF_CONNECTIONS]
    cases += [("/v1/usage", caller, query) for caller in ("ada", "app") for query in OF_USAGE]
    for path, caller, query in cases:
        answer = relay.send("GET", f"{path}?{query}", caller=caller)
        assert answer.status == 400, (path, query, answer)
        check_failure(answer, "invalid_request")
        assert answer.error["details"]["fields"]


@named(ROUTES)
def test_a_query_nobody_asked_for_is_no_fault_of_ours(relay: Relay, route: Route) -> None:
    for query in ("%00", "%zz=%", "a=%ff", "&&==;", "format=html", "format=api", "_method=DELETE", "x" * 4000):
        answer = relay.send(route.method, f"{route.target(relay.world)}?{query}", JSON_TYPE, b"[]")
        check_failure(
            answer, "unauthenticated", "invalid_json", "invalid_request", "path_not_allowed", shape=route.shape
        ) if route.caller or route.sample else None


@named(ROUTES)
def test_a_request_id_is_kept_or_made(relay: Relay, route: Route) -> None:
    target = route.target(relay.world) + "/nope"
    assert relay.send(route.method, target, {"X-Request-Id": "my-own_Id-42"}).headers["x-request-id"] == "my-own_Id-42"
    for given in ("short", "x" * 65, "with space", "<b>bold</b>", "\xff" * 8, ""):
        found = relay.send(route.method, target, {"X-Request-Id": given}).headers["x-request-id"]
        assert re.fullmatch(r"req_[0-9A-Za-z]{22}", found)


def test_two_credentials_are_one_too_many(relay: Relay) -> None:
    grant = relay.world.headers_of("grant")
    for name in ("x-api-key", "x-goog-api-key", "api-key"):
        headers = {**grant, **JSON_TYPE, name: "another"}
        answer = relay.send("POST", "/v1/proxy/passthrough/sandbox/v1/chat/completions", headers, b"{}")
        check_failure(answer, "invalid_request", shape="passthrough")
