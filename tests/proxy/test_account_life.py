"""Access tokens live on while their person's password, kit and key change, and end with the account."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from accounts.models import User
from tests.accounts.account_life import NewKeys, delete_body, log_in, password_body, recover_body
from tests.factories import Linked, Person, give_kit, make_connection, make_person
from tests.proxy.conftest import Relay, settled, wait_for
from usage.forgetting import forget_rows
from usage.models import Budget, Hold, LedgerEntry, Window

ASK: dict[str, Any] = {"provider": "sandbox", "model": "sandbox-small", "messages": [{"role": "user", "content": "Hello"}]}


def reads_an_answer(relay: Relay, linked: Linked) -> bool:
    """A whole answer of the sandbox's, through the proxy."""
    answer = relay.chat(linked.access_token, ASK)
    return answer.status_code == 200 and bool(answer.json()["data"]["choices"][0]["message"]["content"])


def signed_in(person: Person, data: dict[str, Any], keys: NewKeys) -> None:
    """The person's device after a new password."""
    person.token, person.elevation, person.login_seed = data["token"], data["elevation"], keys.login_seed
    person.user = User.objects.get(pk=person.user.pk)


def test_apps_stay_connected_through_a_new_password_and_a_recovery(relay: Relay) -> None:
    ada, keys, again = make_person(), NewKeys(), NewKeys()
    kit, linked = give_kit(ada), make_connection(ada)
    assert reads_an_answer(relay, linked)
    old_seed = ada.login_seed
    changed = ada.call("PUT", "/v1/auth/password", password_body(ada, keys), elevated=True).json()["data"]
    assert reads_an_answer(relay, linked)
    assert log_in(ada.user.email, old_seed).status_code == 401
    signed_in(ada, changed, keys)
    recovered = ada.call("POST", "/v1/auth/recover", recover_body(ada, again, kit))
    assert recovered.status_code == 200
    assert reads_an_answer(relay, linked)
    signed_in(ada, recovered.json()["data"], again)
    assert ada.call("GET", f"/v1/connections/{linked.connection.pk}").json()["data"]["status"] == "active"
    assert len(settled(linked.connection.pk, 3).entries) == 3


def test_a_deleted_accounts_token_ends_and_its_ledger_forgets_whose_it_was(relay: Relay) -> None:
    ada = make_person()
    linked, others = make_connection(ada), make_connection()
    assert reads_an_answer(relay, linked)
    spent = settled(linked.connection.pk).spent
    assert spent > 0
    assert ada.call("DELETE", "/v1/auth/account", delete_body(ada), elevated=True).status_code == 200
    refusal = relay.chat(linked.access_token, ASK)
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (401, "invalid_token")
    forget_rows()
    (entry,) = LedgerEntry.objects.filter(connection_id=linked.connection.pk)
    assert (entry.user_id, entry.cost_nanos) == ("", spent)
    assert not Budget.objects.filter(user_id=ada.user.pk).exists()
    assert not Window.objects.filter(subject_id__in=[linked.connection.pk, ada.user.pk]).exists()
    assert reads_an_answer(relay, others)


def test_a_stream_that_runs_while_the_account_is_deleted_ends(relay: Relay) -> None:
    ada = make_person()
    linked = make_connection(ada, keys={"sandbox": "sandbox-key-" + "slow"})
    with relay.chat(linked.access_token, {**ASK, "stream": True, "max_tokens": 2000}, stream=True) as answer:
        lines = answer.iter_lines(chunk_size=1)
        next(line for line in lines if line.startswith(b"data: {"))
        assert ada.call("DELETE", "/v1/auth/account", delete_body(ada), elevated=True).status_code == 200
        started = datetime.now(UTC)
        events = [line for line in lines if line.startswith(b"data: ")]
    assert (datetime.now(UTC) - started).total_seconds() < 3
    assert json.loads(events[-1][6:])["error"]["code"] in {"connection_revoked", "invalid_token"}
    wait_for(lambda: not Hold.objects.exists())
    assert LedgerEntry.objects.get(connection_id=linked.connection.pk).user_id == ""
