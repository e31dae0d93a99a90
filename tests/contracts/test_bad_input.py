"""Bad input of every kind, over every route of both halves: the envelope, the right code, and nothing changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contracts.conftest import Relay
from tests.contracts.routes import ROUTES, Route, in_code
from tests.contracts.wire import JSON_TYPE, Body, check_failure, check_head

pytestmark = pytest.mark.usefixtures("nothing_changes")
TAKING_A_BODY = [route for route in ROUTES if route.sample is not None]
WITH_A_CALLER = [route for route in ROUTES if route.caller]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND")
MIB = 1024 * 1024


def named(routes: Any) -> Any:
    """A parameter for each route, with its name."""
    return pytest.mark.parametrize("route", routes, ids=str)


@pytest.mark.usefixtures("relay")
def test_every_route_has_its_row() -> None:
    assert in_code() == {str(route) for route in ROUTES}


def submit(relay: Relay, route: Route, headers: dict[str, str] | None = None, body: Body | None = None) -> Any:
    """The route's own call by its own caller, with this body."""
    return relay.send(route.method, route.target(relay.world), headers, body, caller=route.caller)


def sample(relay: Relay, route: Route) -> bytes:
    """A body that the route takes."""
    return json.dumps(route.sample(relay.world)).encode() if route.sample else b""


NOT_JSON: dict[str, bytes] = {
    "nothing closed": b"{",
    "text": b"email=ada",
    "two values": b"{} {}",
    "NaN": b'{"email": NaN}',
    "a duplicate name": b'{"email": "a@b.c", "email": "a@b.c"}',
    "a duplicate name within": b'{"x": [{"a": 1, "a": 2}]}',
    "not UTF-8": b'{"email": "\xff"}',
    "UTF-16": '{"email": "a@b.c"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "65 deep": b'{"x":' * 65 + b"1" + b"}" * 65,
    "a million deep": b"[" * MIB,
    "an integer of 5000 digits": b'{"x": ' + b"1" * 5000 + b"}",
    "zero bytes": b"\0\0\0",
}


@named(TAKING_A_BODY)
def test_what_is_not_json_is_refused(relay: Relay, route: Route) -> None:
    for kind, body in NOT_JSON.items():
        answer = submit(relay, route, JSON_TYPE, body)
        assert answer.status in {400, 413}, (kind, answer)
        check_failure(answer, "invalid_json", "body_too_large", shape=route.shape)


@named(TAKING_A_BODY)
def test_json_that_is_no_object_is_refused(relay: Relay, route: Route) -> None:
    for body in (b"[]", b"null", b'"x"', b"7", b"true", b"[[[]]]"):
        check_failure(submit(relay, route, JSON_TYPE, body), "invalid_json", "invalid_request", shape=route.shape)


@named(TAKING_A_BODY)
def test_other_media_types_are_refused(relay: Relay, route: Route) -> None:
    body = sample(relay, route)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "", "nonsense"):
        check_failure(submit(relay, route, {"Content-Type": kind}, body), "unsupported_media_type", shape=route.shape)
    check_failure(submit(relay, route, {}, body), "unsupported_media_type", shape=route.shape)


@named(TAKING_A_BODY)
def test_ten_megabytes_are_refused(relay: Relay, route: Route) -> None:
    size = 33 if route.is_proxy else 10
    padded = sample(relay, route)[:-1] + b', "note": "' + b"x" * (size * MIB) + b'"}'
    check_failure(submit(relay, route, JSON_TYPE, padded), "body_too_large", shape=route.shape)
    pieces = (padded[start : start + MIB] for start in range(0, len(padded), MIB))
    check_failure(submit(relay, route, JSON_TYPE, pieces), "body_too_large", shape=route.shape)


@named(TAKING_A_BODY)
def test_chunks_without_a_length_are_read_like_any_body(relay: Relay, route: Route) -> None:
    check_failure(submit(relay, route, JSON_TYPE, [b'{"a": 1,', b' "a": 2}']), "invalid_json", shape=route.shape)
    check_failure(submit(relay, route, {"Content-Type": "text/plain"}, [b"x"]), "unsupported_media_type", shape=route.shape)


@named([route for route in ROUTES if not route.is_proxy])
def test_a_client_that_takes_no_json_is_told_so_in_json(relay: Relay, route: Route) -> None:
    for accept in ("text/html", "image/png, text/*;q=0.1", "application/xml"):
        check_failure(submit(relay, route, {**JSON_TYPE, "Accept": accept}, sample(relay, route)), "not_acceptable")


@named(WITH_A_CALLER)
def test_no_failure_is_html_whatever_is_accepted(relay: Relay, route: Route) -> None:
    for accept in ("*/*", "text/html,application/json;q=0", ";;;", "\xff/\xff", "a" * 4000, "*", ""):
        answer = relay.send(route.method, route.target(relay.world), {**JSON_TYPE, "Accept": accept}, b"{}")
        check_failure(answer, "unauthenticated", "not_acceptable", shape=route.shape)


@named({route.path: route for route in ROUTES}.values())
def test_other_methods_are_refused(relay: Relay, route: Route) -> None:
    if route.shape == "passthrough":
        return  # its own list of calls decides: test_passthrough_takes_only_listed_calls
    allowed = {row.method for row in ROUTES if row.path == route.path}
    own_answers = {"HEAD"} if "GET" in allowed and not route.is_proxy else set()
    own_answers |= {"OPTIONS"} if route.is_proxy else set()
    for method in sorted(set(METHODS) - allowed - own_answers):
        answer = relay.send(method, route.target(relay.world), JSON_TYPE, b"{}", caller=route.caller)
        if method == "HEAD":
            check_head(answer, "method_not_allowed")
        else:
            check_failure(answer, "method_not_allowed", shape=route.shape)
            assert allowed <= set(answer.headers["allow"].split(", "))


NO_CALLS = ("v1/files", "", "v1/chat/completions/", "v1//chat/completions", "../openai/v1/chat/completions", "v1/%2e%2e/x", "%00", "%zz")
NO_PROVIDERS = ("acme", "", "%00", "..", "OPENAI", "sandbox%00", "%C3%A9")
NO_QUERIES = ("key=x", "api_key=x", "x=1", "%zz", "a&b", "a%00b=1")


def test_passthrough_takes_only_listed_calls(relay: Relay) -> None:
    door, path = "/v1/proxy/passthrough", "v1/chat/completions"
    cases = [(method, f"{door}/sandbox/{path}", "path_not_allowed") for method in ("GET", "PUT", "PATCH", "DELETE")]
    cases += [("POST", f"{door}/sandbox/{rest}", "path_not_allowed") for rest in NO_CALLS]
    cases += [("POST", f"{door}/{provider}/{path}", "unsupported_provider") for provider in NO_PROVIDERS]
    for method, target, code in cases:
        check_failure(relay.send(method, target, JSON_TYPE, b"{}", caller="grant"), code, shape="passthrough")
    for query in NO_QUERIES:
        answer = relay.send("POST", f"{door}/sandbox/{path}?{query}", JSON_TYPE, b"{}", caller="grant")
        check_failure(answer, "invalid_request", "path_not_allowed", shape="passthrough")


@named(ROUTES)
def test_a_preflight_or_question_about_methods_changes_nothing(relay: Relay, route: Route) -> None:
    headers = {"Origin": "https://stranger.example", "Access-Control-Request-Method": route.method}
    answer = relay.send("OPTIONS", route.target(relay.world), headers)
    if route.is_proxy:
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    else:
        check_failure(answer, "method_not_allowed", "unauthenticated")
        assert not any(name.startswith("access-control-") for name in answer.headers)
