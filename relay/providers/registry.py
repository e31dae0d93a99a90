"""The providers this relay knows: spec/providers.json, checked at first use, and the questions asked of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import unquote_to_bytes

from django.conf import settings

from relay.providers.facts import AllowedCall, Meter, Provider
from relay.providers.reading import read_facts

SPEC_FILE = Path(__file__).resolve().parent.parent.parent / "spec" / "providers.json"

_LONGEST_PATH = 512
_MODEL_IN_PATH = "(?P<model>[A-Za-z0-9][A-Za-z0-9._-]{0,127})"
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})|%2[fF]|%5[cC]")
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._~:/-]*")


@dataclass(frozen=True, slots=True)
class Call:
    """An allowed call as asked for: the facts about it, the decoded path to send, and the model if the path names one."""

    facts: AllowedCall
    path: str
    model: str | None


def provider(provider_id: str) -> Provider | None:
    """The provider with this id, if the relay knows it."""
    return _facts()[1].get(provider_id)


def providers() -> tuple[Provider, ...]:
    """All providers, in the order of the file."""
    return tuple(_facts()[1].values())


def meter(name: str) -> Meter:
    """Where usage stands in answers of this kind. Raises KeyError for `free` and unknown names."""
    return _facts()[0][name]


def match_call(asked: Provider, method: str, raw_path: bytes) -> Call | None:
    """The allowed call that method and percent-encoded path (from its first slash, without query) name, if any.

    The path is decoded exactly once; what is still escaped, steps up, or holds anything but plain path characters after
    that names no call. `Call.path` is the string that was matched, and the one to send.
    """
    return _match(asked.id, method, raw_path) if len(raw_path) <= _LONGEST_PATH else None


def looks_like_provider_key(text: str) -> bool:
    """Whether some word in `text` has the shape of a provider's key or admin key, so that it must not be stored."""
    return _any_key().search(text) is not None


def upstream_base(asked: Provider) -> str | None:
    """Scheme, host and port to call: RELAY_UPSTREAM_<PROVIDER> or the provider's own; None where the relay serves it."""
    return settings.RELAY_UPSTREAMS.get(asked.id) or asked.base_url


@lru_cache(maxsize=1024)
def _match(provider_id: str, method: str, raw_path: bytes) -> Call | None:
    """Remembered, as few paths make up nearly all calls."""
    path = _decode_once(raw_path)
    if path is None:
        return None
    for facts, pattern in _patterns(provider_id):
        found = pattern.fullmatch(path) if facts.method == method else None
        if found:
            return Call(facts, path, found.groupdict().get("model"))
    return None


def _decode_once(raw_path: bytes) -> str | None:
    if _BAD_ESCAPE.search(raw_path):
        return None
    try:
        path = unquote_to_bytes(raw_path).decode("ascii")
    except UnicodeDecodeError:
        return None
    if not _PLAIN_PATH.fullmatch(path) or "//" in path or any(step in (".", "..") for step in path.split("/")):
        return None
    return path


@cache
def _facts() -> tuple[dict[str, Meter], dict[str, Provider]]:
    return read_facts(json.loads(SPEC_FILE.read_text(encoding="utf-8")))


@cache
def _patterns(provider_id: str) -> tuple[tuple[AllowedCall, re.Pattern[str]], ...]:
    def pattern(template: str) -> re.Pattern[str]:
        return re.compile(_MODEL_IN_PATH.join(re.escape(part) for part in template.split("{model}")))

    return tuple((call, pattern(call.path)) for call in _facts()[1][provider_id].calls)


@cache
def _any_key() -> re.Pattern[str]:
    shapes = [
        shape.removeprefix("^").removesuffix("$")
        for known in providers()
        for shape in (*known.key_shapes, *(refused.shape for refused in known.refused_key_shapes))
    ]
    return re.compile(r"(?<![A-Za-z0-9_-])(?:" + "|".join(shapes) + r")(?![A-Za-z0-9])")
