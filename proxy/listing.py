"""GET /v1/openai/models: what every granted provider that this door can chat with offers, in OpenAI's shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from linkflow import grants
from proxy import pipeline
from proxy.parse import list_call
from proxy.reply import KeptReply
from relay.core.errors import ApiError
from relay.providers import registry

if TYPE_CHECKING:
    from proxy.pipeline import Service
    from proxy.reply import Reply
    from proxy.request import Caller, Receive, Request
    from relay.providers.facts import Provider


async def list_models(caller: Caller, request: Request, receive: Receive, reply: Reply, service: Service) -> None:
    """Ask each granted provider and answer its models as `provider/model`, those the user allowed if they named some.

    A provider in trouble is left out; where none has a list, its error is the answer. Each list is a call of its own in
    the ledger, free of charge. Raises as grants.grant_of does.
    """
    grant = await grants.grant_of(caller.token_hash, datetime.now(UTC))
    models: list[dict[str, Any]] = []
    failed: ApiError | KeptReply | None = None
    for provider in registry.providers():
        if provider.id not in grant.providers or provider.chat_path is None:
            continue
        kept = KeptReply(reply.request_id, "openai")
        try:
            await pipeline.run(list_call(provider), caller, request, receive, kept, service)
        except ApiError as error:
            failed = error
            continue
        if kept.status == 200:
            models += _named(provider, kept.body, grant.models)
        else:
            failed = kept
    json = [(b"content-type", b"application/json")]
    if models or failed is None:
        await reply.whole(200, json, orjson.dumps({"object": "list", "data": models}))
    elif isinstance(failed, ApiError):
        raise failed
    else:
        await reply.whole(failed.status, json, failed.body)


def _named(provider: Provider, body: bytes, allowed: tuple[str, ...] | None) -> list[dict[str, Any]]:
    """The list's entries in OpenAI's shape, under the names this door knows them by."""
    where = provider.models
    try:
        answer = orjson.loads(body)
        entries = answer if where.items_at is None else answer[where.items_at]
        names = [entry[where.id_at].removeprefix(where.id_prefix) for entry in entries]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return []
    return [
        {"created": 0, "owned_by": provider.id, **entry, "object": "model", "id": f"{provider.id}/{name}"}
        for entry, name in zip(entries, names, strict=True)
        if allowed is None or name in allowed or f"{provider.id}/{name}" in allowed
    ]
