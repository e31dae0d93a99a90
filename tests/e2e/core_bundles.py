"""Serves the test bundles of clients/core under the pages' own content security policy."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = ROOT / "build/test/browser"
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'"
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class _Bundles(SimpleHTTPRequestHandler):
    """Every path without a dot is a page that loads the bundle of that name."""

    def do_GET(self) -> None:
        if "." in self.path:
            super().do_GET()
            return
        page = f'<!doctype html><title>t</title><script type="module" src="{self.path}.js"></script>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


def build() -> None:
    """Bundle the tests as they are now."""
    node = shutil.which("node") or "node"
    subprocess.run([node, "clients/build.mjs", "--tests"], cwd=ROOT, check=True)


@contextmanager
def open_bundle(name: str) -> Iterator[tuple[Page, list[str]]]:
    """A page in Chromium with the bundle loaded, and the list of everything its console complained of."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Bundles, directory=str(BUNDLES)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    complaints: list[str] = []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
            page = browser.new_page()
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"http://127.0.0.1:{server.server_port}/{name}")
            yield page, complaints
            browser.close()
    finally:
        server.shutdown()
        server.server_close()


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
