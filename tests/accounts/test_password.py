"""PUT /v1/auth/password: the old login key lets the new one in, and nothing that was open stays open."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from accounts.models import Activity, User, UserSession
from accounts.services import challenges, sessions
from relay.crypto.device import signing, vault
from relay.crypto.encoding import b64u_encode
from tests.accounts.account_life import NewKeys, challenge_for, code, log_in, password_body, read_body
from tests.accounts.test_sessions import cookie_headers
from tests.factories import Person, call, give_kit, make_person
from tests.interleaving import just_after

pytestmark = pytest.mark.django_db
PATH = "/v1/auth/password"
IDENTITY = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def change(person: Person, body: Any) -> Any:
    return person.call("PUT", PATH, body, elevated=True)


def test_the_new_password_opens_the_same_vault_and_the_old_one_nothing() -> None:
    ada, keys = make_person(), NewKeys()
    data = change(ada, password_body(ada, keys)).json()["data"]
    assert data["kdf"] == keys.kdf.as_json()
    assert vault.open_vault_key(keys.wrap_key, data["wrappedVaultKey"]) == ada.vault_key
    assert log_in(ada.user.email, keys.login_seed).json()["data"]["wrappedVaultKey"] == data["wrappedVaultKey"]
    assert code(log_in(ada.user.email, ada.login_seed)) == "login_failed"
    assert call("POST", "/v1/auth/prelogin", {"email": ada.user.email}).json()["data"]["kdf"] == keys.kdf.as_json()


def test_the_caller_gets_a_new_elevated_session_and_every_other_one_ends() -> None:
    ada = make_person()
    others = [sessions.open_session(ada.user, kind, "phone", datetime.now(UTC)) for kind in ("bearer", "cookie")]
    old = ada.token
    data = change(ada, password_body(ada, NewKeys())).json()["data"]
    assert UserSession.objects.get().pk == data["sessionId"]
    assert code(call("GET", "/v1/auth/me", Authorization=f"Bearer {old}")) == "invalid_token"
    assert code(call("GET", "/v1/auth/me", Authorization=f"Bearer {others[0].token}")) == "invalid_token"
    assert code(call("GET", "/v1/auth/me", Cookie=f"1relay_session={others[1].token}")) == "invalid_token"
    ada.token, ada.elevation = data["token"], data["elevation"]
    assert ada.call("DELETE", "/v1/keys/openai", elevated=True).status_code == 404


def test_a_page_gets_a_cookie_again_and_no_token() -> None:
    ada = make_person()
    response = call("PUT", PATH, password_body(ada, NewKeys()), **cookie_headers(ada), **{"X-1Relay-Cookie": "1"})
    assert "token" not in response.json()["data"]
    fresh = UserSession.objects.get()
    assert response.json()["data"]["csrfToken"] == sessions.csrf_token(fresh)
    assert fresh.session_secret is not None
    token = response.cookies["1relay_session"].value
    assert call("GET", "/v1/auth/me", Cookie=f"1relay_session={token}").status_code == 200


def test_the_recovery_kit_survives() -> None:
    ada = make_person()
    kit = give_kit(ada)
    assert change(ada, password_body(ada, NewKeys())).status_code == 200
    assert call("POST", "/v1/auth/recover/read", read_body(ada.user.email, kit)).status_code == 200


def test_it_is_noted_under_the_new_session() -> None:
    ada = make_person()
    data = change(ada, password_body(ada, NewKeys())).json()["data"]
    noted = Activity.objects.get(kind="password_changed")
    assert (noted.user, noted.session_id) == (ada.user, data["sessionId"])


def refused(person: Person, body: Any, expected: str) -> None:
    """Nothing has changed after it."""
    before = User.objects.filter(pk=person.user.pk).values().get()
    assert code(change(person, body)) == expected
    assert User.objects.filter(pk=person.user.pk).values().get() == before
    assert person.call("GET", "/v1/auth/me").status_code == 200


def test_it_needs_the_old_login_key_of_this_account_and_relay() -> None:
    ada, bob, keys = make_person(), make_person(), NewKeys()
    refused(ada, password_body(ada, keys, seed=bob.login_seed), "login_failed")
    refused(ada, password_body(ada, keys, seed=keys.login_seed), "login_failed")
    refused(ada, password_body(ada, keys, origin="https://relay.evil.example"), "login_failed")
    refused(ada, password_body(ada, keys, challenge=challenge_for(bob.user.email)), "login_failed")


def test_the_proof_covers_everything_that_is_stored() -> None:
    ada, other = make_person(), make_person()
    for name in ("kdf", "wrappedVaultKey"):
        swapped = {name: password_body(other, NewKeys())[name]}
        refused(ada, password_body(ada, NewKeys()) | swapped, "login_failed")
    theirs = password_body(ada, NewKeys())
    pair = {name: theirs[name] for name in ("loginPublicKey", "registerProof")}
    refused(ada, password_body(ada, NewKeys()) | pair, "login_failed")


def test_a_login_proof_is_no_password_proof() -> None:
    ada = make_person()
    body = password_body(ada, NewKeys())
    refused(ada, body | {"passwordProof": ada.login_proof(body["challenge"])}, "login_failed")


def test_the_new_login_key_must_be_held() -> None:
    ada = make_person()
    elsewhere = signing.sign_register(ada.login_seed, "http://localhost:8000", ada.user.email)
    refused(ada, password_body(ada, NewKeys()) | {"registerProof": b64u_encode(elsewhere)}, "invalid_request")
    refused(ada, password_body(ada, NewKeys()) | {"loginPublicKey": IDENTITY}, "invalid_request")


def test_weak_parameters_are_refused() -> None:
    ada = make_person()
    body = password_body(ada, NewKeys())
    refused(ada, body | {"kdf": body["kdf"] | {"memoryKib": 19456}}, "invalid_request")


def test_a_challenge_is_spent_by_its_first_use_and_ends_after_two_minutes() -> None:
    ada = make_person()
    body = password_body(ada, NewKeys())
    refused(ada, body | {"passwordProof": b64u_encode(b"0" * 64)}, "login_failed")
    refused(ada, body, "login_failed")
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        stale = password_body(ada, NewKeys())
        clock.shift(121)
        refused(ada, stale, "login_failed")


def test_a_successful_change_can_not_be_repeated() -> None:
    ada = make_person()
    body = password_body(ada, NewKeys())
    data = change(ada, body).json()["data"]
    ada.token, ada.elevation = data["token"], data["elevation"]
    refused(ada, body, "login_failed")


def test_it_needs_elevation_and_a_user() -> None:
    ada = make_person()
    assert code(ada.call("PUT", PATH, password_body(ada, NewKeys()))) == "reauth_required"
    assert code(call("PUT", PATH, password_body(ada, NewKeys()))) == "unauthenticated"


def test_without_elevation_the_challenge_is_not_spent() -> None:
    ada = make_person()
    body = password_body(ada, NewKeys())
    assert code(ada.call("PUT", PATH, body)) == "reauth_required"
    assert change(ada, body).status_code == 200


def test_a_session_ended_meanwhile_changes_nothing() -> None:
    ada = make_person()
    body = password_body(ada, NewKeys())
    with just_after('INSERT INTO "accounts_spentchallenge"', ada.session.delete):
        assert code(change(ada, body)) == "invalid_token"
    assert log_in(ada.user.email, ada.login_seed).status_code == 200


def test_a_login_under_way_with_the_old_password_opens_no_session() -> None:
    """Its proof was right when it was verified; the change came before its session was written."""
    ada, keys = make_person(), NewKeys()
    challenge = challenge_for(ada.user.email)
    body = {"email": ada.user.email, "challenge": challenge, "loginProof": ada.login_proof(challenge)}

    def meanwhile() -> None:
        User.objects.filter(pk=ada.user.pk).update(login_public_key=signing.public_key_of(keys.login_seed))

    with just_after('SELECT "accounts_user"', meanwhile):
        assert code(call("POST", "/v1/auth/login", body)) == "login_failed"
    assert list(UserSession.objects.values_list("pk", flat=True)) == [ada.session.pk]


def test_changes_are_throttled() -> None:
    ada = make_person()
    body = password_body(ada, NewKeys(), challenge=challenges.issue(ada.user.email, datetime(2020, 1, 1, tzinfo=UTC))[0])
    assert [change(ada, body).status_code for _ in range(21)][-2:] == [401, 429]
