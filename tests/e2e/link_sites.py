"""Web sites for the Link tests, each a real server on an origin of its own: an app of somebody's, and a stranger."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from scripts.demo_parties import App, Json
from scripts.layout import ROOT

APP_HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>An app</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/app.css"><script type="module" src="/app.js"></script></head>
<body><main><p class="bar"></p><h1>Draft an answer</h1><p>Write with your own AI key.</p><p class="lines"></p>
<button id="connect">Connect</button></main></body></html>"""

APP_CSS = """body { margin: 0; font: 16px/1.6 system-ui, sans-serif; background: #fdf6ec; color: #332211; min-height: 160vh }
main { max-width: 42rem; margin: 0 auto; padding: 4rem 1.5rem }
button { padding: 0.75rem 1.5rem; border: 0; border-radius: 0.5rem; background: #b4531d; color: #fff; font: inherit }
.bar { height: 2.5rem; background: #f0dfc8; border-radius: 0.5rem } .lines { height: 12rem; border: 1px solid #e2cba8; background: #fff }"""

# Everything the handler calls back with is kept in order for the test to read.
APP_JS = """import { OneRelay } from "/link-sdk.js";
globalThis.calls = [];
const note = (name) => (...given) => calls.push([name, ...given]);
async function makeLink() {
  const { token, apiBaseUrl } = await (await fetch("/session" + location.search, { method: "POST" })).json();
  const told = { onSuccess: note("success"), onExit: note("exit"), onEvent: note("event"), onLoad: note("load") };
  return OneRelay.create({ token, apiBaseUrl, ...told });
}
document.getElementById("connect").addEventListener("click", async () => {
  globalThis.link = await makeLink();
  link.open();
});
"""

# Shows the address in its query in a frame, or opens it as a window, and keeps every message that reaches it.
STRANGER_HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A stranger</title>
<link rel="icon" href="data:,"><script src="/stranger.js"></script></head><body><button id="open">Open</button></body></html>"""

STRANGER_JS = """globalThis.heard = [];
addEventListener("message", (event) => heard.push([event.origin, event.data]));
function embed(url) { const frame = document.createElement("iframe"); frame.src = url; document.body.append(frame); }
addEventListener("DOMContentLoaded", () => {
  document.getElementById("open").addEventListener("click", () => { globalThis.opened = window.open(globalThis.target, "_blank"); });
});
"""

Answer = tuple[str, bytes]


@dataclass
class Site:
    """One web site. `pages` are served as they are; `answers` make JSON for POSTs, by query; `headers` go with everything.

    `posted` keeps the last body sent to each path.
    """

    pages: dict[str, Answer]
    answers: dict[str, Callable[[str], Json]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    posted: dict[str, Any] = field(default_factory=dict)


@contextmanager
def serving(site: Site, host: str) -> Iterator[Site]:
    """Serve the site on a free port; its origin names `host`, which must lead to this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = site.pages.get(self.path.partition("?")[0], ("", b""))
            self._send(200 if kind else 404, kind or "text/plain", body)

        def do_POST(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            site.posted[path] = json.loads(body) if body else None
            self._send(200, "application/json", json.dumps(site.answers[path](query)).encode())

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **site.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.origin = f"http://{host}:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def app_site(relay: str) -> Site:
    """An app's site with a policy as strict as it may be with Link on the page; `answers` still needs the app's server."""
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-src {relay}; base-uri 'none'"
    )
    pages = {
        "/": ("text/html; charset=utf-8", APP_HTML.encode()),
        "/app.css": ("text/css", APP_CSS.encode()),
        "/app.js": ("text/javascript", APP_JS.encode()),
        "/link-sdk.js": ("text/javascript", (ROOT / "clients/link-sdk/dist/index.js").read_bytes()),
    }
    return Site(pages, headers={"Content-Security-Policy": policy})


def stranger_site() -> Site:
    """A site that no app has registered."""
    return Site({"/": ("text/html; charset=utf-8", STRANGER_HTML.encode()), "/stranger.js": ("text/javascript", STRANGER_JS.encode())})


def link_answer(app: App, asked: Json) -> Json:
    """What the app's server tells its page: a fresh link token and where the relay is."""
    session = app.call("POST", "/v1/link/sessions", asked)
    return {"token": session["linkToken"], "apiBaseUrl": app.origin, "linkUrl": session["linkUrl"], "frameUrl": session["frameUrl"]}
