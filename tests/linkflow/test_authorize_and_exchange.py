"""POST /v1/link/authorize and /v1/link/exchange."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from linkflow.models import Connection, SealedKey
from relay.crypto import connection_keys
from relay.crypto.encoding import b64u_encode
from tests.factories import SANDBOX_KEY, make_app, make_person
from tests.linkflow.helpers import OPENAI_KEY, approval_for, authorize, code, data, exchange, open_session

pytestmark = pytest.mark.django_db


def test_it_works() -> None:
    ada, product = make_person(), make_app(make_person().user)
    session = open_session(product)
    approval = approval_for(ada, session, {"sandbox": SANDBOX_KEY, "openai": OPENAI_KEY})
    authorized = data(authorize(ada, approval, limits={"dailyCents": 100}))
    assert ada.call("GET", "/v1/connections").json()["data"]["items"][0]["status"] == "pending"
    assert product.call("GET", "/v1/connections").json()["data"]["items"] == []
    answer = data(exchange(product, approval.public_token, clientUserId="u1"))
    assert answer["connectionId"] == authorized["connectionId"]
    assert answer["linkSessionId"] == session["id"]
    assert (answer["providers"], answer["budgetCents"], answer["clientUserId"]) == (["openai", "sandbox"], 1000, "u1")
    assert answer["limits"] == {"dailyCents": 100}
    connection = Connection.objects.get()
    assert (connection.status, connection.granted_key) == ("active", None)
    key = connection_keys.open_held_key(answer["accessToken"], connection.pk, connection.held_key or "")
    assert key == approval.connection_key
    seal = connection.sealed_keys.get(provider="openai")
    assert connection_keys.open_sealed_key(key, connection.pk, "openai", seal.blob) == OPENAI_KEY
    outcome = data(product.call("GET", f"/v1/link/sessions/{session['id']}"))
    assert (outcome["status"], outcome["connectionId"]) == ("exchanged", connection.pk)


def test_the_same_approval_again_gets_the_first_answer() -> None:
    ada, product = make_person(), make_app(make_person().user)
    approval = approval_for(ada, open_session(product))
    assert data(authorize(ada, approval)) == data(authorize(ada, approval))
    assert Connection.objects.count() == 1


def test_another_persons_approval_is_refused() -> None:
    ada, mallory, product = make_person(), make_person(), make_app(make_person().user)
    session = open_session(product)
    mine, hers = approval_for(ada, session), approval_for(mallory, session)
    data(authorize(ada, mine))
    assert code(authorize(mallory, hers)) == "link_consumed"
    assert code(authorize(mallory, mine)) == "link_consumed"
    assert Connection.objects.get().user == ada.user


def test_it_needs_elevation() -> None:
    ada, product = make_person(), make_app(make_person().user)
    approval = approval_for(ada, open_session(product))
    assert code(ada.call("POST", "/v1/link/authorize", approval.body)) == "reauth_required"
    assert not Connection.objects.exists()


def bad_bodies() -> dict[str, tuple[dict[str, Any], str]]:
    seal = {"provider": "sandbox", "sealedKey": "A" * 60}
    published = "6IYcdBKK6D1IUbDLsBR2Wfsgsqyvig56etYalolNlUs"
    return {
        "no seals": ({"sealedKeys": []}, "invalid_request"),
        "a seal twice": ({"sealedKeys": [seal, seal]}, "invalid_request"),
        "a provider not requested": ({"sealedKeys": [{**seal, "provider": "groq"}]}, "invalid_request"),
        "a seal in another alphabet": ({"sealedKeys": [{**seal, "sealedKey": "+" * 60}]}, "invalid_request"),
        "a key in clear": ({"sealedKeys": [{**seal, "sealedKey": SANDBOX_KEY}]}, "plaintext_secret_refused"),
        "a granted key too short": ({"grantedKey": "AAAA"}, "invalid_request"),
        "no budget": ({"budgetCents": None}, "invalid_request"),
        "a hash of a published token": ({"publicTokenHash": published}, "invalid_request"),
        "another kind of token": ({"linkToken": "1r_at_" + "x" * 49}, "invalid_token"),
    }


@pytest.mark.parametrize(("over", "expected"), bad_bodies().values(), ids=bad_bodies().keys())
def test_authorize_rejects(over: dict[str, Any], expected: str) -> None:
    ada, product = make_person(), make_app(make_person().user)
    approval = approval_for(ada, open_session(product))
    assert code(authorize(ada, approval, **over)) == expected
    assert not Connection.objects.exists()


def test_a_public_token_works_once() -> None:
    ada, product = make_person(), make_app(make_person().user)
    approval = approval_for(ada, open_session(product))
    data(authorize(ada, approval))
    data(exchange(product, approval.public_token))
    response = exchange(product, approval.public_token)
    assert (response.status_code, code(response)) == (409, "link_consumed")


def test_a_public_token_is_for_its_app() -> None:
    ada, bob = make_person(), make_person()
    product, other = make_app(bob.user), make_app(bob.user)
    approval = approval_for(ada, open_session(product))
    data(authorize(ada, approval))
    assert code(exchange(other, approval.public_token)) == "invalid_token"
    assert data(exchange(product, approval.public_token))["accessToken"]


def test_a_public_token_lives_ten_minutes() -> None:
    with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
        ada, product = make_person(), make_app(make_person().user)
        approval = approval_for(ada, open_session(product))
        data(authorize(ada, approval))
        clock.shift(timedelta(minutes=10))
        response = exchange(product, approval.public_token)
        assert (response.status_code, code(response)) == (410, "link_expired")


@pytest.mark.parametrize("given", [{}, {"clientUserId": "mallory"}])
def test_a_planted_approval_is_deleted(given: dict[str, str]) -> None:
    ada, product = make_person(), make_app(make_person().user)
    approval = approval_for(ada, open_session(product, clientUserId="ada"))
    data(authorize(ada, approval))
    assert code(exchange(product, approval.public_token, **given)) == "forbidden"
    assert not Connection.objects.exists()
    assert not SealedKey.objects.exists()


def test_the_right_client_user_id_passes() -> None:
    ada, product = make_person(), make_app(make_person().user)
    approval = approval_for(ada, open_session(product, clientUserId="ada"))
    data(authorize(ada, approval))
    assert data(exchange(product, approval.public_token, clientUserId="ada"))["clientUserId"] == "ada"


def test_a_tampered_blob_activates_nothing() -> None:
    ada, product = make_person(), make_app(make_person().user)
    approval = approval_for(ada, open_session(product))
    data(authorize(ada, approval, grantedKey=b64u_encode(b"\1" * 60)))
    assert code(exchange(product, approval.public_token)) == "connection_unusable"
    assert Connection.objects.get().status == "pending"


def test_exchange_is_idempotent_with_a_key() -> None:
    ada, product = make_person(), make_app(make_person().user)
    approval = approval_for(ada, open_session(product))
    data(authorize(ada, approval))
    body, key = {"publicToken": approval.public_token}, {"Idempotency-Key": "exchange-1"}
    first, second = (data(product.call("POST", "/v1/link/exchange", body, **key)) for _ in range(2))
    assert first == second
