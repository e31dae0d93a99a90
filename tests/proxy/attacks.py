"""Both sides of the relay as an attacker writes them: raw bytes to its doors, and a provider that answers raw bytes."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tests.proxy.conftest import Relay

CHAT_DOOR = "/v1/proxy/chat/completions"
OPENAI_DOOR = "/v1/openai/chat/completions"
OPENAI_PATH = "/v1/proxy/passthrough/openai/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "Hello"}]
CHAT: dict[str, Any] = {"model": "gpt-4o-mini", "messages": MESSAGES, "max_tokens": 100}
JSON_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
SSE_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
_MOST_ANSWER_BYTES = 256 * 1024 * 1024


def framed(body: bytes, head: bytes = JSON_HEAD) -> bytes:
    """One whole answer with its length, which says that the connection ends with it, as it does."""
    return head + b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


def chunk(data: bytes) -> bytes:
    """One piece of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


@dataclass
class Wire:
    """One connection that the relay made: what it sent, and the socket to answer on."""

    head: bytes
    body: bytes
    socket: socket.socket
    stopping: threading.Event
    sent: int = 0
    is_cut: threading.Event = field(default_factory=threading.Event)

    def send(self, data: bytes) -> None:
        """Send all of it; counts what the system took. Raises OSError once the relay has hung up."""
        self.socket.sendall(data)
        self.sent += len(data)

    def wait(self, seconds: float) -> None:
        """Do nothing for a while. Raises OSError when the test is over, or the relay has hung up."""
        self.socket.settimeout(seconds)
        try:
            if not self.socket.recv(1):
                raise ConnectionResetError
        except TimeoutError:
            pass
        finally:
            self.socket.settimeout(None)
        if self.stopping.is_set():
            raise ConnectionAbortedError


Script = bytes | Callable[[Wire], None]


class RawProvider:
    """A server that answers each connection's one request by its script, then closes. Its bytes are the script's own."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []
        self._script: Script = framed(b"{}")
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._threads = [threading.Thread(target=self._accept)]
        self._sockets: list[socket.socket] = []
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for made in tuple(self._sockets):
            hang_up(made)
        for thread in self._threads:
            thread.join(5)

    def will(self, script: Script) -> None:
        """Answer every call from now on so."""
        self._script = script

    @property
    def last(self) -> Wire:
        """The newest call."""
        return self.wires[-1]

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                made, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(made)
            thread = threading.Thread(target=self._serve, args=(made,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, made: socket.socket) -> None:
        with made:
            try:
                wire = self._read(made)
                if wire is not None:
                    self._answer(wire)
            except OSError:
                pass

    def _read(self, made: socket.socket) -> Wire | None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = made.recv(65536)
            if not piece:
                return None
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        while len(body) < length:
            body += made.recv(65536)
        wire = Wire(head, body, made, self._stopping)
        self.wires.append(wire)
        return wire

    def _answer(self, wire: Wire) -> None:
        script = self._script
        try:
            if isinstance(script, bytes):
                wire.send(script)
            else:
                script(wire)
            wire.socket.shutdown(socket.SHUT_WR)
        except OSError:
            wire.is_cut.set()


def hang_up(made: socket.socket) -> None:
    """Wake whoever waits on the socket in another thread."""
    with suppress(OSError):
        made.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Answer:
    """One answer of the relay's, taken apart by hand. Status 0: it hung up without one."""

    raw: bytes

    @property
    def status(self) -> int:
        """The status of the first status line."""
        return int(self.raw.split(b" ", 2)[1]) if self.raw.startswith(b"HTTP/1.1 ") else 0

    @property
    def head(self) -> bytes:
        """Status line and headers."""
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        """What follows them, chunk marks and all."""
        return self.raw.partition(b"\r\n\r\n")[2]

    @property
    def pieces(self) -> list[bytes]:
        """The body's chunks, or the body where it has a length. Raises ValueError where the last chunk is missing."""
        if b"\r\ntransfer-encoding: chunked" not in self.head:
            return [self.body]
        pieces: list[bytes] = []
        rest = self.body
        while True:
            size, _, rest = rest.partition(b"\r\n")
            length = int(size, 16)
            if not length:
                return pieces
            pieces.append(rest[:length])
            rest = rest[length + 2 :]

    @property
    def code(self) -> str | None:
        """The code of the relay's own error, if it is one."""
        for line in self.head.split(b"\r\n"):
            if line.startswith(b"x-1relay-error: "):
                return line[16:].decode()
        return None


def request(target: str, token: str | None, body: Any = b"", *, method: str = "POST", headers: tuple[str, ...] = ()) -> bytes:
    """A whole request, to be answered and hung up on. Nothing in it is checked or escaped; text is sent as Latin-1."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {target} HTTP/1.1", "Host: relay.test", "Connection: close", *headers]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    names = {line.partition(":")[0].lower() for line in headers}
    if "content-type" not in names:
        lines.append("Content-Type: application/json")
    if not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data


def connect(relay: Relay, seconds: float = 10.0) -> socket.socket:
    """A connection to the relay."""
    address = urlsplit(relay.base)
    return socket.create_connection((address.hostname, address.port), timeout=seconds)


def talk(relay: Relay, data: bytes, seconds: float = 10.0) -> Answer:
    """Send the bytes and read until the relay hangs up. Raises TimeoutError where it does not."""
    with connect(relay, seconds) as client:
        with suppress(OSError):  # refused before it was all sent; the answer is there to be read
            client.sendall(data)
        return Answer(read_all(client))


def read_all(client: socket.socket) -> bytes:
    """Everything until the relay hangs up, or resets the connection."""
    pieces: list[bytes] = []
    size = 0
    while True:
        try:
            piece = client.recv(262_144)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        assert size < _MOST_ANSWER_BYTES


def ask(relay: Relay, token: str, target: str = OPENAI_PATH, **more: Any) -> Answer:
    """An ordinary chat call at one of the doors."""
    body = dict(CHAT)
    if target == CHAT_DOOR:
        body["provider"] = "openai"
    if target == OPENAI_DOOR:
        body["model"] = "openai/gpt-4o-mini"
    return talk(relay, request(target, token, {**body, **more}))


def wait_until(holds: Callable[[], Any], seconds: float = 5.0) -> None:
    """Ask again until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(0.01)
