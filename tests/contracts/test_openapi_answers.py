"""Every route takes what the document says it takes, and answers what the document says it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.contracts import samples
from tests.contracts.described import content, operation_of, problems
from tests.contracts.routes import ROUTES, Route
from tests.contracts.world import World, make_world
from tests.factories import make_connection

pytestmark = pytest.mark.django_db
OF_DJANGO = [route for route in ROUTES if not route.is_proxy]


@pytest.fixture
def world(_django_db_helper: None) -> World:
    """A world of this test's own, gone after it as the django_db mark has it."""
    return make_world()


def ask(route: Route, world: World, body: Any = None) -> Any:
    """The route's own call; answers Django's response."""
    headers = world.headers_of(route.caller)
    cookie = headers.pop("Cookie", "")
    client = Client()
    if cookie:
        name, _, value = cookie.partition("=")
        client.cookies[name] = value
    data = b"" if body is None else json.dumps(body).encode()
    return client.generic(route.method, route.target(world), data, content_type="application/json", headers=headers)


@pytest.mark.parametrize("route", OF_DJANGO, ids=str)
def test_what_is_sent_and_answered_is_as_described(world: World, route: Route) -> None:
    operation = operation_of(route.method, route.path)
    body = route.sample(world) if route.sample else None
    assert ("requestBody" in operation) == (body is not None)
    if body is not None:
        assert problems(body, content(operation["requestBody"])) == []
    response = ask(route, world, body)
    assert response.status_code == route.status, response.content
    is_file = "application/json" not in operation["responses"][str(route.status)]["content"]
    if route.path != "/v1/openapi.json" and not is_file:
        assert problems(response.json(), content(operation["responses"][str(route.status)])) == []


@pytest.mark.parametrize("route", [route for route in OF_DJANGO if route.caller], ids=str)
def test_refusals_are_as_described(world: World, route: Route) -> None:
    response = Client().generic(route.method, route.target(world), b"{}", content_type="application/json")
    assert problems(response.json(), content(operation_of(route.method, route.path)["responses"]["default"])) == []


def test_rich_answers_are_as_described(world: World) -> None:
    page = {"Sec-Fetch-Site": "same-origin", "X-1Relay-Cookie": "1", "Origin": "http://localhost:8000"}
    made = Client().generic(
        "POST", "/v1/auth/register", json.dumps(samples.register(world)).encode(), content_type="application/json", headers=page
    )
    register = operation_of("POST", "/v1/auth/register")["responses"]["201"]
    assert made.json()["data"]["csrfToken"]
    assert problems(made.json(), content(register)) == []
    trouble = make_connection(world.ada, world.chat, daily_cents=5, allowed_models=["sandbox-small"])
    trouble.connection.sealed_keys.update(attention_code="key_invalid", attention_at=trouble.connection.created_at)
    for caller in ("ada", "app"):
        listed = Client().get("/v1/connections", headers=world.headers_of(caller))
        assert any(item["needsAttention"] for item in listed.json()["data"]["items"])
        assert problems(listed.json(), content(operation_of("GET", "/v1/connections")["responses"]["200"])) == []


def test_a_shape_would_catch_what_is_not_described(world: World) -> None:
    shape = content(operation_of("GET", "/v1/auth/me")["responses"]["200"])
    told = Client().get("/v1/auth/me", headers=world.headers_of("ada")).json()
    assert problems(told, shape) == []
    assert problems({**told, "data": {**told["data"], "password": "x"}}, shape)
    del told["data"]["user"]["email"]
    assert problems(told, shape)
