"""Webhooks signed by the reference library are believed, and nothing else is; each type has its class."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import time_machine
from standardwebhooks import Webhook

from onerelay import OneRelay, UsageError, WebhookVerificationError, events, webhooks
from onerelay._reading import camel
from tests.python_sdk.parties import CLIENT_ID, CLIENT_SECRET, WEBHOOK_SECRET

SPEC = json.loads((Path(__file__).resolve().parents[2] / "spec" / "webhook_events.json").read_text())["events"]
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
OTHER = "whsec_" + "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q="
BODY = json.dumps(SPEC[0]["example"], ensure_ascii=False)


def signed(body: str = BODY, *secrets: str, at: datetime = NOW, name: str = "msg_1") -> dict[str, str]:
    """The headers of the reference library."""
    signatures = [Webhook(secret).sign(name, at, body) for secret in secrets or (WEBHOOK_SECRET,)]
    return {"Webhook-Id": name, "webhook-timestamp": str(int(at.timestamp())), "WEBHOOK-SIGNATURE": " ".join(signatures)}


@pytest.fixture(autouse=True)
def now() -> Any:
    """It is the moment of the examples."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize("told", SPEC, ids=lambda told: told["type"])
def test_each_event_of_the_relay_has_its_class(told: dict[str, Any]) -> None:
    body = json.dumps(told["example"])
    event: Any = webhooks.verify(body.encode(), signed(body), WEBHOOK_SECRET)
    kind = events.BY_TYPE[told["type"]]
    assert (type(event), event.type, event.id, event.timestamp) == (kind, told["type"], "msg_1", NOW)
    assert event.raw == told["example"]["data"]
    own = {name: hint for name, hint in get_type_hints(kind).items() if name not in {"type", "id", "timestamp", "raw"}}
    assert {camel(name) for name in own} == set(told["data"]["properties"]) == set(told["data"]["required"])
    for name, hint in own.items():
        said = told["data"]["properties"][camel(name)]
        if "enum" in said:
            assert set(get_args(hint)) == set(said["enum"])
        if isinstance(said.get("type"), list):
            assert type(None) in get_args(hint), name


def test_all_events_are_known() -> None:
    assert list(events.BY_TYPE) == [told["type"] for told in SPEC]
    assert set(get_args(events.WebhookEvent)) == {*events.BY_TYPE.values(), events.UnknownEvent}


def test_an_event_of_tomorrow_is_no_error() -> None:
    body = '{"type": "moon.full", "timestamp": "2026-11-23T09:30:00Z", "data": {"id": 1}}'
    event = webhooks.verify(body, signed(body), WEBHOOK_SECRET)
    assert isinstance(event, events.UnknownEvent)
    assert (event.type, event.id, event.raw) == ("moon.full", "msg_1", {"id": 1})


def test_while_a_secret_is_rotated_either_end_may_have_two() -> None:
    for headers, secret in (
        (signed(BODY, WEBHOOK_SECRET, OTHER), OTHER), (signed(BODY, OTHER), [WEBHOOK_SECRET, OTHER]),
        (list(signed().items()), (WEBHOOK_SECRET,)),
        ({**signed(), "webhook-signature": "v1a,xyz " + signed()["WEBHOOK-SIGNATURE"]}, WEBHOOK_SECRET),
    ):  # fmt: skip
        assert webhooks.verify(BODY, headers, secret).id == "msg_1"
    client = OneRelay(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, base_url="https://relay.example")
    assert client.webhooks.verify(BODY, signed(), WEBHOOK_SECRET).id == "msg_1"


def test_what_the_relay_did_not_sign_is_refused() -> None:
    good = signed()
    signature = good["WEBHOOK-SIGNATURE"]
    early, late = (signed(at=NOW + timedelta(seconds=seconds)) for seconds in (301, -301))
    for body, headers in (
        (BODY + " ", good), (BODY.replace("user-42", "user-43"), good), (BODY, signed(BODY, OTHER)), (BODY, early), (BODY, late),
        (BODY, {}),
        (BODY, {**good, "Webhook-Id": "msg_2"}), (BODY, {**good, "webhook-timestamp": str(int(NOW.timestamp()) + 1)}),
        (BODY, {**good, "webhook-timestamp": "now"}), (BODY, {**good, "webhook-timestamp": ""}), (BODY, {**good, "webhook-timestamp": "٣"}),
        (BODY, {**good, "WEBHOOK-SIGNATURE": signature.replace("v1,", "v2,")}), (BODY, {**good, "WEBHOOK-SIGNATURE": signature[:-2]}),
        (BODY, {**good, "WEBHOOK-SIGNATURE": "v1,"}),
        (BODY, {**good, "WEBHOOK-SIGNATURE": "v1,é"}), (BODY, {**good, "WEBHOOK-SIGNATURE": "v1"}),
        ("nonsense", signed("nonsense")), ("[]", signed("[]")), ('{"type": 1}', signed('{"type": 1}')),
    ):  # fmt: skip
        with pytest.raises(WebhookVerificationError):
            webhooks.verify(body, headers, WEBHOOK_SECRET)
    for edge in (300, -300):
        assert webhooks.verify(BODY, signed(at=NOW + timedelta(seconds=edge)), WEBHOOK_SECRET)
    for secret in ("", "whsec_", WEBHOOK_SECRET[6:], "whsec_!!!!", [], [WEBHOOK_SECRET, ""], None):
        with pytest.raises(UsageError):
            webhooks.verify(BODY, good, secret)  # type: ignore[arg-type]  # what people pass all the same
