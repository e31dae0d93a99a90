"""The API reference: the OpenAPI document as sections of a page, made once per process."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString

from relay.docs.markdown import coloured
from relay.docs.samples import shortened
from relay.docs.shapes import Row, Shapes, with_code
from relay.openapi.document import document
from relay.openapi.operations import OPERATIONS

CALLERS = {
    "user": "a person (session token)",
    "page": "the relay’s own pages (cookie)",
    "app": "your server (client id and secret)",
    "link": "the Link pages (link token)",
    "grant": "whoever holds the access token",
}
_CREDENTIAL = {
    "user": '-H "Authorization: Bearer $USER_TOKEN"',
    "app": '-u "$CLIENT_ID:$CLIENT_SECRET"',
    "link": '-H "Authorization: Bearer $LINK_TOKEN"',
    "grant": '-H "Authorization: Bearer $ACCESS_TOKEN"',
}
TITLES = {
    "link": (
        "Link",
        "From asking a person to holding an access token: your server makes two of these calls, the Link pages the rest.",
    ),
    "proxy": ("Proxy", "Calls to AI providers on a person’s key. Send the connection’s access token."),
    "connections": ("Connections", "What people have approved. An app sees its own; a person sees theirs."),
    "usage": ("Usage", "What calls cost, summed as you ask."),
    "apps": ("Apps", "For developers: registering an app and its secrets."),
    "keys": ("Vault", "A person’s sealed provider keys. Everything is encrypted on the device before it is sent."),
    "auth": ("Accounts", "Signing up, in and out. No password is ever sent: the device signs a challenge."),
    "ledger": ("Ledger", "Every call, to take away."),
    "activity": ("Activity", "What happened to a person’s account that they should know of."),
    "budget": ("Cap", "One monthly limit over everything a person has connected."),
    "openapi": ("This reference", "The same facts for programs."),
}


@dataclass(frozen=True, slots=True)
class Table:
    """The members of a body or an answer; `title` tells alternatives apart."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path, ready to be shown."""

    id: str
    method: str
    path: str
    meaning: SafeString
    who: str
    elevated: bool
    repeatable: bool
    parameters: tuple[Row, ...]
    bodies: tuple[Table, ...]
    answers: tuple[Table, ...]
    headers: tuple[Row, ...]
    errors: tuple[str, ...]
    request: str
    answer: str


@dataclass(frozen=True, slots=True)
class Section:
    """The routes of one noun."""

    id: str
    title: str
    lead: str
    routes: tuple[Route, ...]


@cache
def sections() -> tuple[Section, ...]:
    """Everything the document describes: what developers need first, then the rest."""
    whole = document()
    shapes = Shapes(whole["components"]["schemas"])
    by_tag: dict[str, list[Route]] = {}
    for path, item in whole["paths"].items():
        for method, operation in item.items():
            by_tag.setdefault(operation["tags"][0], []).append(_route(method, path, operation, shapes))
    order = [*TITLES, *sorted(by_tag.keys() - TITLES.keys())]
    return tuple(Section(tag, *_titled(tag), tuple(sorted(by_tag[tag], key=_place))) for tag in order if tag in by_tag)


_PLACES = {operation.name: at for at, operation in enumerate(OPERATIONS.values())}


def _place(route: Route) -> int:
    """Routes stand as operations.py has them; the proxy's doors, as the document has them, behind."""
    return _PLACES.get(route.id, len(_PLACES))


def _titled(tag: str) -> tuple[str, str]:
    return TITLES.get(tag, (tag.capitalize(), f"What there is under /v1/{tag}."))


def _route(method: str, path: str, operation: Mapping[str, Any], shapes: Shapes) -> Route:
    security = operation.get("security", [])
    callers = tuple(caller for caller in CALLERS if any(caller in requirement for requirement in security))
    parameters = operation.get("parameters", [])
    success = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    body = _json(operation.get("requestBody", {}))
    return Route(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        meaning=with_code(operation["description"]),
        who="; ".join(CALLERS[caller] for caller in callers) or "anybody",
        elevated=any("elevation" in requirement for requirement in security),
        repeatable=any(parameter["name"] == "Idempotency-Key" for parameter in parameters),
        parameters=tuple(_parameter(parameter, shapes) for parameter in parameters),
        bodies=tuple(_bodies(body, shapes)),
        answers=tuple(_answers(success, shapes)),
        headers=tuple(
            Row(name, shapes.kind(header["schema"]), False, with_code(header.get("description", "The id to quote when you ask for help.")))
            for name, header in next(iter(success.values())).get("headers", {}).items()
        ),
        errors=tuple(operation.get("x-error-codes", ())),
        request=coloured(curl(method, path, callers, body, parameters, shapes), "sh"),
        answer=coloured(_written(shapes.example(_json(next(iter(success.values()))))), "json"),
    )


def _parameter(parameter: Mapping[str, Any], shapes: Shapes) -> Row:
    shape = parameter["schema"]
    meaning = parameter.get("description") or shape.get("description", "")
    return Row(parameter["name"], f"{parameter['in']}, {shapes.kind(shape)}", parameter.get("required", False), with_code(meaning))


def _json(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON shape of a body or an answer; an empty one where it has none."""
    shape: Mapping[str, Any] = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return shape


def _bodies(body: Mapping[str, Any], shapes: Shapes) -> list[Table]:
    if not body:
        return []
    choices = shapes.alternatives(body)
    titles = ["In update mode" if "Update" in str(name) else "" for name in _names(body, shapes)] if len(choices) > 1 else [""]
    return [Table(title, tuple(shapes.rows(choice))) for title, choice in zip(titles, choices, strict=True)]


def _names(body: Mapping[str, Any], shapes: Shapes) -> list[str]:
    return [choice.get("$ref", "") for choice in shapes.resolved(body)["oneOf"]]


def _answers(success: Mapping[str, Any], shapes: Shapes) -> list[Table]:
    """The members of `data`; of the whole answer where there is no envelope. Alike for all statuses: one table."""
    statuses = " or ".join(f"{status} {HTTPStatus(int(status)).phrase}" for status in success)
    whole = shapes.resolved(_json(next(iter(success.values()))))
    data = whole.get("properties", {}).get("data", whole)
    return [Table(statuses, tuple(shapes.rows(data)))]


def curl(
    method: str, path: str, callers: tuple[str, ...], body: Mapping[str, Any], parameters: list[Mapping[str, Any]], shapes: Shapes
) -> str:
    """The call as a command line, with the members that must be there."""
    filled = re.sub(r"\{(\w+)\}", lambda found: _EXAMPLES.get(found[1], f"${found[1].upper()}"), path)
    lines = [f"curl {'' if method == 'get' else f'-X {method.upper()} '}{settings.RELAY_ORIGINS[0]}{filled}"]
    credential = next((_CREDENTIAL[caller] for caller in callers if caller in _CREDENTIAL), "")
    if credential:
        lines.append(credential)
    elif callers:
        lines.append('-b "1relay_session=$SESSION"')
    if body:
        lines += ['-H "Content-Type: application/json"', f"-d '{_written(shapes.example(body, whole=False))}'"]
    return " \\\n  ".join(lines)


_EXAMPLES = {"provider": "openai", "path": "v1/chat/completions"}


def _written(value: Any) -> str:
    return json.dumps(shortened(value), indent=2, ensure_ascii=False)
