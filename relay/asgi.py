"""The one ASGI application: the proxy's doors beside Django, and the life of what both need (architecture.md, "DRF or not")."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay.settings")
_django: Any = get_asgi_application()

import relay.celery  # noqa: E402, F401 (registers the Celery app, so that tasks can be queued)
import usage.process  # noqa: E402 (models need Django set up)
from proxy import asgi as proxy  # noqa: E402
from relay.core.bodies import bounded  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_pages_and_api = bounded(_django, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
_PROXY_DOORS = ("/v1/proxy/", "/v1/openai/")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers proxied calls itself, refuses websockets, hands everything else to Django."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"].startswith(_PROXY_DOORS):
        await proxy.application(scope, receive, send)
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close"})
    else:
        await _pages_and_api(scope, receive, send)


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what was loaded, and run after so many new objects that a busy process is not slowed."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def _lifespan(receive: Receive, send: Send) -> None:
    """Refuses unsafe settings, starts accounting before the first admission, and flushes it after the last."""
    await receive()
    unsafe = [message for message in checks.run_checks() if message.is_serious()]
    if unsafe:
        await send({"type": "lifespan.startup.failed", "message": "\n".join(str(message) for message in unsafe)})
        return
    await usage.process.start()
    await proxy.startup()
    _spare_the_collector()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await proxy.shutdown()
    await usage.process.stop()
    await send({"type": "lifespan.shutdown.complete"})
