"""The quick start of one app: code with its own client id that runs as it stands, and what of it the server has seen."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.template.loader import render_to_string

from linkflow.models import Connection, LinkSession
from relay.core.fields import LOOPBACK_HOSTS
from usage.request_log import calls_of

if TYPE_CHECKING:
    from accounts.models import App

LOCAL_ORIGIN: Final = "http://localhost:3000"
"""What the code uses, and the page offers to allow, where the app has no origin on the developer's machine."""
LANGUAGES: Final = {"node": "Node", "python": "Python", "curl": "curl"}


@dataclass(frozen=True, slots=True)
class Progress:
    """Which steps the server has seen of this app, whoever took them."""

    opened: bool
    exchanged: bool
    called: bool

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to wait for."""
        return self.opened and self.exchanged and self.called


def progress(app: App) -> Progress:
    """What happened so far. Link sessions are forgotten after a month, connections are not. Three queries at most."""
    called = calls_of(app.pk).exists()
    exchanged = called or Connection.objects.filter(app=app).exclude(status=Connection.PENDING).exists()
    opened = exchanged or LinkSession.objects.filter(app=app).exists()
    return Progress(opened, exchanged, called)


@dataclass(frozen=True, slots=True)
class Snippet:
    """One piece of code to copy: `id` is its element's, `title` a file's name, or what the lines do."""

    id: str
    title: str
    language: str
    text: str


def local_origin(app: App) -> str:
    """The app's first origin on the developer's machine; empty without one."""
    return next((origin for origin in app.allowed_origins if urlsplit(origin).hostname in LOOPBACK_HOSTS), "")


def server_code(app: App, language: str, relay_origin: str) -> Snippet:
    """A whole app in one file, in Node or Python."""
    origin = local_origin(app) or LOCAL_ORIGIN
    parts = urlsplit(origin)
    name = {"node": "quickstart.mjs", "python": "quickstart.py"}[language]
    port = parts.port or (443 if parts.scheme == "https" else 80)
    values = {"client_id": app.client_id, "relay": relay_origin, "origin": origin, "host": parts.hostname, "port": port}
    return Snippet(
        "code-server",
        name,
        {"node": "js", "python": "python"}[language],
        render_to_string(f"developer/quickstart/{name}.txt", values).strip() + "\n",
    )


def curl_code(app: App, relay_origin: str) -> list[Snippet]:
    """The same three steps by hand; approving ends at the app's redirect URI, whose address then holds the public token."""
    asked: dict[str, object] = {"requestedProviders": ["sandbox"], "budgetSuggestionCents": 500}
    if app.redirect_uris:
        asked["redirectUri"] = app.redirect_uris[0]
    said = {"provider": "sandbox", "model": "sandbox-small", "messages": [{"role": "user", "content": "Hello!"}]}
    app_pair = f'-u "{app.client_id}:$ONERELAY_CLIENT_SECRET"'
    return [
        Snippet(
            "code-session",
            "Open a link session",
            "shell",
            _curl(relay_origin + "/v1/link/sessions", app_pair, shlex.quote(json.dumps(asked))),
        ),
        Snippet(
            "code-exchange",
            "Exchange the public token",
            "shell",
            _curl(relay_origin + "/v1/link/exchange", app_pair, '"{\\"publicToken\\": \\"$PUBLIC_TOKEN\\"}"'),
        ),
        Snippet(
            "code-call",
            "Call a model",
            "shell",
            _curl(relay_origin + "/v1/proxy/chat/completions", '-H "Authorization: Bearer $ACCESS_TOKEN"', shlex.quote(json.dumps(said))),
        ),
    ]


def _curl(address: str, credential: str, body: str) -> str:
    return f'curl -sS {address} \\\n  {credential} \\\n  -H "Content-Type: application/json" \\\n  -d {body}\n'
