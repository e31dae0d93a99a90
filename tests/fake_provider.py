"""A provider on a real socket that does as it is told: scripted pieces, delays, resets, half-closed connections, echoes.

It keeps its own count of the calls it received, and what was in them, so that ours can be compared with it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

RESET = "reset"
HALF_CLOSE = "half-close"
ECHO_CREDENTIAL = "echo-credential"

Piece = bytes | float | str
"""Bytes to send, seconds to wait, or one of the words above."""


@dataclass(frozen=True)
class Answer:
    """What to do with one call: wait, then status and headers, then the pieces; chunked unless `length` is given."""

    pieces: tuple[Piece, ...] = ()
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    wait_seconds: float = 0.0
    length: int | None = None


@dataclass
class Received:
    """One call as it came in. `abandoned` is set when the caller closes before the answer is complete."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    abandoned: threading.Event = field(default_factory=threading.Event)

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


Script = Answer | Callable[[Received], Answer]


def whole(body: Any, status: int = 200, headers: dict[str, str] | None = None, wait_seconds: float = 0.0) -> Answer:
    """One JSON (or ready-made) body with its length."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"content-type": "application/json", **(headers or {})}
    return Answer((data,), status, tuple(lines.items()), wait_seconds, len(data))


def stream(*pieces: Piece, headers: dict[str, str] | None = None, wait_seconds: float = 0.0) -> Answer:
    """A stream of server-sent events."""
    lines = {"content-type": "text/event-stream", **(headers or {})}
    return Answer(pieces, 200, tuple(lines.items()), wait_seconds)


def events(*data: Any, done: bool = True) -> list[bytes]:
    """Events in OpenAI's way: one line of data each, then `[DONE]`."""
    lines = [b"data: " + (item if isinstance(item, bytes) else json.dumps(item).encode()) + b"\n\n" for item in data]
    return [*lines, b"data: [DONE]\n\n"] if done else lines


def chat_answer(prompt: int = 10, completion: int = 5, text: str = "Hello.") -> dict[str, Any]:
    """A chat completion in OpenAI's shape."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": usage(prompt, completion),
    }


def usage(prompt: int, completion: int, cached: int = 0) -> dict[str, Any]:
    """OpenAI's usage object."""
    details = {"prompt_tokens_details": {"cached_tokens": cached}}
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion, **details}


def chat_chunk(text: str, **more: Any) -> dict[str, Any]:
    """One chunk of a streamed chat completion."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **more}


def usage_chunk(prompt: int, completion: int) -> dict[str, Any]:
    """The extra last chunk that `include_usage` brings."""
    return chat_chunk("") | {"choices": [], "usage": usage(prompt, completion)}


def chat_stream(*texts: str, prompt: int = 10, completion: int = 5, pause: float = 0.0) -> Answer:
    """A streamed chat completion with usage at its end."""
    chunks = events(*(chat_chunk(text, usage=None) for text in texts), usage_chunk(prompt, completion))
    pieces: list[Piece] = []
    for chunk in chunks:
        pieces += [chunk, pause] if pause else [chunk]
    return stream(*pieces)


class FakeProvider:
    """The server, in a thread of its own. Queue answers with `will`; the last one stays for every further call."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._answers: deque[Script] = deque([whole(chat_answer())])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.base = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(5)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def will(self, *answers: Script) -> None:
        """Answer the next calls so, and every one after them as the last; a function answers each by what it received."""
        self._answers = deque(answers)

    @property
    def last(self) -> Received:
        """The newest call."""
        return self.received[-1]

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        self.base = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (received := await _read_request(reader)) is not None:
                self.received.append(received)
                script = self._answers[0] if len(self._answers) == 1 else self._answers.popleft()
                answer = script if isinstance(script, Answer) else script(received)
                if not await self._give(answer, received, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _give(self, answer: Answer, received: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send the answer while listening for the caller leaving; whether the connection can be used again."""
        sending = asyncio.create_task(_send(answer, received, writer))
        leaving = asyncio.create_task(reader.read(1))
        self._tasks |= {sending, leaving}
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        self._tasks -= {sending, leaving}
        if sending.done():
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            return sending.exception() is None and sending.result()
        received.abandoned.set()
        sending.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)
        return False


async def _read_request(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = line.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (header.partition(":") for header in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body)


async def _send(answer: Answer, received: Received, writer: asyncio.StreamWriter) -> bool:
    if answer.wait_seconds:
        await asyncio.sleep(answer.wait_seconds)
    credential = received.headers.get("authorization", "").removeprefix("Bearer ")
    credential = credential or received.headers.get("x-api-key", "") or received.headers.get("x-goog-api-key", "")
    lines = [f"HTTP/1.1 {answer.status} Scripted"]
    lines += [f"{name}: {value.replace(ECHO_CREDENTIAL, credential)}" for name, value in answer.headers]
    chunked = answer.length is None
    lines.append("transfer-encoding: chunked" if chunked else f"content-length: {answer.length}")
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    for piece in answer.pieces:
        if piece == RESET:
            writer.transport.abort()
            return False
        if piece == HALF_CLOSE:
            writer.write_eof()
            await asyncio.sleep(0.2)
            return False
        if isinstance(piece, float):
            await writer.drain()
            await asyncio.sleep(piece)
            continue
        data = credential.encode() if piece == ECHO_CREDENTIAL else piece
        assert isinstance(data, bytes)
        writer.write(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
        await writer.drain()
    if chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True
