"""Asking for a chat and looking at both ends: what the provider received, and what the app got."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import requests

from tests.factories import Linked
from tests.fake_provider import FakeProvider, Received, Script
from tests.proxy import by_hand
from tests.proxy.conftest import Relay

HELLO = [{"role": "user", "content": "Hello"}]


@dataclass(frozen=True)
class Chat:
    """Calls to the relay's own chat door."""

    relay: Relay
    linked: Linked
    fake: FakeProvider

    def ask(self, provider: str, members: dict[str, Any], answer: Script) -> requests.Response:
        """One call, which the provider answers so."""
        self.fake.will(answer)
        body = {"provider": provider, "messages": HELLO, **members}
        return self.relay.chat(self.linked.access_token, body, stream=bool(members.get("stream")))

    def sent(self, provider: str, members: dict[str, Any], answer: Script) -> Received:
        """What the provider received for a call that went well."""
        got = self.ask(provider, members, answer)
        assert got.status_code == 200, got.text
        return self.fake.last

    def completion(self, provider: str, members: dict[str, Any], answer: Script) -> Any:
        """The chat completion that came back."""
        got = self.ask(provider, members, answer)
        assert got.status_code == 200, got.text
        assert got.json()["success"] is True
        return got.json()["data"]

    def chunks(self, provider: str, members: dict[str, Any], answer: Script) -> list[Any]:
        """The chunks of a stream that ended well, without `[DONE]`."""
        got = self.ask(provider, {**members, "stream": True}, answer)
        assert got.headers["content-type"].startswith("text/event-stream")
        *found, done = data_lines(got.content)
        assert done == "[DONE]"
        return [json.loads(line) for line in found]


def data_lines(stream: bytes) -> list[str]:
    """The data of every event, in order; comments left out."""
    return [event[6:] for event in stream.decode().split("\n\n") if event.startswith("data: ")]


def refusal(provider: str, members: dict[str, Any]) -> dict[str, list[str]]:
    """The fields that an invalid_request names; nothing was sent on. The application is called by hand: no server."""
    body = {"provider": provider, "messages": HELLO, **members}
    answer = by_hand.request("POST", "/v1/proxy/chat/completions", body)
    assert (answer.status, answer.code) == (400, "invalid_request"), answer.body
    fields: dict[str, list[str]] = answer.json["error"]["details"]["fields"]
    return fields


def accepted(provider: str, members: dict[str, Any]) -> bool:
    """Whether the call would have been sent on."""
    answer = by_hand.request("POST", "/v1/proxy/chat/completions", {"provider": provider, "messages": HELLO, **members})
    return answer.code == by_hand.SENT_ON
