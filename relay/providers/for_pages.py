"""What the scripts of pages are told of providers: enough to explain where a key is had, and to check one."""

from __future__ import annotations

from typing import Any, TypedDict

from relay.providers import registry
from relay.providers.facts import Provider


class KeyFacts(TypedDict):
    """One provider, as clients/pages/src/keyGuide/facts.ts reads it. `doubts` are names of unconfirmed facts."""

    id: str
    name: str
    confirmed: bool
    doubts: list[str]
    keyPage: str | None
    keyShapes: list[str]
    refusedKeyShapes: list[dict[str, str]]
    guide: dict[str, Any]
    check: dict[str, Any]
    answers: list[dict[str, Any]]
    troubles: list[dict[str, Any]]
    trial: dict[str, Any] | None


def key_facts() -> list[KeyFacts]:
    """All providers, in the order of spec/providers.json; to be written into a page by `json_script`."""
    return [_key_facts(provider) for provider in registry.providers()]


def _key_facts(provider: Provider) -> KeyFacts:
    guide, models, trial = provider.key_guide, provider.models, provider.check_trial
    return {
        "id": provider.id,
        "name": provider.name,
        "confirmed": provider.is_confirmed,
        "doubts": list(provider.unconfirmed),
        "keyPage": provider.key_page,
        "keyShapes": list(provider.key_shapes),
        "refusedKeyShapes": [{"shape": refused.shape, "why": refused.why} for refused in provider.refused_key_shapes],
        "guide": {
            "steps": list(guide.steps),
            "permissions": guide.permissions,
            "spendLimit": guide.spend_limit,
            "looksLike": guide.looks_like,
        },
        "check": {
            "method": provider.check.method,
            "path": provider.check.path,
            "headers": {header.name: header.value for header in provider.fixed_headers},
            "listsModels": provider.check.path == models.path,
        },
        "answers": [{"status": a.status, "matches": a.matches, "outcome": a.outcome} for a in provider.check_answers],
        "troubles": [{"status": t.status, "contains": t.contains, "code": t.code} for t in provider.key_troubles],
        "trial": None if trial is None else {"models": list(trial.models), "path": trial.path, "body": dict(trial.body)},
    }
