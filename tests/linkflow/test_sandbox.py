"""The sandbox by API: a public token without a browser, for the sandbox alone; events on demand; and how both end."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest

from accounts.models import User
from linkflow.funnel import funnel
from linkflow.models import Connection, SealedKey
from linkflow.services import app_end, sandbox
from relay.crypto.connection_keys import open_held_key, open_sealed_key
from relay.providers import registry
from relay.providers.sandbox_outcomes import outcomes
from tests.accounts.account_life import delete_body
from tests.factories import Person, Product, call, make_app, make_connection, make_person
from tests.linkflow.test_account_end import delete
from tests.webhooks.test_spec import EVENTS
from webhooks.models import Event
from webhooks.services import endpoints

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob() -> Person:
    return make_person()


@pytest.fixture
def chat(bob: Person) -> Product:
    product = make_app(bob.user, webhook_url="https://hooks.example/1relay")
    endpoints.rotate_secret(product.app, immediately=False, now=datetime.now(UTC))
    return product


def link(product: Product, **body: Any) -> Any:
    """POST /v1/sandbox/link."""
    return product.call("POST", "/v1/sandbox/link", body)


def linked(product: Product, **body: Any) -> dict[str, Any]:
    """The answer of the exchange."""
    made = link(product, **body).json()["data"]
    person = {"clientUserId": body["clientUserId"]} if "clientUserId" in body else {}
    answer = product.call("POST", "/v1/link/exchange", {"publicToken": made["publicToken"], **person})
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["data"])


def test_a_public_token_without_a_browser(chat: Product, bob: Person) -> None:
    made = link(chat, clientUserId="visitor-1", budgetCents=700, limits={"requestsPerMinute": 20})
    assert made.status_code == 201
    told = made.json()["data"]
    other = make_app(make_person().user)
    stolen = other.call("POST", "/v1/link/exchange", {"publicToken": told["publicToken"]})
    assert stolen.json()["error"]["code"] == "invalid_token"
    body = {"publicToken": told["publicToken"], "clientUserId": "visitor-1"}
    done = chat.call("POST", "/v1/link/exchange", body).json()["data"]
    assert (done["connectionId"], done["providers"], done["budgetCents"]) == (told["connectionId"], ["sandbox"], 700)
    assert chat.call("POST", "/v1/link/exchange", body).json()["error"]["code"] == "link_consumed"
    connection = Connection.objects.get(pk=done["connectionId"])
    assert connection.expires_at is not None
    assert connection.expires_at <= datetime.now(UTC) + timedelta(days=30)
    assert bob.call("GET", "/v1/connections").json()["data"]["items"] == []
    assert [item["id"] for item in chat.call("GET", "/v1/connections").json()["data"]["items"]] == [connection.pk]
    assert funnel(chat.app, connection.created_at - timedelta(days=1), datetime.now(UTC)).total == 0
    assert call("POST", "/v1/sandbox/link", {}).status_code == 401
    assert bob.call("POST", "/v1/sandbox/link", {}, elevated=True).status_code in {401, 403}


def test_no_provider_but_the_sandbox(chat: Product) -> None:
    before = Connection.objects.count()
    for provider in registry.providers():
        for asked in ([provider.id], ["sandbox", provider.id], [provider.id, "sandbox"]):
            if asked != ["sandbox"]:
                assert link(chat, requestedProviders=asked).json()["error"]["code"] == "invalid_request", asked
    assert link(chat, requestedProviders=["nobody"]).json()["error"]["code"] == "unsupported_provider"
    assert Connection.objects.count() == before
    made = linked(chat)
    assert list(SealedKey.objects.filter(connection=made["connectionId"]).values_list("provider", flat=True)) == ["sandbox"]
    # Nor later: nobody is its test user, who alone could add one.
    body = {"requestedProviders": ["openai"], "connectionId": made["connectionId"]}
    token = chat.call("POST", "/v1/link/sessions", body).json()["data"]["linkToken"]
    stranger = make_person()
    update = {"linkToken": token, "connectionId": made["connectionId"], "budgetCents": 9}
    assert stranger.call("POST", "/v1/link/authorize", update, elevated=True).json()["error"]["code"] == "not_found"


def test_nobody_can_be_a_test_user(chat: Product) -> None:
    linked(chat)
    linked(chat)
    user = User.objects.get(email=sandbox.test_user_email(chat.app.pk))
    assert user.connections.count() == 2
    assert not user.sessions.exists()
    assert call("POST", "/v1/auth/prelogin", {"email": user.email}).json()["error"]["code"] == "invalid_request"
    linked(make_app(chat.app.owner))
    assert User.objects.filter(email__startswith="sandbox:").count() == 2


@pytest.mark.parametrize("name", list(outcomes()))
def test_each_outcome_has_a_key_of_the_sandbox(chat: Product, name: str) -> None:
    made = linked(chat, outcome=name)
    connection = Connection.objects.get(pk=made["connectionId"])
    key = open_held_key(made["accessToken"], connection.pk, connection.held_key or "")
    opened = open_sealed_key(key, connection.pk, "sandbox", connection.sealed_keys.get().blob)
    facts = registry.provider("sandbox")
    assert facts is not None
    assert any(re.fullmatch(pattern, opened) for pattern in facts.key_shapes), opened
    assert made["budgetCents"] == (1 if name == "budget" else 500)
    assert name == "dies" or opened == outcomes()[name].key


def test_there_are_not_more_than_so_many(chat: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MOST_LIVE", 1)
    linked(chat)
    assert link(chat).json()["error"]["code"] == "conflict"


@pytest.mark.parametrize("event", EVENTS["events"], ids=lambda event: event["type"])
def test_each_event_can_be_fired(chat: Product, event: dict[str, Any]) -> None:
    made = linked(chat, clientUserId="visitor-1")
    before = Connection.objects.filter(pk=made["connectionId"]).values().get()
    answer = chat.call("POST", "/v1/sandbox/fire", {"connectionId": made["connectionId"], "type": event["type"]})
    assert answer.status_code == 201, answer.content
    told = answer.json()["data"]
    body = json.loads(Event.objects.get(pk=told["id"]).body)
    jsonschema.validate(body["data"], event["data"], cls=jsonschema.Draft202012Validator)
    assert body["type"] == told["type"] == event["type"]
    if "connectionId" in event["example"]["data"]:
        assert body["data"]["connectionId"] == made["connectionId"]
        numbers = Event.objects.filter(connection_id=made["connectionId"]).order_by("sequence").values_list("sequence", flat=True)
        assert list(numbers) == list(range(1, len(numbers) + 1))
    assert Connection.objects.filter(pk=made["connectionId"]).values().get() == before


def test_a_fired_event_tells_of_its_own_connection(chat: Product) -> None:
    made = linked(chat)["connectionId"]
    Connection.objects.filter(pk=made).update(status=Connection.PAUSED)
    for event_type in ("budget.exhausted", "connection.revoked"):
        chat.call("POST", "/v1/sandbox/fire", {"connectionId": made, "type": event_type})
    *_, budget, revoked = (json.loads(event.body)["data"] for event in Event.objects.filter(connection_id=made).order_by("sequence"))
    assert (budget["status"], budget["spentMicros"]) == ("paused", 0)
    assert revoked["status"] == "revoked"


def test_events_of_people_are_never_made_up(chat: Product) -> None:
    person = make_connection(product=chat)
    mine = linked(chat)["connectionId"]
    other = make_app(make_person().user, webhook_url="https://hooks.example/other")
    endpoints.rotate_secret(other.app, immediately=False, now=datetime.now(UTC))
    fire = {"connectionId": person.connection.pk, "type": "connection.revoked"}
    assert chat.call("POST", "/v1/sandbox/fire", fire).json()["error"]["code"] == "not_found"
    assert other.call("POST", "/v1/sandbox/fire", {**fire, "connectionId": mine}).json()["error"]["code"] == "not_found"
    assert chat.call("DELETE", f"/v1/connections/{mine}").status_code == 200
    assert chat.call("POST", "/v1/sandbox/fire", {**fire, "connectionId": mine}).json()["error"]["code"] == "conflict"
    quiet = make_app(make_person().user)
    silent = {**fire, "connectionId": linked(quiet)["connectionId"]}
    assert quiet.call("POST", "/v1/sandbox/fire", silent).json()["error"]["code"] == "conflict"


def test_the_test_user_goes_with_the_app_and_with_the_developer(bob: Person, chat: Product) -> None:
    second = make_app(bob.user)
    linked(chat)
    linked(second)
    app_end.end_app(chat.app, datetime.now(UTC))
    assert [user.email for user in User.objects.filter(email__startswith="sandbox:")] == [sandbox.test_user_email(second.app.pk)]
    assert delete(bob, delete_body(bob)).status_code == 200
    assert not User.objects.filter(email__startswith="sandbox:").exists()
    assert not Connection.objects.exists()
