"""Every member that the pinned SDKs let a caller send is ruled in spec/providers.json, or was read about and let pass.

A newer SDK brings newer members. One that nobody has read about may open a stored conversation, or cost more than is held:
it fails here, until a rule or a line in reviewed_members.json says what it is. What is listed there costs no more than
bytes, the output limit and the rates account for, and reaches nothing beyond the call.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from anthropic.types.beta import message_create_params as anthropic_messages
from groq.types.chat import completion_create_params as groq_chat
from openai.types.chat import completion_create_params as openai_chat
from openai.types.responses import response_create_params as openai_responses

from proxy.body import steps
from relay.providers import registry

REVIEWED: dict[str, list[str]] = json.loads(Path(__file__).with_name("reviewed_members.json").read_text(encoding="utf-8"))
SENT: dict[str, Any] = {
    "openai chat": openai_chat.CompletionCreateParamsStreaming,
    "openai responses": openai_responses.ResponseCreateParamsStreaming,
    "anthropic messages": anthropic_messages.MessageCreateParamsStreaming,
    "groq chat": groq_chat.CompletionCreateParams,
}


def ruled(provider_id: str, rules_name: str) -> set[str]:
    """The names at the top of a body that the rules speak of."""
    provider = registry.provider(provider_id)
    assert provider is not None
    rules = provider.rules[rules_name]
    assert rules.output_limit is not None
    paths = [*(rule.at for rule in rules.constraints), *rules.output_limit.fields, rules.choices_field, rules.output_limit.floor_field]
    return {steps(path, "none")[0][0][0] for path in paths if path}


@pytest.mark.parametrize("dialect", SENT)
def test_every_member_is_ruled_or_reviewed(dialect: str) -> None:
    members = set(SENT[dialect].__annotations__)
    known = ruled(*dialect.split()) | set(REVIEWED[dialect])
    assert len(members) > 20
    assert members <= known, f"read about {sorted(members - known)}: rule them, or list them in reviewed_members.json"


@pytest.mark.parametrize("dialect", SENT)
def test_nothing_is_listed_that_is_ruled_or_gone(dialect: str) -> None:
    listed = REVIEWED[dialect]
    assert listed == sorted(set(listed))
    assert set(listed) <= set(SENT[dialect].__annotations__) - ruled(*dialect.split())
