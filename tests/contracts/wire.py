"""Requests as raw as a socket takes them, and a look at the answers: every failure is an envelope and nothing else."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from relay.core.errors import ALL_ERRORS

Body = bytes | Iterable[bytes]
JSON_TYPE = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's JSON value."""
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error of a failure."""
        found: dict[str, Any] = self.json()["error"]
        return found


def send(port: int, method: str, target: str, headers: Mapping[str, str] | None = None, body: Body | None = None) -> Answer:
    """One request, byte for byte as given: no header is added but Host and the body's framing.

    Names that differ in case alone are sent as two headers. Bytes go with Content-Length, an iterable of bytes goes in
    chunks without a length.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    given = {"Host": f"localhost:{port}", **(headers or {})}
    if isinstance(body, bytes):
        given.setdefault("Content-Length", str(len(body)))
    elif body is not None:
        given["Transfer-Encoding"] = "chunked"
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            connection.putheader(name, value.encode("latin-1"))
        # A refusal may come before the whole body has been taken.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders(body, encode_chunked=not isinstance(body, bytes))
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def check_failure(answer: Answer, *codes: str, shape: str = "envelope") -> None:
    """The answer refuses with one of these codes and its status, as JSON of the right shape, and says nothing else.

    `shape`: "envelope", "passthrough" (with members of the provider's own) or "openai" (api.md, "Everywhere").
    """
    assert answer.headers["content-type"].startswith("application/json"), answer
    request_id = answer.headers["x-request-id"]
    told = answer.json()
    code = told["error"]["code"] if shape == "openai" else _code_of_envelope(told, request_id, shape)
    assert code in codes, (answer.status, told)
    assert answer.status == ALL_ERRORS[code].status
    assert told["error"]["message"]
    assert b"Traceback" not in answer.body
    assert b"<" not in answer.body.replace(b"<str:", b"")
    if code == "method_not_allowed":
        assert answer.headers["allow"]


def _code_of_envelope(told: dict[str, Any], request_id: str, shape: str) -> str:
    assert told["success"] is False
    error = told["error"]
    assert error.get("requestId", told.get("requestId")) == request_id
    if shape == "envelope":
        assert set(told) == {"success", "error"}
        assert set(error) <= {"code", "message", "requestId", "details"}
    if error["code"] == "invalid_request" and "details" in error:
        fields = error["details"].get("fields", {})
        assert all(isinstance(why, list) and all(isinstance(reason, str) for reason in why) for why in fields.values())
    return str(error["code"])


def check_head(answer: Answer, *codes: str) -> None:
    """The answer to a HEAD: a refusal's status and type, and no body."""
    assert answer.status in {ALL_ERRORS[code].status for code in codes}, answer
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-request-id"]
    assert answer.body == b""
