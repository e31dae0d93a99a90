"""The proxy's three doors, as a plain ASGI application: relay chat, passthrough, OpenAI-compatible."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from linkflow import grants
from proxy import listing, parse, pipeline
from proxy.heavy import work_on
from proxy.liveness import Watch
from proxy.pipeline import Service
from proxy.reply import Reply, UnfinishedIsMeant
from proxy.request import ClientGone, Request, read_json_body
from proxy.sandbox.server import SandboxServer
from proxy.upstream import Client
from relay.core import ids
from relay.core.errors import ApiError, InternalError, MethodNotAllowed, NotFound, ServiceUnavailable
from relay.providers import registry

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from proxy.parse import Door
    from proxy.request import Caller, Receive, Send

logger = logging.getLogger(__name__)

CHAT: Final = b"/v1/proxy/chat/completions"
OPENAI_CHAT: Final = b"/v1/openai/chat/completions"
OPENAI_MODELS: Final = b"/v1/openai/models"
PASSTHROUGH: Final = b"/v1/proxy/passthrough/"
_METHODS: Final = {CHAT: frozenset({"POST"}), OPENAI_CHAT: frozenset({"POST"}), OPENAI_MODELS: frozenset({"GET"})}
_ANY: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
_STOP_SECONDS: Final = 5.0


class _Process:
    """What startup makes and shutdown ends."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.service: Service | None = None
        self.sandbox: SandboxServer | None = None

    def running(self) -> Service:
        """The running service. Raises ServiceUnavailable before startup and after shutdown."""
        if self.service is None:
            raise ServiceUnavailable(headers={"Retry-After": "1"})
        return self.service


_process = _Process()
_server_log = logging.getLogger("uvicorn.error")
_unfinished_is_meant = UnfinishedIsMeant()


async def startup() -> None:
    """Serve the sandbox, open the pool of connections, begin asking after running calls. After usage.process.start()."""
    sandbox = SandboxServer()
    await sandbox.start()
    service = Service(Client({"sandbox": sandbox.base}), Watch())
    service.watch.start()
    _process.watch = service.watch
    _server_log.addFilter(_unfinished_is_meant)
    _process.sandbox, _process.service = sandbox, service


async def shutdown() -> None:
    """End running calls and hand them over to be settled, then close everything. Before usage.process.stop()."""
    service, sandbox = _process.service, _process.sandbox
    _process.service = _process.sandbox = None
    if service is not None:
        await service.watch.stop(_STOP_SECONDS)
        await service.client.close()
    if sandbox is not None:
        await sandbox.stop()
    _server_log.removeFilter(_unfinished_is_meant)


async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer one request of scope type `http`; every failure in the shape its door's clients read."""
    request = Request(scope)
    door: Door = "chat"
    if request.path.startswith(PASSTHROUGH):
        door = "passthrough"
    elif request.path.startswith(b"/v1/openai/"):
        door = "openai"
    reply = Reply(send, ids.request_id(request.header(b"x-request-id")), door)
    try:
        await _answer(request, receive, reply)
    except ClientGone:
        return
    except ApiError as error:
        await _fail(reply, error)
    except Exception:
        logger.exception("a proxied call failed, request %s", reply.request_id)
        await _fail(reply, InternalError())


async def _fail(reply: Reply, error: ApiError) -> None:
    logger.info("proxy refused request %s: %s", reply.request_id, error.code)
    if not reply.started:
        await reply.fail(error)


async def _answer(request: Request, receive: Receive, reply: Reply) -> None:
    allowed = _allowed_methods(request.path)
    if not allowed:
        raise NotFound
    if request.method == "OPTIONS":
        await reply.preflight()
        return
    if request.method not in allowed:
        raise MethodNotAllowed(headers={"Allow": ", ".join(sorted({*allowed, "OPTIONS"}))})
    if reply.door == "passthrough":
        await _pass_through(request, receive, reply)
    elif request.path == OPENAI_MODELS:
        caller = request.caller(any_header=False)
        await listing.list_models(caller, request, receive, reply, _process.running())
    else:
        caller = request.caller(any_header=False)
        body, heavy = await read_json_body(request, receive, partial(_check, caller), _process.watch)
        call = await work_on(heavy, parse.chat_call, reply.door, body)
        await _run(call, caller, request, receive, reply)


async def _pass_through(request: Request, receive: Receive, reply: Reply) -> None:
    name, slash, rest = request.path[len(PASSTHROUGH) :].partition(b"/")
    provider_id = name.decode("latin-1")
    reply.provider = registry.provider(provider_id)
    call = parse.passthrough_call(request.method, provider_id, slash + rest, request.query)
    caller = request.caller(any_header=True)
    if request.method == "POST":
        body, heavy = await read_json_body(request, receive, partial(_check, caller), _process.watch)
        call = await work_on(heavy, parse.with_body, call, body)
    await _run(call, caller, request, receive, reply)


async def _check(caller: Caller) -> None:
    """Raise what admission would, where the caller's token is good for no call at all."""
    _process.running()
    await grants.grant_of(caller.token_hash, datetime.now(UTC))


async def _run(call: parse.Call, caller: Caller, request: Request, receive: Receive, reply: Reply) -> None:
    await pipeline.run(call, caller, request, receive, reply, _process.running())


def _allowed_methods(path: bytes) -> frozenset[str]:
    """The methods of a door; none where there is no door. On passthrough the provider's own calls decide."""
    if path.startswith(PASSTHROUGH):
        return _ANY
    return _METHODS.get(path, frozenset())
