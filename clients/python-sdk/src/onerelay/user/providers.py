"""What this package knows of providers: the relay's own facts (providers.json), as they were when it was made."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from onerelay.user.crypto.encoding import check_provider
from onerelay.user.errors import DeviceError, else_refused


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. `base_path` ends the base URL of its own SDK, `openai_path` that of OpenAI's (None: it does not speak it)."""

    id: str
    name: str
    key_page: str | None
    looks_like: str | None
    base_path: str
    openai_path: str | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What the look of a key tells before anything is sent: `why` of a key never taken, `other` of another provider's."""

    kind: Literal["plain", "admin_key", "other_provider", "unusual"]
    why: str | None = None
    other: Provider | None = None


@cache
def known() -> dict[str, Provider]:
    """Every provider by its id."""
    read = json.loads((files("onerelay.user") / "providers.json").read_text(encoding="utf-8"))
    return {
        facts["id"]: Provider(
            facts["id"], facts["name"], facts["keyPage"], facts["looksLike"], facts["basePath"], facts["openaiPath"], facts
        )
        for facts in read
    }


def provider_id(text: str) -> str:
    """The id of a provider as typed. Raises DeviceError unknown_provider for what can be none."""
    lowered = text.strip().lower()
    try:
        return else_refused("not_requested", lambda: check_provider(lowered))
    except DeviceError:
        raise unknown(text) from None


def unknown(text: str) -> DeviceError:
    """The error of a provider that this package does not know."""
    return DeviceError("unknown_provider", f"{text[:40]!r} is no provider known here. Known are: {', '.join(known())}.")


def look_of(api_key: str, provider: Provider) -> Look:
    """How a key looks for a provider, among all of them. Shapes are hints; only a key of a refused kind is turned away."""
    why = _refusal(api_key, provider)
    if why is not None:
        return Look("admin_key", why)
    if _fits(api_key, provider):
        return Look("plain")
    like = [one for one in known().values() if _fits(api_key, one) or _refusal(api_key, one) is not None]
    if len(like) == 1 and like[0].id != provider.id:
        why = _refusal(api_key, like[0])
        return Look("other_provider", other=like[0]) if why is None else Look("admin_key", why)
    return Look("unusual" if provider.facts["keyShapes"] else "plain")


def _refusal(api_key: str, provider: Provider) -> str | None:
    refused = provider.facts["refusedKeyShapes"]
    return next((str(one["why"]) for one in refused if re.search(one["shape"], api_key)), None)


def _fits(api_key: str, provider: Provider) -> bool:
    return any(re.search(shape, api_key) for shape in provider.facts["keyShapes"])
