"""POST /v1/auth/prelogin and /v1/auth/login."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client

from accounts.models import UserSession
from relay.crypto.device import signing
from relay.crypto.encoding import b64u_encode
from tests.factories import ORIGIN, Person, call, make_person

pytestmark = pytest.mark.django_db


def challenge_for(email: str) -> str:
    return str(call("POST", "/v1/auth/prelogin", {"email": email}).json()["data"]["challenge"])


def log_in(person: Person, challenge: str, proof: str | None = None) -> object:
    proof = proof or person.login_proof(challenge)
    return call("POST", "/v1/auth/login", {"email": person.user.email, "challenge": challenge, "loginProof": proof})


def code(response: object) -> str:
    return str(response.json()["error"]["code"])  # type: ignore[attr-defined]


def test_it_works() -> None:
    ada = make_person()
    data = log_in(ada, challenge_for(ada.user.email)).json()["data"]  # type: ignore[attr-defined]
    assert data["wrappedVaultKey"] == ada.user.wrapped_vault_key
    assert data["kdf"] == ada.user.kdf
    assert call("GET", "/v1/auth/me", Authorization=f"Bearer {data['token']}").json()["data"]["user"]["id"] == ada.user.pk


def test_prelogin_answers_unknown_emails_alike() -> None:
    ada = make_person()
    known = call("POST", "/v1/auth/prelogin", {"email": ada.user.email}).json()["data"]
    first, second = (call("POST", "/v1/auth/prelogin", {"email": "nobody@example.com"}).json()["data"] for _ in range(2))
    assert first.keys() == known.keys()
    assert first["kdf"] == second["kdf"]
    assert {name: value for name, value in first["kdf"].items() if name != "salt"} == {
        name: value for name, value in known["kdf"].items() if name != "salt"
    }
    assert known["origin"] == ORIGIN


def test_a_kdf_never_shows_how_the_database_keeps_it() -> None:
    ada = make_person()
    ada.user.kdf = dict(sorted(ada.user.kdf.items(), key=lambda member: len(member[0])))
    ada.user.save()
    order = ["algorithm", "memoryKib", "iterations", "parallelism", "salt"]
    for email in (ada.user.email, "nobody@example.com"):
        assert list(call("POST", "/v1/auth/prelogin", {"email": email}).json()["data"]["kdf"]) == order
    challenge = challenge_for(ada.user.email)
    proof = {"challenge": challenge, "loginProof": ada.login_proof(challenge)}
    assert list(ada.call("POST", "/v1/auth/unlock", proof).json()["data"]["kdf"]) == order
    assert list(ada.call("GET", "/v1/auth/me").json()["data"]["kdf"]) == order
    assert list(log_in(ada, challenge_for(ada.user.email)).json()["data"]["kdf"]) == order  # type: ignore[attr-defined]


def test_prelogin_names_the_primary_origin_for_a_foreign_host() -> None:
    response = call("POST", "/v1/auth/prelogin", {"email": "a@b.c"}, Host="127.0.0.1:8000")
    assert response.json()["data"]["origin"] == "http://127.0.0.1:8000"
    assert call("POST", "/v1/auth/prelogin", {"email": "a@b.c"}, Host="evil.example").status_code in {400, 404}


def test_a_challenge_works_once_whether_it_succeeds_or_not() -> None:
    ada = make_person()
    challenge = challenge_for(ada.user.email)
    wrong = b64u_encode(signing.sign_login(b"x" * 32, ORIGIN, ada.user.email, challenge))
    assert code(log_in(ada, challenge, wrong)) == "login_failed"
    assert code(log_in(ada, challenge)) == "login_failed"


def test_a_challenge_ends_after_two_minutes() -> None:
    ada = make_person()
    with time_machine.travel(datetime(2026, 11, 23, 12, 0, tzinfo=UTC), tick=False) as clock:
        challenge = challenge_for(ada.user.email)
        clock.shift(121)
        assert code(log_in(ada, challenge)) == "login_failed"


def test_it_rejects_proofs_for_other_relays_emails_and_keys() -> None:
    ada, bob = make_person(), make_person()
    for origin, email, seed in [
        ("https://evil.example", ada.user.email, ada.login_seed),
        (ORIGIN, bob.user.email, ada.login_seed),
        (ORIGIN, ada.user.email, bob.login_seed),
    ]:
        challenge = challenge_for(ada.user.email)
        proof = b64u_encode(signing.sign_login(seed, origin, email, challenge))
        assert code(log_in(ada, challenge, proof)) == "login_failed"


def test_another_emails_challenge_is_refused() -> None:
    ada, bob = make_person(), make_person()
    challenge = challenge_for(bob.user.email)
    assert code(log_in(ada, challenge)) == "login_failed"
    assert log_in(bob, challenge).status_code == 200  # type: ignore[attr-defined]


def test_an_unknown_email_fails_like_a_wrong_password() -> None:
    nobody = make_person("nobody@example.com")
    challenge = challenge_for(nobody.user.email)
    nobody.user.delete()
    response = log_in(nobody, challenge)
    assert code(response) == "login_failed"


def test_a_strangers_wrong_logins_keep_nobody_out() -> None:
    ada = make_person()
    body = {"email": ada.user.email, "challenge": "A" * 43, "loginProof": b64u_encode(b"0" * 64)}
    for _ in range(61):
        last = Client().post("/v1/auth/login", body, content_type="application/json", REMOTE_ADDR="10.9.8.7")
    assert last.status_code == 429
    challenge = challenge_for(ada.user.email)
    unlocked = ada.call("POST", "/v1/auth/unlock", {"challenge": challenge, "loginProof": ada.login_proof(challenge)})
    assert unlocked.status_code == 200
    assert log_in(ada, challenge_for(ada.user.email)).status_code == 200  # type: ignore[attr-defined]


def test_unlocks_of_one_session_are_throttled() -> None:
    ada = make_person()
    body = {"challenge": "A" * 43, "loginProof": b64u_encode(b"0" * 64)}
    answers = [ada.call("POST", "/v1/auth/unlock", body) for _ in range(61)]
    assert [answer.status_code for answer in answers[-2:]] == [401, 429]


def test_logins_of_one_email_are_throttled() -> None:
    ada = make_person()
    answers = [log_in(ada, "A" * 43) for _ in range(61)]
    assert answers[-1].status_code == 429  # type: ignore[attr-defined]
    assert answers[-1].headers["Retry-After"]  # type: ignore[attr-defined]
    assert UserSession.objects.count() == 1
