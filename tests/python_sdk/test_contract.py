"""The package against what the relay publishes, against itself, and against what its users were promised."""

from __future__ import annotations

import dataclasses
import inspect
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Required, get_args, get_origin, get_type_hints

import pytest

import onerelay
from onerelay import AsyncOneRelay, OneRelay, errors, params, types
from onerelay._reading import camel
from onerelay.events import EventType
from onerelay.sandbox import AsyncSandbox, Sandbox
from relay.openapi.document import document
from tests.python_sdk import api

README = (Path(__file__).resolve().parents[2] / "clients" / "python-sdk" / "README.md").read_text()
ANSWERS = {
    "NewLinkSession": types.LinkSession, "LinkOutcome": types.LinkSessionStatus,
    "Exchanged": types.Exchange, "Connection": types.Connection,
    "Limits": types.Limits, "Usage": types.UsageReport, "UsageItem": types.UsageRow, "UsageSums": types.UsageNumbers,
    "SandboxLinked": types.SandboxLink, "Delivery": types.WebhookDelivery, "Attempt": types.WebhookAttempt,
}  # fmt: skip
OWNERS = {"ownerGrant"}
"""What a connection shows its person alone."""
KINDS = {"string": str, "integer": int, "boolean": bool}


@pytest.fixture(scope="module")
def openapi() -> Any:
    """What /v1/openapi.json answers."""
    return document()


def resolved(openapi: Any, schema: Any) -> Any:
    """A schema without references and without null."""
    if "$ref" in schema:
        return resolved(openapi, openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    return resolved(openapi, options[0]) if options else schema


def assert_reads(openapi: Any, schema: Any, hint: Any) -> None:
    """The annotation is of what the schema describes."""
    may_be_null = {"type": "null"} in schema.get("anyOf", ()) or "null" in schema.get("type", ())
    inner = [one for one in get_args(hint) if one is not type(None)]
    is_optional = len(inner) < len(get_args(hint))
    assert is_optional or not may_be_null
    hint, schema = (inner[0] if is_optional else hint), resolved(openapi, schema)
    if dataclasses.is_dataclass(hint):
        assert_members(openapi, schema, hint)
    elif get_origin(hint) is Literal:
        assert set(get_args(hint)) == set(schema["enum"])
    elif schema["type"] == "array":
        assert_reads(openapi, schema["items"], get_args(hint)[0])
    else:
        formats = {"date-time": datetime, "date": date}
        assert hint is formats.get(schema.get("format", ""), KINDS[schema["type"]])


def assert_members(openapi: Any, schema: Any, kind: Any) -> None:
    """Each member is read, each one we need is always there, and none is made up."""
    properties, required = schema["properties"], set(schema.get("required", ()))
    fields = {camel(field.name): field for field in dataclasses.fields(kind)}
    assert set(fields) == set(properties) - OWNERS, kind
    hints = get_type_hints(kind)
    for name, field in fields.items():
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        assert needed == (name in required), f"{kind.__name__}.{field.name}"
        hint = hints[field.name]
        inner = [one for one in get_args(hint) if one is not type(None)]
        assert_reads(openapi, properties[name], hint if needed or len(inner) == len(get_args(hint)) else inner[0] | None)


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_are_those_of_the_api(openapi: Any, name: str) -> None:
    assert_members(openapi, openapi["components"]["schemas"][name], ANSWERS[name])


def test_what_calls_take_is_what_the_api_takes(openapi: Any) -> None:
    schemas = openapi["components"]["schemas"]
    own = {"idempotency_key", "timeout"}
    hints = get_type_hints(params.LinkSessionParams, include_extras=True)
    body = schemas["LinkSessionBody"]
    assert {camel(name) for name in hints if name not in own} == set(body["properties"])
    assert {camel(name) for name, hint in hints.items() if get_origin(hint) is Required} == set(body["required"])
    assert {camel(field.name) for field in dataclasses.fields(types.Limits)} == set(schemas["LimitsBody"]["properties"])
    assert set(schemas["ExchangeBody"]["properties"]) == {"publicToken", "clientUserId"}
    taken = set(inspect.signature(Sandbox.link).parameters) - own - {"self"}
    asked = schemas["SandboxLinkBody"]["properties"]
    assert {camel(name) for name in taken} == set(asked) - {"requestedProviders"}, "it may name the sandbox alone, so it need not"
    assert set(get_args(types.SandboxOutcome)) == set(resolved(openapi, asked["outcome"])["enum"])
    fired = schemas["SandboxFireBody"]["properties"]
    assert (set(fired), set(resolved(openapi, fired["type"])["enum"])) == ({"connectionId", "type"}, set(get_args(EventType)))
    queries = {
        "listConnections": {"provider", "status", "limit", "cursor"},
        "readUsage": {"from", "to", "groupBy", "connectionId"},
    }
    for operation in (one for path in openapi["paths"].values() for one in path.values() if isinstance(one, dict)):
        if operation.get("operationId") in queries:
            taken = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
            assert taken == queries.pop(operation["operationId"])
    assert not queries


def test_each_path_is_one_of_the_api(openapi: Any) -> None:
    sources = "".join(Path(inspect.getfile(onerelay)).with_name(name).read_text() for name in ("_nouns.py",))
    paths = {
        re.sub(r"\{[^}]*\}", "", path).rstrip("/")
        for path in re.findall(r'"(/v1/(?:link|sandbox|connections|usage|proxy|openai)[^"?]*)', sources)
    }
    known = {re.sub(r"\{[^}]*\}", "", path).rstrip("/") for path in openapi["paths"]}
    assert {path for path in paths if not path.startswith("/v1/proxy/passthrough")} <= known
    assert len(paths) >= 5


def test_both_clients_offer_the_same() -> None:
    def told(kind: type, name: str) -> tuple[str, str]:
        member = inspect.getattr_static(kind, name)
        words = str(inspect.signature(member)) + (member.__doc__ or "")
        return name, re.sub(r"Async|async |await |(an|a) `with`|(an|a) `async with`", "", words)

    def methods(kind: type) -> list[str]:
        return [name for name in dir(kind) if not name.startswith("_") and inspect.isfunction(inspect.getattr_static(kind, name))]

    for plain, awaited in ((OneRelay, AsyncOneRelay), (Sandbox, AsyncSandbox)):
        assert [told(plain, name) for name in methods(plain)] == [told(awaited, name) for name in methods(awaited)]


def test_the_readme_names_every_method_and_every_error() -> None:
    for name in dir(OneRelay):
        if not name.startswith("_"):
            assert name in README, name
    assert "`sandbox.link(" in README
    assert "`sandbox.fire(" in README
    raised = [name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, errors.OneRelayError)]
    for name in raised:
        assert f"`{name}`" in README, name
        assert name in onerelay.__all__, name


def test_the_public_api_is_as_it_was() -> None:
    told = (
        "`python -m tests.python_sdk.api` writes the new one; CHANGELOG.md says what changed, and the version follows (README, Versions)."
    )
    assert api.listed() == api.SNAPSHOT.read_text(encoding="utf-8"), told
