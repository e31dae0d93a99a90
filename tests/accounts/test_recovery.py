"""PUT /v1/auth/recovery, POST /v1/auth/recover/read and /v1/auth/recover: back in with the kit, and only with it."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Activity, User, UserSession
from accounts.services import sessions
from relay.crypto.device import signing, vault
from relay.crypto.encoding import b64u_encode
from tests.accounts.account_life import (
    NewKeys,
    challenge_for,
    code,
    log_in,
    password_body,
    read_body,
    recover_body,
    recovery_fields,
)
from tests.factories import ORIGIN, Person, call, give_kit, make_person
from tests.interleaving import just_after

pytestmark = pytest.mark.django_db
READ, RECOVER, SET = "/v1/auth/recover/read", "/v1/auth/recover", "/v1/auth/recovery"
IDENTITY = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
# RFC 8032's first test key, whose public half stands in for whoever has none.
NOBODYS_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")


def test_a_kit_is_put_in_place_and_replaces_the_one_before() -> None:
    ada = make_person()
    first, second = vault.new_recovery_key(), vault.new_recovery_key()
    assert ada.call("GET", "/v1/auth/me").json()["data"]["hasRecovery"] is False
    for key in (first, second):
        assert ada.call("PUT", SET, recovery_fields(key, ada.vault_key), elevated=True).json()["data"] == {}
    assert ada.call("GET", "/v1/auth/me").json()["data"]["hasRecovery"] is True
    assert code(call("POST", READ, read_body(ada.user.email, first))) == "login_failed"
    told = call("POST", READ, read_body(ada.user.email, second)).json()["data"]
    assert vault.open_recovery_vault_key(second, told["recoveryVaultKey"]) == ada.vault_key
    assert Activity.objects.filter(kind="recovery_set", session_id=ada.session.pk).count() == 2


def test_setting_a_kit_needs_elevation_and_a_proper_key() -> None:
    ada = make_person()
    fields = recovery_fields(vault.new_recovery_key(), ada.vault_key)
    assert code(ada.call("PUT", SET, fields)) == "reauth_required"
    assert code(call("PUT", SET, fields)) == "unauthenticated"
    assert code(ada.call("PUT", SET, fields | {"recoveryPublicKey": IDENTITY}, elevated=True)) == "invalid_request"
    assert code(ada.call("PUT", SET, {"recoveryPublicKey": fields["recoveryPublicKey"]}, elevated=True)) == "invalid_request"
    assert User.objects.get().recovery_public_key is None


def test_changes_are_counted_by_person_whatever_the_session() -> None:
    ada = make_person()
    fields = recovery_fields(vault.new_recovery_key(), ada.vault_key)
    with time_machine.travel(datetime.now(UTC).replace(minute=0, second=1), tick=False):
        assert [ada.call("PUT", SET, fields, elevated=True).status_code for _ in range(19)] == [200] * 19
        changed = ada.call("PUT", "/v1/auth/password", password_body(ada, NewKeys()), elevated=True).json()["data"]
        ada.token, ada.elevation = changed["token"], changed["elevation"]
        for path, body in ((SET, fields), ("/v1/auth/password", password_body(ada, NewKeys()))):
            assert code(ada.call("PUT", path, body, elevated=True)) == "rate_limited"


def test_a_session_ended_meanwhile_sets_no_kit() -> None:
    """A password was changed because somebody had stolen this session: it may not leave a way in behind."""
    ada = make_person()
    fields = recovery_fields(vault.new_recovery_key(), ada.vault_key)
    with just_after('SELECT "accounts_user"', ada.session.delete):
        assert code(ada.call("PUT", SET, fields, elevated=True)) == "invalid_token"
    assert User.objects.get().recovery_public_key is None


def test_a_kit_given_at_registration_works() -> None:
    seed, key, vault_key, email = b"s" * 32, vault.new_recovery_key(), vault.new_vault_key(), "new@example.com"
    body = {
        "email": email,
        "kdf": NewKeys().kdf.as_json(),
        "loginPublicKey": b64u_encode(signing.public_key_of(seed)),
        "registerProof": b64u_encode(signing.sign_register(seed, ORIGIN, email)),
        "wrappedVaultKey": vault.wrap_vault_key(b"w" * 32, vault_key),
        **recovery_fields(key, vault_key),
    }
    assert call("POST", "/v1/auth/register", body).status_code == 201
    told = call("POST", READ, read_body(email, key)).json()["data"]
    assert vault.open_recovery_vault_key(key, told["recoveryVaultKey"]) == vault_key


@pytest.fixture
def ada() -> Person:
    """Somebody with a kit."""
    person = make_person()
    person.kit = give_kit(person)  # type: ignore[attr-defined]
    return person


def kit_of(person: Person) -> bytes:
    return bytes(person.kit)  # type: ignore[attr-defined]


def test_recovering_puts_a_new_password_and_a_new_kit_in_place(ada: Person) -> None:
    keys = NewKeys()
    response = call("POST", RECOVER, recover_body(ada, keys, kit_of(ada)))
    data = response.json()["data"]
    assert vault.open_vault_key(keys.wrap_key, data["wrappedVaultKey"]) == ada.vault_key
    assert log_in(ada.user.email, keys.login_seed).status_code == 200
    assert code(log_in(ada.user.email, ada.login_seed)) == "login_failed"
    assert code(call("POST", READ, read_body(ada.user.email, kit_of(ada)))) == "login_failed"
    assert call("POST", READ, read_body(ada.user.email, keys.recovery_key)).status_code == 200
    assert Activity.objects.get(kind="recovered").session_id == data["sessionId"]


def test_recovering_ends_every_session_and_answers_like_login(ada: Person) -> None:
    other = sessions.open_session(ada.user, UserSession.BEARER, "thief", datetime.now(UTC))
    data = call("POST", RECOVER, recover_body(ada, NewKeys(), kit_of(ada))).json()["data"]
    assert UserSession.objects.get().pk == data["sessionId"]
    for token in (ada.token, other.token):
        assert code(call("GET", "/v1/auth/me", Authorization=f"Bearer {token}")) == "invalid_token"
    ada.token, ada.elevation = data["token"], data["elevation"]
    assert ada.call("DELETE", "/v1/keys/openai", elevated=True).status_code == 404


def test_a_page_gets_a_cookie_and_no_token(ada: Person) -> None:
    page = {"X-1Relay-Cookie": "1", "Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}
    response = call("POST", RECOVER, recover_body(ada, NewKeys(), kit_of(ada)), **page)
    assert "token" not in response.json()["data"]
    assert response.json()["data"]["csrfToken"]
    assert response.cookies["1relay_session"]["httponly"]


def refused(person: Person, path: str, body: Any, expected: str) -> None:
    """Nothing has changed after it."""
    before = User.objects.filter(pk=person.user.pk).values().get()
    assert code(call("POST", path, body)) == expected
    assert User.objects.filter(pk=person.user.pk).values().get() == before
    assert UserSession.objects.filter(user=person.user).get().pk == person.session.pk


def test_only_this_accounts_kit_for_this_relay_and_purpose(ada: Person) -> None:
    bob = make_person()
    bobs = give_kit(bob)
    email = ada.user.email
    refused(ada, READ, read_body(email, bobs), "login_failed")
    refused(ada, READ, read_body(email, kit_of(ada), origin="https://relay.evil.example"), "login_failed")
    refused(ada, READ, read_body(email, kit_of(ada), challenge=challenge_for(bob.user.email)), "login_failed")
    refused(ada, RECOVER, recover_body(ada, NewKeys(), bobs), "login_failed")
    refused(ada, RECOVER, recover_body(ada, NewKeys(), kit_of(ada), origin="https://relay.evil.example"), "login_failed")
    refused(ada, RECOVER, recover_body(ada, NewKeys(), kit_of(ada), challenge=challenge_for(bob.user.email)), "login_failed")
    body = recover_body(ada, NewKeys(), kit_of(ada))
    reading = read_body(email, kit_of(ada), challenge=body["challenge"])["recoverReadProof"]
    refused(ada, RECOVER, body | {"recoverProof": reading}, "login_failed")


def test_the_proof_covers_everything_that_is_stored(ada: Person) -> None:
    for names in (("kdf",), ("wrappedVaultKey",), ("recoveryPublicKey",), ("recoveryVaultKey",), ("loginPublicKey", "registerProof")):
        others = recover_body(ada, NewKeys(), kit_of(ada))
        body = recover_body(ada, NewKeys(), kit_of(ada)) | {name: others[name] for name in names}
        refused(ada, RECOVER, body, "login_failed")


def test_refused_keys_and_unproved_ones(ada: Person) -> None:
    body = recover_body(ada, NewKeys(), kit_of(ada))
    refused(ada, RECOVER, body | {"recoveryPublicKey": IDENTITY}, "invalid_request")
    body = recover_body(ada, NewKeys(), kit_of(ada))
    refused(ada, RECOVER, body | {"registerProof": b64u_encode(b"0" * 64)}, "invalid_request")
    body = recover_body(ada, NewKeys(), kit_of(ada))
    refused(ada, RECOVER, body | {"kdf": body["kdf"] | {"iterations": 2}}, "invalid_request")


@pytest.mark.parametrize("path", [READ, RECOVER])
def test_a_challenge_is_spent_by_its_first_use_and_ends_after_two_minutes(ada: Person, path: str) -> None:
    def body(challenge: str | None = None) -> Any:
        if path == READ:
            return read_body(ada.user.email, kit_of(ada), challenge=challenge)
        return recover_body(ada, NewKeys(), kit_of(ada), challenge=challenge)

    spent = challenge_for(ada.user.email)
    wrong = {name: b64u_encode(b"0" * 64) for name in ("recoverProof", "recoverReadProof")}
    refused(ada, path, {**body(spent), **wrong}, "login_failed")
    refused(ada, path, body(spent), "login_failed")
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        stale = body()
        clock.shift(121)
        refused(ada, path, stale, "login_failed")


def test_reading_and_recovering_take_a_challenge_each(ada: Person) -> None:
    challenge = challenge_for(ada.user.email)
    assert call("POST", READ, read_body(ada.user.email, kit_of(ada), challenge=challenge)).status_code == 200
    refused(ada, RECOVER, recover_body(ada, NewKeys(), kit_of(ada), challenge=challenge), "login_failed")


def test_a_kit_recovers_once(ada: Person) -> None:
    first, second = (recover_body(ada, NewKeys(), kit_of(ada)) for _ in range(2))
    assert call("POST", RECOVER, first).status_code == 200
    assert code(call("POST", RECOVER, second)) == "login_failed"


@pytest.mark.parametrize("path", [READ, RECOVER])
def test_unknown_emails_and_accounts_without_a_kit_look_like_a_wrong_kit_and_cost_the_same(ada: Person, path: str) -> None:
    def ask(person: Person, recovery_key: bytes) -> tuple[int, Any, int, list[str]]:
        email = person.user.email
        body = read_body(email, recovery_key) if path == READ else recover_body(person, NewKeys(), recovery_key)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = call("POST", path, body)
        error = response.json()["error"]
        del error["requestId"]
        return response.status_code, error, len(queries), sorted(set(response.headers) - {"X-Request-Id"})

    plain, unknown = make_person(), make_person()
    unknown.user.delete()
    answers = [ask(person, vault.new_recovery_key()) for person in (ada, plain, unknown)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][1]["code"] == "login_failed"


@pytest.mark.parametrize("path", [READ, RECOVER])
def test_the_key_that_stands_in_for_nobodys_lets_nobody_in(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = make_person()
    monkeypatch.setattr(vault, "recovery_seed_of", lambda _: NOBODYS_SEED)
    body = read_body(plain.user.email, b"") if path == READ else None
    if body is None:
        monkeypatch.setattr("tests.accounts.account_life.recovery_fields", _fields_of_another)
        body = recover_body(plain, NewKeys(), b"")
    refused(plain, path, body, "login_failed")


def _fields_of_another(recovery_key: bytes, vault_key: bytes) -> dict[str, str]:
    public_key = b64u_encode(signing.public_key_of(NOBODYS_SEED))
    return {"recoveryPublicKey": public_key, "recoveryVaultKey": vault.wrap_vault_key(b"w" * 32, vault_key)}


@pytest.mark.parametrize("path", [READ, RECOVER])
def test_guessing_is_throttled_together_with_logins(ada: Person, path: str) -> None:
    wrong = read_body(ada.user.email, vault.new_recovery_key(), challenge="A" * 43)
    if path == RECOVER:
        wrong = recover_body(ada, NewKeys(), vault.new_recovery_key(), challenge="A" * 43)
    answers = [call("POST", path, wrong) for _ in range(61)]
    assert [answer.status_code for answer in answers[-2:]] == [401, 429]
    assert answers[-1].headers["Retry-After"]
    assert log_in(ada.user.email, ada.login_seed).status_code == 429
