"""An app's endpoint: a real server on this machine that keeps what it is sent and answers what it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str], bytes]
OK: Reply = (200, {}, b"taken")


@dataclass
class Got:
    """One request."""

    headers: dict[str, str]
    raw: bytes
    at: float

    @property
    def id(self) -> str:
        """The event's id."""
        return self.headers["webhook-id"]

    @property
    def body(self) -> Any:
        """The body as JSON."""
        return json.loads(self.raw)

    @property
    def sequence(self) -> int:
        """Its number within the connection."""
        return int(self.body["data"]["sequence"])


@dataclass
class Receiver:
    """What came so far. `answer` decides what each request is answered; it may take its time."""

    url: str
    got: list[Got] = field(default_factory=list)
    answer: Callable[[Got], Reply] = lambda got: OK

    @property
    def types(self) -> list[str]:
        """The types of the events, in the order of their coming."""
        return [got.body["type"] for got in self.got]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver that is up."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            got = Got({name.lower(): value for name, value in self.headers.items()}, raw, time.monotonic())
            with lock:
                made.got.append(got)
            status, headers, body = made.answer(got)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # whoever asks may leave early
    made = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook?a=b")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
