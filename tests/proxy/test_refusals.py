"""What the doors refuse before anything is sent: paths, bodies, credentials, methods, media types. Each by its code."""

from __future__ import annotations

import json

import pytest

from relay.crypto import tokens
from tests.proxy.by_hand import CHAT, GEMINI, GENERATE, SENT_ON, TOKEN, passthrough, request
from tests.proxy.conftest import KEYS


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files",
        "/v1/chat/completions/",
        "/v1/chat",
        "/v1/../v1/chat/completions",
        "/v1/./chat/completions",
        "/v1//chat/completions",
        "//v1/chat/completions",
        "/v1/chat%2fcompletions",
        "/v1/chat%2Fcompletions",
        "/v1/chat%252fcompletions",
        "/v1/chat%5ccompletions",
        "/v1/%2e%2e/v1/chat/completions",
        "/v1/chat/completions%00",
        "/v1/chat/completions%0d%0aX:%20y",
        "/v1/chat/completions%3fkey=1",
        "/v1/chat/completions%23",
        "/v1/chat/completions%zz",
        "/v1/chat/completions;a=b",
        "/@evil.example/v1/chat/completions",
        "@evil.example/v1/chat/completions",
        "/http://evil.example/",
        "/v1/organization/admin_api_keys",
        "/v1/batches",
        "/v1/fine_tuning/jobs",
        "/v1/images/generations",
        "/v1/responses/resp_1",
        "",
    ],
)
def test_only_listed_paths_pass(path: str) -> None:
    answer = passthrough("openai", path, CHAT)
    # "openai@evil.example" is another provider's name, and none we know
    expected = (400, "unsupported_provider") if path.startswith("@") else (403, "path_not_allowed")
    assert (answer.status, answer.code) == expected
    assert answer.headers["x-1relay-error"] == expected[1]
    assert answer.headers["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v1/models/ft:gpt"), ("GET", "/v1/chat/completions"), ("PUT", "/v1/models"), ("POST", "/v1/models")],
)
def test_only_listed_methods_pass(method: str, path: str) -> None:
    answer = request(method, f"/v1/proxy/passthrough/openai{path}", b"{}")
    assert (answer.status, answer.code) == (403, "path_not_allowed")


@pytest.mark.parametrize(
    ("name", "target", "code"),
    [
        ("google", f"{GENERATE}?key=abc", "invalid_request"),
        ("google", f"{GENERATE}?alt=json&access_token=abc", "invalid_request"),
        ("google", f"{GENERATE}?fields=candidates", "path_not_allowed"),
        ("google", f"{GENERATE}?alt=proto", "path_not_allowed"),
        ("google", f"{GENERATE}?alt=json&alt=json", "invalid_request"),
        ("google", GENERATE.replace("generate", "streamGenerate"), "invalid_request"),
        ("openai", "/v1/chat/completions?api-version=1", "path_not_allowed"),
    ],
)
def test_query_strings_are_allowed_by_name_and_value(name: str, target: str, code: str) -> None:
    assert passthrough(name, target, GEMINI).code == code


@pytest.mark.parametrize(
    ("token", "headers", "status", "code"),
    [
        (None, {}, 401, "unauthenticated"),
        (None, {"cookie": f"session={TOKEN}"}, 401, "unauthenticated"),
        (None, {"authorization": f"Basic {TOKEN}"}, 401, "unauthenticated"),
        (None, {"x_api_key": TOKEN}, 401, "unauthenticated"),
        ("nonsense", {}, 401, "invalid_token"),
        (TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1"), {}, 401, "invalid_token"),
        (tokens.mint_token(tokens.USER_TOKEN), {}, 401, "invalid_token"),
        ("1r_at_" + "geGlOLFGVzd1zdh30VLasM699GaFj2YBIe0DP0pucBy21Rq7M", {}, 401, "invalid_token"),
        (KEYS["openai"], {}, 401, "invalid_token"),
        (TOKEN, {"x_api_key": "another"}, 400, "invalid_request"),
        (TOKEN, {"x_api_key": TOKEN}, 503, SENT_ON),
    ],
    ids=["none", "cookie", "basic", "api_key_alone", "nonsense", "checksum", "user_token", "published", "key", "two", "twice"],
)
def test_credentials(token: str | None, headers: dict[str, str], status: int, code: str) -> None:
    answer = request("POST", "/v1/proxy/chat/completions", {"provider": "openai", **CHAT}, token, **headers)
    assert (answer.status, answer.code) == (status, code)
    assert ("x-should-retry" in answer.headers) is (status != 503)
    assert TOKEN.encode() not in answer.body


@pytest.mark.parametrize("header", ["x_api_key", "x_goog_api_key", "api_key"])
def test_passthrough_takes_the_token_where_sdks_put_keys(header: str) -> None:
    answer = request("POST", "/v1/proxy/passthrough/openai/v1/chat/completions", CHAT, None, **{header: TOKEN})
    assert answer.code == SENT_ON


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b'{"model":"gpt-4o-mini","model":"gpt-4o","messages":[]}', "invalid_json"),
        (b'{"a":NaN}', "invalid_json"),
        (b"[" * 100 + b"]" * 100, "invalid_json"),
        (json.dumps(CHAT).encode("utf-16"), "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b"[]", "invalid_request"),
        (b"null", "invalid_request"),
    ],
)
@pytest.mark.parametrize(
    "path", ["/v1/proxy/chat/completions", "/v1/proxy/passthrough/openai/v1/chat/completions", "/v1/openai/chat/completions"]
)
def test_a_body_that_is_no_json_object_is_refused(path: str, body: bytes, code: str) -> None:
    answer = request("POST", path, body)
    assert (answer.status, answer.code) == (400, code)
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("headers", [{"content_type": "text/plain"}, {"content_type": ""}, {"content_encoding": "gzip"}])
def test_only_plain_json_is_taken(headers: dict[str, str]) -> None:
    answer = request("POST", "/v1/proxy/chat/completions", b"{}", **headers)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused() -> None:
    announced = request("POST", "/v1/proxy/chat/completions", b"{}", content_length=str(33 * 1024 * 1024))
    assert (announced.status, announced.code) == (413, "body_too_large")


def test_wrong_methods_and_unknown_routes() -> None:
    answer = request("GET", "/v1/proxy/chat/completions")
    assert (answer.status, answer.code, answer.headers["allow"]) == (405, "method_not_allowed", "OPTIONS, POST")
    answer = request("POST", "/v1/openai/models")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    answer = request("GET", "/v1/proxy/nothing")
    assert (answer.status, answer.json["success"], answer.code) == (404, False, "not_found")
    answer = request("GET", "/v1/openai/nothing")
    assert (answer.status, set(answer.json), answer.code) == (404, {"error"}, "not_found")


@pytest.mark.parametrize(("given", "kept"), [("my-own-id_1", True), ("short", False), ("bad id here", False)])
def test_a_request_id_is_kept_or_made(given: str, kept: bool) -> None:
    answer = request("POST", "/v1/proxy/chat/completions", b"{}", x_request_id=given)
    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.json["error"]["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/v1/proxy/chat/completions", "/v1/proxy/passthrough/anthropic/v1/messages", "/v1/openai/models"])
def test_any_origin_may_call_without_cookies(path: str) -> None:
    answer = request("OPTIONS", path, token=None, origin="https://app.example", access_control_request_method="POST")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "*, authorization"
    assert "access-control-allow-credentials" not in answer.headers
    refused = request("POST", "/v1/proxy/chat/completions", b"{}", token=None, origin="https://app.example")
    assert refused.headers["access-control-allow-origin"] == "*"
