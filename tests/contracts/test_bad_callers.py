"""The wrong caller on every route: nobody, another kind, another person, without elevation."""

from __future__ import annotations

import base64
import json

import pytest

from tests.contracts.conftest import Relay
from tests.contracts.routes import ROUTES, Route
from tests.contracts.test_bad_input import named, sample
from tests.contracts.wire import JSON_TYPE, check_failure, check_head

pytestmark = pytest.mark.usefixtures("nothing_changes")
KINDS = {"ada": "user", "bob": "user", "page": "user", "app": "app", "link": "link", "grant": "grant"}
WITH_A_CALLER = [route for route in ROUTES if route.caller]


def told_to(route: Route, kind: str) -> str:
    """The code for a live credential of another kind."""
    expected = KINDS[route.caller]
    if kind == "app":
        return route.as_app
    return "unauthenticated" if expected == "app" else "invalid_token"


@named(WITH_A_CALLER)
def test_nobody_is_refused(relay: Relay, route: Route) -> None:
    answer = relay.send(route.method, route.target(relay.world), JSON_TYPE, sample(relay, route))
    check_failure(answer, "unauthenticated", shape=route.shape)
    if route.method == "GET" and not route.is_proxy:
        check_head(relay.send("HEAD", route.target(relay.world)), "unauthenticated")


@named(WITH_A_CALLER)
def test_two_credentials_are_one_too_many(relay: Relay, route: Route) -> None:
    own = relay.world.headers_of("ada" if route.caller == "page" else route.caller)
    others = (relay.world.headers_of("app"), relay.world.headers_of("link"), relay.world.headers_of("mallory"))
    for other in others:
        if other["Authorization"] != own["Authorization"]:
            two = {**own, **JSON_TYPE, "authorization": other["Authorization"]}
            answer = relay.send(route.method, route.target(relay.world), two, sample(relay, route))
            check_failure(answer, "invalid_request", "unauthenticated" if route.is_proxy else "invalid_request", shape=route.shape)


@named(WITH_A_CALLER)
def test_other_kinds_of_callers_are_refused(relay: Relay, route: Route) -> None:
    for caller in ("ada", "app", "link", "grant"):
        expected = told_to(route, KINDS[caller])
        if KINDS[caller] == KINDS[route.caller] or not expected:
            continue
        answer = relay.send(route.method, route.target(relay.world), JSON_TYPE, sample(relay, route), caller=caller)
        check_failure(answer, expected, shape=route.shape)


@named(WITH_A_CALLER)
def test_broken_credentials_are_refused(relay: Relay, route: Route) -> None:
    token = relay.world.headers_of("ada")["Authorization"][len("Bearer ") :]
    wrong = base64.b64encode(f"{relay.world.chat.app.client_id}:{relay.world.other.secret}".encode()).decode()
    given = [
        "Bearer",
        "Bearer ",
        f"Bearer {token[:-1]}",
        f"Bearer {token} {token}",
        f"Bearer {token}\xe9",
        f"bearer{token}",
        f"Basic {token}",
        f"Basic {wrong}",
        "Basic \xff\xfe",
        "Basic Og==",
        "Digest username=ada",
        "\xff",
        "x" * 8000,
    ]
    for value in given:
        headers = {**JSON_TYPE, "Authorization": value}
        answer = relay.send(route.method, route.target(relay.world), headers, sample(relay, route))
        check_failure(answer, "unauthenticated", "invalid_token", "invalid_client", shape=route.shape)


@named([route for route in WITH_A_CALLER if route.caller != "page"])
def test_a_cookie_in_place_of_a_credential_header_is_held_to_the_page(relay: Relay, route: Route) -> None:
    cookie = {"Cookie": relay.world.headers_of("page")["Cookie"], **JSON_TYPE}
    if route.method == "GET" and KINDS[route.caller] == "user":
        return  # a page may read by its cookie alone
    answer = relay.send(route.method, route.target(relay.world), cookie, sample(relay, route))
    expected = "origin_not_allowed" if KINDS[route.caller] == "user" else "unauthenticated"
    check_failure(answer, expected, shape=route.shape)


@named([route for route in WITH_A_CALLER if KINDS[route.caller] == "user" and route.method != "GET"])
def test_a_page_of_another_user_site_or_time_writes_nothing(relay: Relay, route: Route) -> None:
    page, world = relay.world.headers_of("page"), relay.world
    without_user = {name: value for name, value in page.items() if name != "X-1Relay-User"}
    cases: list[tuple[dict[str, str], str]] = [
        ({**page, "X-1Relay-User": world.mallory.user.pk}, "conflict"),
        ({**page, "X-1Relay-User": "\xff"}, "conflict"),
        (without_user, "invalid_request"),
        ({**page, "X-CSRF-Token": ""}, "forbidden"),
        ({**page, "X-CSRF-Token": "\xff"}, "forbidden"),
        ({**page, "Sec-Fetch-Site": "same-site"}, "origin_not_allowed"),
        ({**page, "Sec-Fetch-Site": "cross-site"}, "origin_not_allowed"),
        ({**page, "Origin": "https://stranger.example"}, "origin_not_allowed"),
        ({**page, "Origin": "null"}, "origin_not_allowed"),
    ]
    for headers, code in cases:
        answer = relay.send(route.method, route.target(world), {**headers, **JSON_TYPE}, sample(relay, route))
        check_failure(answer, code)


@named([route for route in ROUTES if route.elevated])
def test_missing_elevation_is_refused(relay: Relay, route: Route) -> None:
    stolen = relay.world.mallory.elevation
    for elevation in (None, "", "x", stolen, relay.world.page.elevation, "A" * 43, "\xff"):
        headers = {**relay.world.headers_of(route.caller), **JSON_TYPE}
        del headers["X-1Relay-Elevation"]
        if elevation is not None:
            headers["X-1Relay-Elevation"] = elevation
        answer = relay.send(route.method, route.target(relay.world), headers, sample(relay, route))
        check_failure(answer, "reauth_required")


MISSING = {
    "app_id": "app_0000000000000000000000",
    "event_id": "msg_0000000000000000000000",
    "connection_id": "con_0000000000000000000000",
    "session_id": "ses_0000000000000000000000",
    "provider": "groq",
}
STRANGE = ("%00", "%FF%FE", "%zz", "%", "..%2F", "%F0%9F%94%91", "x" * 5000, "0", "-1", "null", "%27%20OR%201=1--", "con_", "a%00b")


@named([route for route in ROUTES if route.stranger])
def test_another_persons_object_looks_like_none(relay: Relay, route: Route) -> None:
    def answer_at(target: str, caller: str) -> dict[str, object]:
        answer = relay.send(route.method, target, {**JSON_TYPE, "X-Request-Id": "the-same-one"}, sample(relay, route), caller=caller)
        check_failure(answer, "not_found")
        return dict(json.loads(answer.body))

    taken = answer_at(route.target(relay.world), route.stranger)
    missing = answer_at(route.target(relay.world, **MISSING), route.stranger)
    assert taken == missing == answer_at(route.target(relay.world, **MISSING), route.caller)


@named([route for route in ROUTES if route.stranger])
def test_strange_ids_are_not_found(relay: Relay, route: Route) -> None:
    for strange in STRANGE:
        over = dict.fromkeys(MISSING, strange)
        answer = relay.send(route.method, route.target(relay.world, **over), JSON_TYPE, sample(relay, route), caller=route.caller)
        check_failure(answer, "not_found")
