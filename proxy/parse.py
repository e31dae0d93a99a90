"""Path, query and body → one call to one provider, or the ApiError that says why not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlencode

import orjson

from proxy import body_tree
from proxy.adapters import adapter_for
from proxy.body import steps, visit
from proxy.request import check_no_credential_in
from proxy.splice import set_member
from relay.core import strictjson
from relay.core.errors import InvalidRequest, PathNotAllowed, UnsupportedProvider
from relay.providers import registry

if TYPE_CHECKING:
    from proxy.adapters.base import Translation
    from proxy.body_tree import Reading
    from relay.providers.facts import AllowedCall, Provider

Door = Literal["chat", "passthrough", "openai"]

_MODEL = re.compile(r"[\x21-\x7e]{1,128}")
_INCLUDE_USAGE = "stream_options.include_usage"


@dataclass(slots=True)
class Call:
    """One request to one provider, as it will be sent but for the key and a lowered output limit.

    `translation` brings the answer into OpenAI's format, where the provider answers in another.
    """

    door: Door
    provider: Provider
    facts: AllowedCall
    path: str
    query: str
    model: str
    streams: bool
    body: bytes = field(default=b"", repr=False)
    members: dict[str, Any] = field(default_factory=dict, repr=False)
    reading: Reading | None = field(default=None, repr=False)
    drops_usage: bool = False
    translation: Translation | None = field(default=None, repr=False)


@lru_cache(maxsize=1024)
def passthrough_call(method: str, provider_id: str, raw_path: bytes, query: bytes) -> Call:
    """The allowed call that a passthrough address names, still without its body.

    Raises UnsupportedProvider, PathNotAllowed, InvalidRequest (a credential in the query); what raises is not kept.
    """
    provider = registry.provider(provider_id)
    if provider is None:
        raise UnsupportedProvider
    asked = _query(query)
    check_no_credential_in(asked)
    found = registry.match_call(provider, method, raw_path)
    if found is None:
        raise PathNotAllowed
    _check_query(found.facts, asked)
    return Call(
        door="passthrough",
        provider=provider,
        facts=found.facts,
        path=found.path,
        query=urlencode(asked),
        model=found.model or "",
        streams=found.facts.stream == "always",
    )


def with_body(call: Call, body: bytes) -> Call:
    """A passthrough call with its body: checked, and changed only where usage has to be asked for.

    Raises InvalidJson, InvalidRequest, PathNotAllowed (a refused member).
    """
    return _completed(call, _object(body), body)


def _completed(call: Call, members: dict[str, Any], body: bytes) -> Call:
    facts = call.facts
    reading = body_tree.read(call.provider.id, facts.rules or "", members)
    model = _model(members.get("model")) if facts.model == "body" else call.model
    if facts.model == "path":
        body_tree.check_model(call.provider.id, facts.rules or "", model)
    streams = _streams(members) if facts.stream == "body" else call.streams
    body, drops_usage = _ask_for_usage(call, members, body) if streams else (body, False)
    return Call(
        door=call.door,
        provider=call.provider,
        facts=facts,
        path=call.path,
        query=call.query,
        model=model,
        streams=streams,
        body=body,
        members=members,
        reading=reading,
        drops_usage=drops_usage,
        translation=call.translation,
    )


def chat_call(door: Door, body: bytes) -> Call:
    """The chat call that the relay's own or the OpenAI-compatible door was asked for.

    Raises InvalidJson, InvalidRequest, UnsupportedProvider, PathNotAllowed (a refused member).
    """
    members = _object(body)
    provider_id, members["model"] = _split_model(members) if door == "openai" else _provider_member(members)
    provider = registry.provider(provider_id)
    if provider is None:
        raise UnsupportedProvider
    request = adapter_for(provider).request(provider, members, datetime.now(UTC))
    found = registry.match_call(provider, "POST", request.path.encode())
    if found is None:
        raise PathNotAllowed
    try:
        translated = orjson.dumps(request.members)
    except TypeError:
        raise InvalidRequest("The body holds a number or character that JSON cannot carry.") from None
    model, streams = found.model or members["model"], found.facts.stream == "always"
    call = Call(door, provider, found.facts, found.path, request.query, model, streams, translation=request.translation)
    return _completed(call, request.members, translated)


def list_call(provider: Provider) -> Call:
    """The provider's own model list, for the OpenAI-compatible door."""
    found = registry.match_call(provider, "GET", provider.models.path.encode())
    if found is None:
        raise PathNotAllowed
    return Call("openai", provider, found.facts, found.path, provider.models.query, "", streams=False)


def _split_model(members: dict[str, Any]) -> tuple[str, str]:
    provider_id, slash, model = _model(members.get("model")).partition("/")
    if not slash or not model:
        raise InvalidRequest(fields={"model": ["Write it as provider/model, such as openai/gpt-4.1-mini."]})
    return provider_id, model


def _provider_member(members: dict[str, Any]) -> tuple[str, str]:
    provider_id = members.pop("provider", None)
    if not isinstance(provider_id, str):
        raise InvalidRequest(fields={"provider": ["The id of a provider is needed, such as openai."]})
    return provider_id, _model(members.get("model"))


def _object(body: bytes) -> dict[str, Any]:
    members = strictjson.loads(body)
    if not isinstance(members, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return members


def _model(model: object) -> str:
    if not isinstance(model, str) or not _MODEL.fullmatch(model):
        raise InvalidRequest(fields={"model": ["The name of a model is needed, in printable ASCII."]})
    return model


def _streams(members: dict[str, Any]) -> bool:
    stream = members.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise InvalidRequest(fields={"stream": ["true or false is needed."]})
    return bool(stream)


def _ask_for_usage(call: Call, members: dict[str, Any], body: bytes) -> tuple[bytes, bool]:
    """Set include_usage where the caller left it out; a caller's own choice stays, and a false one is overridden."""
    if not call.facts.include_usage:
        return body, False
    path = steps(_INCLUDE_USAGE, call.provider.aliases)
    if any(value is True for value in visit(members, path)):
        return body, False
    return set_member(body, path, value=True), True


def _query(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), max_num_fields=16)
    except ValueError:
        raise InvalidRequest("The query string is malformed.") from None


def _check_query(facts: AllowedCall, asked: list[tuple[str, str]]) -> None:
    names = [name for name, _ in asked]
    if len(set(names)) != len(names):
        raise InvalidRequest("A query parameter stands there twice.")
    for name, value in asked:
        if name not in facts.query or not re.fullmatch(facts.query[name], value):
            raise PathNotAllowed(f"The query parameter `{name[:64]}` is not passed on with this value.")
    for name in facts.required_query:
        if name not in names:
            raise InvalidRequest(f"Add `{name}={facts.query[name]}` to the address: only that form can be metered.")
