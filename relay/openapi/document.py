"""Puts the document together: the views by drf-spectacular, the proxy's doors, components, security schemes."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import orjson
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from accounts.authentication import COOKIE
from relay.openapi import doors
from relay.openapi.components import COMPONENTS
from relay.openapi.meanings import explain_parameters, explained
from relay.openapi.refusals import codes_of

DESCRIPTION = (
    "1Relay: bring your own AI keys to any app, with a budget, without handing them over. "
    "Every answer bears X-Request-Id; failures carry a stable code, explained at /docs/errors. "
    "Binary values are base64url without padding; the names of keys, proofs and blobs are those of spec/protocol.md."
)
SECURITY: dict[str, dict[str, str]] = {
    "user": {"type": "http", "scheme": "bearer", "bearerFormat": "1r_ut_…", "description": "A person's session token."},
    "page": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The relay's own pages; writes also carry X-CSRF-Token and X-1Relay-User.",
    },
    "app": {"type": "http", "scheme": "basic", "description": "An app's server: clientId and clientSecret."},
    "link": {"type": "http", "scheme": "bearer", "bearerFormat": "1r_lt_…", "description": "The Link pages of one link session."},
    "grant": {"type": "http", "scheme": "bearer", "bearerFormat": "1r_at_…", "description": "A connection's access token."},
    "elevation": {
        "type": "apiKey",
        "in": "header",
        "name": "X-1Relay-Elevation",
        "description": "Proof that the password was given within ten minutes, as register, login and unlock answer it. "
        "Changing a connection needs it only where that allows more.",
    },
}


@cache
def document() -> dict[str, Any]:
    """The whole OpenAPI 3.1 document of this relay."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    components = made.setdefault("components", {})
    components["schemas"] = explained(dict(sorted((components.get("schemas", {}) | COMPONENTS | doors.COMPONENTS).items())))
    components["securitySchemes"] = SECURITY
    made["info"]["description"] = DESCRIPTION
    made["servers"] = [{"url": origin} for origin in settings.RELAY_ORIGINS]
    made["paths"] = explained(made["paths"] | doors.paths() | {"/v1/openapi.json": _OWN})
    for path, item in made["paths"].items():
        for operation in item.values():
            _name_the_request_id(operation)
            explain_parameters(operation)
            operation["x-error-codes"] = codes_of(path, operation)
    return made


@cache
def written() -> tuple[bytes, str]:
    """The document's bytes and their entity tag."""
    body = orjson.dumps(document())
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


_OWN: dict[str, Any] = {
    "get": {
        "operationId": "readOpenApi",
        "description": "This document.",
        "tags": ["openapi"],
        "responses": {
            "200": {"description": "This document.", "content": {"application/json": {"schema": {"type": "object"}}}},
            "default": {
                "description": "Refused; see the code.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
    }
}


def _name_the_request_id(operation: dict[str, Any]) -> None:
    for answer in operation["responses"].values():
        answer["headers"] = answer.get("headers", {}) | {"X-Request-Id": {"schema": {"type": "string"}}}
