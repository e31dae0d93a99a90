"""The table of all routes of both halves, and what the code itself lists: a route without a row fails the tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from proxy import asgi as proxy
from tests.contracts import samples
from tests.contracts.samples import Sample
from tests.contracts.world import World


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. `caller` is who may call it with success (world.headers_of), "" for anybody.

    `stranger` is a caller of the same kind whom the object named in the path does not concern. `status` is a success's.
    `shape` is that of a failure. `as_app` is what an app is told, where an app is not the caller.
    """

    method: str
    path: str
    caller: str = ""
    sample: Sample | None = None
    elevated: bool = False
    stranger: str = ""
    status: int = 200
    shape: str = "envelope"
    as_app: str = "unauthenticated"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_proxy(self) -> bool:
        """Whether the proxy's ASGI application answers it."""
        return self.path.startswith(("/v1/proxy/", "/v1/openai/"))

    def target(self, world: World, **over: str) -> str:
        """The path with the ids of the world."""
        names = {
            "app_id": world.chat.app.pk,
            "event_id": world.event_id,
            "connection_id": world.linked.connection.pk,
            "provider": "openai",
            "session_id": world.asking.session.pk if "/link/" in self.path else world.second_device.pk,
            "rest": "v1/chat/completions",
        }
        if "passthrough" in self.path:
            names["provider"] = "sandbox"
        return self.path.format(**{**names, **over})


ROUTES = (
    Route("POST", "/v1/auth/prelogin", sample=samples.prelogin),
    Route("POST", "/v1/auth/register", sample=samples.register, status=201),
    Route("POST", "/v1/auth/login", sample=samples.login),
    Route("POST", "/v1/auth/unlock", "ada", samples.unlock),
    Route("GET", "/v1/auth/session-key", "page"),
    Route("POST", "/v1/auth/lock", "page"),
    Route("POST", "/v1/auth/logout", "ada"),
    Route("GET", "/v1/auth/me", "ada"),
    Route("GET", "/v1/auth/sessions", "ada"),
    Route("DELETE", "/v1/auth/sessions", "ada"),
    Route("PUT", "/v1/auth/password", "ada", samples.password, elevated=True),
    Route("PUT", "/v1/auth/recovery", "ada", samples.recovery, elevated=True),
    Route("POST", "/v1/auth/recover/read", sample=samples.recover_read),
    Route("POST", "/v1/auth/recover", sample=samples.recover),
    Route("PUT", "/v1/auth/auto-lock", "ada", samples.auto_lock, elevated=True),
    Route("DELETE", "/v1/auth/account", "ada", samples.delete_account, elevated=True),
    Route("DELETE", "/v1/auth/sessions/{session_id}", "ada", stranger="mallory"),
    Route("POST", "/v1/auth/verify-email", sample=samples.verify_email),
    Route("POST", "/v1/auth/verify-email/send", "ada"),
    Route("GET", "/v1/activity", "ada"),
    Route("GET", "/v1/keys", "ada"),
    Route("POST", "/v1/keys", "ada", samples.put_key, elevated=True),
    Route("PATCH", "/v1/keys/{provider}", "ada", samples.label, elevated=True, stranger="mallory"),
    Route("DELETE", "/v1/keys/{provider}", "ada", elevated=True, stranger="mallory"),
    Route("GET", "/v1/apps", "bob"),
    Route("POST", "/v1/apps", "bob", samples.new_app, status=201),
    Route("GET", "/v1/apps/{app_id}", "bob", stranger="mallory"),
    Route("PATCH", "/v1/apps/{app_id}", "bob", samples.new_app, elevated=True, stranger="mallory"),
    Route("DELETE", "/v1/apps/{app_id}", "bob", elevated=True, stranger="mallory"),
    Route("POST", "/v1/apps/{app_id}/rotate-secret", "bob", samples.rotate, elevated=True, stranger="mallory"),
    Route("DELETE", "/v1/apps/{app_id}/previous-secret", "bob", elevated=True, stranger="mallory"),
    Route("PUT", "/v1/apps/{app_id}/logo", "bob", samples.logo, elevated=True, stranger="mallory"),
    Route("DELETE", "/v1/apps/{app_id}/logo", "bob", elevated=True, stranger="mallory"),
    Route("POST", "/v1/apps/{app_id}/verify", "bob", samples.origin, stranger="mallory"),
    Route("GET", "/v1/apps/{app_id}/webhooks", "bob", stranger="mallory"),
    Route("POST", "/v1/apps/{app_id}/webhooks/rotate-secret", "bob", samples.rotate, elevated=True, stranger="mallory"),
    Route("POST", "/v1/apps/{app_id}/webhooks/enable", "bob", elevated=True, stranger="mallory"),
    Route("POST", "/v1/apps/{app_id}/webhooks/test", "bob", status=201, stranger="mallory"),
    Route("GET", "/v1/apps/{app_id}/webhooks/deliveries", "bob", stranger="mallory"),
    Route("GET", "/v1/apps/{app_id}/webhooks/deliveries/{event_id}", "bob", stranger="mallory"),
    Route("POST", "/v1/apps/{app_id}/webhooks/deliveries/{event_id}/replay", "bob", stranger="mallory"),
    Route("POST", "/v1/webhooks/test", "app", status=201),
    Route("POST", "/v1/link/sessions", "app", samples.link_session, status=201),
    Route("GET", "/v1/link/sessions/{session_id}", "app", stranger="other"),
    Route("GET", "/v1/link/session", "link"),
    Route("POST", "/v1/link/session/events", "link", samples.event),
    Route("POST", "/v1/link/authorize", "ada", samples.authorize, elevated=True),
    Route("POST", "/v1/link/exchange", "app", samples.exchange),
    Route("POST", "/v1/sandbox/link", "app", samples.sandbox_link, status=201),
    Route("POST", "/v1/sandbox/fire", "app", samples.sandbox_fire, status=201),
    Route("GET", "/v1/connections", "ada", as_app=""),
    Route("POST", "/v1/connections", "ada", samples.personal, elevated=True, status=201, as_app="forbidden"),
    Route("GET", "/v1/connections/{connection_id}", "ada", stranger="mallory", as_app=""),
    Route("PATCH", "/v1/connections/{connection_id}", "ada", samples.change, elevated=True, stranger="mallory", as_app="forbidden"),
    Route("DELETE", "/v1/connections/{connection_id}", "ada", stranger="mallory", as_app=""),
    Route("GET", "/v1/usage", "ada", as_app=""),
    Route("GET", "/v1/ledger", "ada"),
    Route("PUT", "/v1/budget", "ada", samples.cap, elevated=True),
    Route("GET", "/v1/openapi.json"),
    Route("POST", "/v1/proxy/chat/completions", "grant", samples.chat),
    Route("POST", "/v1/proxy/passthrough/{provider}/{rest}", "grant", samples.sandbox_chat, shape="passthrough"),
    Route("POST", "/v1/openai/chat/completions", "grant", samples.openai_chat, shape="openai"),
    Route("GET", "/v1/openai/models", "grant", shape="openai"),
)
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def in_code() -> set[str]:
    """`METHOD path` of everything under /v1 that the two halves answer, by their own lists."""
    return set(_of_django()) | set(_of_proxy())


def _of_django() -> Iterator[str]:
    for path, view in _walk(get_resolver().url_patterns, "/"):
        if path.startswith("/v1/"):
            methods = [name for name in view.view_class.http_method_names if hasattr(view.view_class, name)]
            yield from (f"{name.upper()} {path}" for name in methods if name not in {"head", "options"})


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for entry in patterns:
        path = prefix + _PARAMETER.sub(r"{\1}", str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, path)
        else:
            assert isinstance(entry, URLPattern)
            yield path, entry.callback


def _of_proxy() -> Iterator[str]:
    """Every door is a constant of proxy/asgi.py; passthrough takes any method, and its own list decides."""
    doors = [value.decode() for value in vars(proxy).values() if isinstance(value, bytes) and value.startswith(b"/v1/")]
    for door in doors:
        if door.endswith("/"):
            yield f"POST {door}{{provider}}/{{rest}}"
        else:
            yield f"{'GET' if door.endswith('models') else 'POST'} {door}"
