"""Bodies that do not come, before Django sees a request."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from relay.core.bodies import bounded


def test_a_body_that_does_not_come_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.core.bodies.BODY_SECONDS", 0.05)
    sent: list[dict[str, Any]] = []

    async def never(*_: object) -> Any:
        raise AssertionError("the application was reached")

    async def drip() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> None:
        await bounded(never, 1000)({"type": "http", "headers": []}, drip, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"])["error"]["code"] == "invalid_request"
