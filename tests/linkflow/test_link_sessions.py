"""Link sessions: creating, reading, events, outcome."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from linkflow.models import LinkEvent, LinkSession
from relay.crypto.encoding import b64u_encode
from relay.crypto.tokens import digest_token
from tests.factories import call, make_app, make_connection, make_person
from tests.linkflow.helpers import ASKED, approval_for, authorize, code, data, open_session, read_session

pytestmark = pytest.mark.django_db


def test_it_works() -> None:
    product = make_app(make_person().user)
    session = open_session(product, limits={"dailyCents": 100, "models": ["gpt-4o"], "expiresAt": "2027-01-01T00:00:00Z"}, state="s1")
    link_hash = b64u_encode(digest_token(session["linkToken"]))
    assert session["linkUrl"] == f"http://localhost:8000/link/{link_hash}#{session['linkToken']}"
    assert session["frameUrl"] == f"http://localhost:8000/link/frame/{link_hash}#{session['linkToken']}"
    read = read_session(session)
    assert read["app"] == {"name": "Chat", "clientId": product.app.client_id, "verified": False, "testMode": False}
    assert read["origins"] == ["http://127.0.0.1:9000"]
    assert read["requestedProviders"] == ["sandbox", "openai"]
    assert read["limits"] == {"dailyCents": 100, "models": ["gpt-4o"], "expiresAt": "2027-01-01T00:00:00Z"}
    assert (read["update"], read["redirect"], read["status"]) == (False, None, "open")
    assert read["connectionId"].startswith("con_")


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no providers": ({"requestedProviders": []}, "invalid_request"),
    "an unknown provider": ({"requestedProviders": ["acme"]}, "unsupported_provider"),
    "a provider twice": ({"requestedProviders": ["openai", "openai"]}, "invalid_request"),
    "a budget of nothing": ({"budgetSuggestionCents": 0}, "invalid_request"),
    "a budget as text": ({"budgetSuggestionCents": "500"}, "invalid_request"),
    "a budget as true": ({"budgetSuggestionCents": True}, "invalid_request"),
    "a budget as a float": ({"budgetSuggestionCents": 500.0}, "invalid_request"),
    "an unregistered redirect": ({"redirectUri": "https://evil.example/"}, "invalid_request"),
    "a connection of nobody": ({"connectionId": "con_0000000000000000000000"}, "not_found"),
    "a time without zone": ({"limits": {"expiresAt": "2027-01-01T00:00:00"}}, "invalid_request"),
}


@pytest.mark.parametrize(("over", "expected"), BAD.values(), ids=BAD.keys())
def test_it_rejects(over: dict[str, Any], expected: str) -> None:
    product = make_app(make_person().user)
    assert code(product.call("POST", "/v1/link/sessions", {**ASKED, **over})) == expected
    assert not LinkSession.objects.exists()


def test_an_app_in_test_mode_asks_for_the_sandbox_alone() -> None:
    product = make_app(make_person().user)
    product.app.test_mode = True
    product.app.save(update_fields=["test_mode"])
    for real in (["openai"], ["sandbox", "openai"]):
        refused = product.call("POST", "/v1/link/sessions", {**ASKED, "requestedProviders": real})
        assert (code(refused), list(refused.json()["error"]["details"]["fields"])) == ("invalid_request", ["requestedProviders"])
    assert read_session(open_session(product, requestedProviders=["sandbox"]))["app"]["testMode"] is True


def test_only_apps_open_sessions() -> None:
    ada = make_person()
    assert code(ada.call("POST", "/v1/link/sessions", ASKED)) == "unauthenticated"
    assert code(call("POST", "/v1/link/sessions", ASKED)) == "unauthenticated"
    product = make_app(ada.user)
    product.secret = product.secret[:-1] + "x"
    assert code(product.call("POST", "/v1/link/sessions", ASKED)) == "invalid_client"


def test_the_link_token_reads_until_it_expires() -> None:
    with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
        session = open_session(make_app(make_person().user))
        clock.shift(timedelta(minutes=30))
        response = call("GET", "/v1/link/session", Authorization=f"Bearer {session['linkToken']}")
        assert (response.status_code, code(response)) == (410, "link_expired")


def test_other_tokens_are_refused() -> None:
    ada = make_person()
    assert code(ada.call("GET", "/v1/link/session")) == "invalid_token"
    published = "1r_lt_" + "0" * 43 + "4Zq5xm"
    assert code(call("GET", "/v1/link/session", Authorization=f"Bearer {published}")) == "invalid_token"


def test_events_are_told_to_the_app_alone() -> None:
    bob = make_person()
    product, other = make_app(bob.user), make_app(bob.user)
    session = open_session(product)
    bearer = {"Authorization": f"Bearer {session['linkToken']}"}
    data(call("POST", "/v1/link/session/events", {"name": "OPEN"}, **bearer))
    assert code(call("POST", "/v1/link/session/events", {"name": "HACK"}, **bearer)) == "invalid_request"
    outcome = data(product.call("GET", f"/v1/link/sessions/{session['id']}"))
    assert [event["name"] for event in outcome["events"]] == ["OPEN"]
    assert outcome["status"] == "open"
    assert code(other.call("GET", f"/v1/link/sessions/{session['id']}")) == "not_found"


def test_exit_ends_the_session() -> None:
    product, ada = make_app(make_person().user), make_person()
    session = open_session(product)
    approval = approval_for(ada, session)
    data(call("POST", "/v1/link/session/events", {"name": "EXIT"}, Authorization=f"Bearer {session['linkToken']}"))
    assert data(product.call("GET", f"/v1/link/sessions/{session['id']}"))["status"] == "exited"
    assert code(authorize(ada, approval)) == "link_consumed"


def test_exit_ends_the_session_however_much_was_told_before() -> None:
    product = make_app(make_person().user)
    session = open_session(product)
    row = LinkSession.objects.get()
    LinkEvent.objects.bulk_create(LinkEvent(session=row, name="OPEN", at=datetime.now(UTC)) for _ in range(200))
    data(call("POST", "/v1/link/session/events", {"name": "EXIT"}, Authorization=f"Bearer {session['linkToken']}"))
    assert data(product.call("GET", f"/v1/link/sessions/{session['id']}"))["status"] == "exited"
    assert LinkEvent.objects.count() == 200


def test_exit_after_approval_changes_nothing() -> None:
    product, ada = make_app(make_person().user), make_person()
    session = open_session(product)
    data(authorize(ada, approval_for(ada, session)))
    data(call("POST", "/v1/link/session/events", {"name": "EXIT"}, Authorization=f"Bearer {session['linkToken']}"))
    assert data(product.call("GET", f"/v1/link/sessions/{session['id']}"))["status"] == "authorized"


def test_an_idempotent_session_is_opened_once() -> None:
    product = make_app(make_person().user)
    first, second = (data(product.call("POST", "/v1/link/sessions", ASKED, **{"Idempotency-Key": "one"}), 201) for _ in range(2))
    assert first == second
    assert LinkSession.objects.count() == 1


def test_update_mode_names_the_apps_own_connection() -> None:
    bob = make_person()
    product, other = make_app(bob.user), make_app(bob.user)
    linked = make_connection(product=product)
    assert code(other.call("POST", "/v1/link/sessions", {**ASKED, "connectionId": linked.connection.pk})) == "not_found"
    session = open_session(product, connectionId=linked.connection.pk)
    read = read_session(session)
    assert (read["update"], read["connectionId"]) == (True, linked.connection.pk)


def test_what_is_the_apps_own_comes_back_to_the_letter() -> None:
    product = make_app(make_person().user, redirect_uris=["https://chat.example/back"])
    session = open_session(product, state=" a b ", redirectUri="https://chat.example/back", clientUserId=" u ")
    assert read_session(session)["redirect"]["state"] == " a b "
    assert LinkSession.objects.get().client_user_id == " u "
