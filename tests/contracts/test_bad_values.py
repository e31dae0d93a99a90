"""Wrong types and bounds in every member of every body, with everything else as it should be."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from tests.contracts.conftest import Relay
from tests.contracts.routes import ROUTES, Route
from tests.contracts.test_bad_input import named, submit
from tests.contracts.wire import JSON_TYPE, check_failure

pytestmark = pytest.mark.usefixtures("nothing_changes")
API = [route for route in ROUTES if route.sample is not None and not route.is_proxy]
WRONG: tuple[Any, ...] = (7, -1, 0, 1.5, 2**70, True, "", "\0", "\ud800", "é", "x" * 20_000, [], [[]], {}, {"a": 1}, [None], None)
# What these members take besides: an empty list adds nothing, null lifts a limit, a name may be long or foreign.
ALSO_GOOD: dict[str, tuple[Any, ...]] = {
    "allowedOrigins": ([],),
    "redirectUris": ([],),
    "sealedKeys": ([],),
    "dropConnections": ([],),
    "removeProviders": ([],),
    "websiteUrl": (None,),
    "webhookUrl": (None,),
    "limits": ({}, {"a": 1}),
    "dailyCents": (7, None),
    "requestsPerMinute": (7, None),
    "concurrency": (7, None),
    "models": (None,),
    "expiresAt": (None,),
    "allowUnpriced": (True, None),
    "immediately": (True,),
    "trial": (True,),
    "testMode": (True,),
    "budgetCents": (7,),
    "budgetSuggestionCents": (7,),
    "name": ("é",),
    "models[]": ("é",),
    "iterations": (7,),
    "clientUserId": ("é",),
    "state": ("é",),
}
# A cap of nothing is a cap, and null lifts it; the others are at least a cent.
CAP_ALSO_GOOD = (7, 0, None)
REFUSALS = ("invalid_request", "unsupported_provider", "invalid_token", "login_failed", "conflict")


def good_in(route: Route, name: str) -> tuple[Any, ...]:
    """Values of WRONG that this member of this route takes after all."""
    return CAP_ALSO_GOOD if route.path == "/v1/budget" else ALSO_GOOD.get(name, ())


def variants(body: Any, route: Route, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every member of the body at any depth, with every wrong value for it."""
    for name, value in body.items() if isinstance(body, dict) else enumerate(body):
        label = name if isinstance(name, str) else f"{path[-1]}[]"
        for wrong in WRONG:
            if not any(wrong is good or (type(wrong) is type(good) and wrong == good) for good in good_in(route, label)):
                yield (*path, name), wrong
        if isinstance(value, (dict, list)):
            yield from variants(value, route, (*path, name))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The body with another value at the path."""
    changed = copy.deepcopy(body)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


@named(API)
def test_a_wrong_value_is_named(relay: Relay, route: Route) -> None:
    assert route.sample is not None
    body = route.sample(relay.world)
    for number, (path, wrong) in enumerate(variants(body, route)):
        cache.clear()  # registrations are limited
        headers = {**JSON_TYPE, "Idempotency-Key": f"wrong-{route.path[-20:]}-{number}"} if number % 2 else JSON_TYPE
        answer = submit(relay, route, headers, json.dumps(replaced(body, path, wrong)).encode())
        assert answer.status in {400, 401, 409}, (path, wrong, answer)
        check_failure(answer, *REFUSALS)
        if answer.error["code"] == "invalid_request":
            assert any(field.startswith(str(path[0])) for field in answer.error["details"]["fields"]), (path, wrong, answer)


@named(API)
def test_a_missing_member_is_named(relay: Relay, route: Route) -> None:
    if route.method in {"PATCH"} or route.path.endswith(("rotate-secret", "/sandbox/link")):
        return  # every member is optional
    answer = submit(relay, route, JSON_TYPE, b"{}")
    check_failure(answer, "invalid_request")
    assert answer.error["details"]["fields"]


REPEATABLE = {
    "/v1/keys",
    "/v1/apps",
    "/v1/apps/{app_id}/rotate-secret",
    "/v1/apps/{app_id}/webhooks/rotate-secret",
    "/v1/link/sessions",
    "/v1/link/exchange",
    "/v1/sandbox/link",
    "/v1/connections/{connection_id}",
}
SECRETS: tuple[dict[str, Any], ...] = (
    {"password": "x"},
    {"x": {"masterKey": ""}},
    {"note": "sk-" + "ant-api03-" + "a" * 93 + "AA"},
    {"x": [{"y": ["gsk_" + "a" * 52]}]},
    {"name": "sk-" + "proj-" + "a" * 40},
)


@named(API)
def test_a_secret_in_clear_is_refused_anywhere(relay: Relay, route: Route) -> None:
    assert route.sample is not None
    for secret in SECRETS:
        body = json.dumps({**route.sample(relay.world), **secret}).encode()
        check_failure(submit(relay, route, JSON_TYPE, body), "plaintext_secret_refused")


@named([route for route in API if route.path in REPEATABLE and route.method != "DELETE"])
def test_idempotency_keys_are_printable(relay: Relay, route: Route) -> None:
    assert route.sample is not None
    for key in ("", "\xe9", "a b", "x" * 256):
        answer = submit(relay, route, {**JSON_TYPE, "Idempotency-Key": key}, json.dumps(route.sample(relay.world)).encode())
        check_failure(answer, "invalid_request")
        assert "Idempotency-Key" in answer.error["details"]["fields"]
