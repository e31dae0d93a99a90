"""The document, the routes and api.md name the same things, and the document is a valid one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from relay.core.errors import ALL_ERRORS
from relay.openapi.document import document
from relay.openapi.operations import OPERATIONS
from tests.contracts import samples
from tests.contracts.conftest import Relay
from tests.contracts.described import content, nameless, operation_of, problems
from tests.contracts.routes import ROUTES
from tests.contracts.wire import JSON_TYPE, check_failure

API_MD = Path(__file__).resolve().parents[2] / "spec" / "api.md"
# api.md names these in its text, or leaves the method open.
NOT_IN_A_TABLE = {"GET /v1/openapi.json"}
PASSTHROUGH = "/v1/proxy/passthrough/{}/{}"
KINDS = {"ada": "user", "bob": "user", "page": "page", "app": "app", "link": "link", "grant": "grant"}


def described() -> set[str]:
    """`METHOD path` of everything the document describes."""
    return {f"{method.upper()} {nameless(path)}" for path, item in document()["paths"].items() for method in item}


def in_api_md() -> set[str]:
    """`METHOD path` of every call in the first column of api.md's tables."""
    calls = set()
    for row in re.findall(r"^\| (`[A-Z][^|]*) \|", API_MD.read_text(encoding="utf-8"), re.MULTILINE):
        for methods, path in re.findall(r"([A-Z/▲]+) (/v1/[^\s`?]+)", row):
            calls |= {f"{method.rstrip('▲')} {nameless(path)}" for method in methods.split("/")}
    return calls


def test_every_route_is_described_and_every_description_is_served() -> None:
    served = {f"{route.method} {nameless(route.path)}" for route in ROUTES}
    assert described() == served | {f"GET {PASSTHROUGH}"}


def test_the_document_and_api_md_agree() -> None:
    listed = in_api_md()
    assert len(listed) > 35
    anything = {f"{method} {PASSTHROUGH}" for method in ("GET", "POST", "ANY")}
    assert listed - anything == described() - NOT_IN_A_TABLE - anything


def test_it_is_valid_and_made_without_a_warning() -> None:
    GENERATOR_STATS.reset()
    document.cache_clear()
    validate_schema(document())  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS
    assert document()["openapi"].startswith("3.1")
    names = [operation["operationId"] for item in document()["paths"].values() for operation in item.values()]
    assert len(set(names)) == len(names)
    assert all(operation["description"] for item in document()["paths"].values() for operation in item.values())


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    text = str(document())
    referred = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert referred == document()["components"]["schemas"].keys()


def test_errors_are_those_of_the_code() -> None:
    assert set(document()["components"]["schemas"]["ErrorCode"]["enum"]) == ALL_ERRORS.keys()


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_callers_and_elevation_are_described_as_they_are_held_to(route: object) -> None:
    row = next(entry for entry in ROUTES if entry is route)
    path = next(path for path in document()["paths"] if nameless(path) == nameless(row.path))
    security = document()["paths"][path][row.method.lower()].get("security", [])
    callers = {name for requirement in security for name in requirement} - {"elevation"}
    assert (KINDS[row.caller] in callers) if row.caller else not callers
    assert ("app" in callers) == (row.as_app == "" or row.caller == "app")
    assert any("elevation" in requirement for requirement in security) == row.elevated


def test_what_is_stated_is_served() -> None:
    assert {nameless(name) for name in OPERATIONS} <= {f"{route.method} {nameless(route.path)}" for route in ROUTES}


def test_it_is_public_and_cached(relay: Relay) -> None:
    first = relay.send("GET", "/v1/openapi.json")
    assert first.status == 200
    assert first.headers["content-type"] == "application/json"
    assert first.json() == document()
    assert first.headers["cache-control"] == "public, max-age=300"
    again = relay.send("GET", "/v1/openapi.json", {"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert relay.send("GET", "/v1/openapi.json", {"Authorization": "Bearer nonsense"}).status == 200
    check_failure(relay.send("GET", "/v1/openapi.json", {"Accept": "text/html"}), "not_acceptable")


def test_the_doors_take_and_answer_what_is_described(relay: Relay) -> None:
    for route in (route for route in ROUTES if route.is_proxy):
        operation, body = operation_of(route.method, route.path), route.sample and route.sample(relay.world)
        assert ("requestBody" in operation) == (body is not None)
        if body is not None:
            assert problems(body, content(operation["requestBody"]), strict=False) == []
        answer = relay.send(route.method, route.target(relay.world), JSON_TYPE, json.dumps(body).encode(), caller="grant")
        assert answer.status == 200, answer
        assert problems(answer.json(), content(operation["responses"]["200"]), strict=False) == []
        refused = relay.send(route.method, route.target(relay.world), JSON_TYPE, b"{}")
        assert problems(refused.json(), content(operation["responses"]["default"]), strict=route.shape != "passthrough") == []


def test_a_stream_is_described(relay: Relay) -> None:
    body = json.dumps({**samples.chat(relay.world), "stream": True}).encode()
    answer = relay.send("POST", "/v1/proxy/chat/completions", JSON_TYPE, body, caller="grant")
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in operation_of("POST", "/v1/proxy/chat/completions")["responses"]["200"]["content"]
