"""What the document adds for readers holds: the codes it names, the meanings it gives, the examples made from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relay.core.errors import ALL_ERRORS
from relay.docs.reference import sections
from relay.docs.samples import shortened
from relay.docs.shapes import Shapes
from relay.openapi.document import document
from relay.openapi.meanings import MEANINGS, unexplained
from relay.openapi.refusals import EVERY_CALL, OWN
from tests.contracts.conftest import Relay
from tests.contracts.described import operation_of, problems
from tests.contracts.routes import ROUTES, Route
from tests.contracts.wire import JSON_TYPE

OPERATIONS = [operation for item in document()["paths"].values() for operation in item.values()]


def codes_of(route: Route) -> set[str]:
    """What the document says a route may answer."""
    return {*operation_of(route.method, route.path)["x-error-codes"], *EVERY_CALL}


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_refusals_have_codes_that_the_document_names(relay: Relay, route: Route) -> None:
    """Nobody, the wrong object, an empty body, no elevation, another kind of caller: whatever is answered is named."""
    target, body = route.target(relay.world), json.dumps(route.sample(relay.world) if route.sample else {}).encode()
    told = [
        relay.send(route.method, target, JSON_TYPE, body),
        relay.send(route.method, target, {**JSON_TYPE, "Authorization": "Bearer nonsense"}, body),
        relay.send(route.method, target, JSON_TYPE, b"{}", caller=route.caller),
        relay.send(route.method, target, JSON_TYPE, b"[", caller=route.caller),
        relay.send(route.method, target, JSON_TYPE, body, caller="app"),
    ]
    if route.stranger:
        told.append(relay.send(route.method, target, JSON_TYPE, body, caller=route.stranger))
    for answer in told:
        if answer.status >= 400:
            assert answer.json()["error"]["code"] in codes_of(route), answer


def test_codes_are_those_of_the_code_and_stand_at_routes_that_exist() -> None:
    assert {code for operation in OPERATIONS for code in operation["x-error-codes"]} <= ALL_ERRORS.keys()
    assert OWN.keys() <= {operation["operationId"] for operation in OPERATIONS}
    named = {code for operation in OPERATIONS for code in operation["x-error-codes"]} | set(EVERY_CALL)
    assert ALL_ERRORS.keys() - named == set(), "codes that no route is said to answer"


def test_every_member_says_what_it_means() -> None:
    assert unexplained(document()) == set(), "add them to relay/openapi/meanings.py"
    parameters = [parameter for operation in OPERATIONS for parameter in operation.get("parameters", [])]
    silent = {found["name"] for found in parameters if not (found.get("description") or found["schema"].get("description"))}
    assert silent == set(), "add them to PARAMETERS of relay/openapi/meanings.py"
    said = json.dumps(document())
    assert not [name for name in MEANINGS if f'"{name}": {{' not in said], "meanings of members that no longer exist"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation["operationId"])
def test_examples_fit_their_shapes(operation: dict[str, Any]) -> None:
    shapes = Shapes(document()["components"]["schemas"])
    shown = [operation["requestBody"]] if "requestBody" in operation else []
    shown += [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    for holder in shown:
        if "application/json" not in holder.get("content", {}):
            continue
        shape = holder["content"]["application/json"]["schema"]
        for whole in (True, False):
            assert problems(shapes.example(shape, whole=whole), shape, strict=False) == []


def test_the_reference_shows_all_of_it() -> None:
    routes = {route.id: route for section in sections() for route in section.routes}
    assert routes.keys() == {operation["operationId"] for operation in OPERATIONS}
    asked = routes["createLinkSession"]
    assert asked.who == "your server (client id and secret)"
    assert asked.repeatable
    assert {"requestedProviders", "limits.dailyCents"} <= {row.path for row in asked.bodies[0].rows}
    assert [table.title for table in routes["authorize"].bodies] == ["", "In update mode"]
    assert "items[].limits.models" in {row.path for row in routes["listConnections"].answers[0].rows}
    assert "sk-" not in asked.request


def test_only_what_nobody_reads_is_shortened() -> None:
    value = {"a": "1r_at_" + "0" * 49, "b": ["short", "https://relay.example/link/somewhere/long"], "c": 1}
    assert shortened(value) == {"a": "1r_at_" + "0" * 8 + "…", "b": ["short", "https://relay.example/link/somewhere/long"], "c": 1}
