"""POST /v1/auth/register."""

import secrets
from typing import Any

import pytest

from accounts.models import User, UserSession
from relay.crypto.device import signing, vault
from relay.crypto.encoding import b64u_encode
from relay.crypto.kdf import new_kdf
from tests.factories import ORIGIN, call

pytestmark = pytest.mark.django_db
PATH = "/v1/auth/register"


def body(email: str = "ada@example.com", origin: str = ORIGIN, **over: object) -> dict[str, object]:
    seed = secrets.token_bytes(32)
    return {
        "email": email,
        "kdf": new_kdf().as_json(),
        "loginPublicKey": b64u_encode(signing.public_key_of(seed)),
        "registerProof": b64u_encode(signing.sign_register(seed, origin, "ada@example.com")),
        "wrappedVaultKey": vault.wrap_vault_key(secrets.token_bytes(32), vault.new_vault_key()),
        **over,
    }


def test_it_works() -> None:
    response = call("POST", PATH, body(" Ada@Example.com\t"))
    assert response.status_code == 201, response.content
    data = response.json()["data"]
    assert data["user"]["email"] == "ada@example.com"
    assert data["token"].startswith("1r_ut_")
    assert "csrfToken" not in data
    assert not response.cookies
    assert User.objects.get().id == data["user"]["id"]


def test_the_second_own_origin_counts_too() -> None:
    assert call("POST", PATH, body(origin="http://127.0.0.1:8000")).status_code == 201


def test_a_page_gets_a_cookie_and_no_token() -> None:
    response = call("POST", PATH, body(), **{"X-1Relay-Cookie": "1", "Sec-Fetch-Site": "same-origin", "Origin": ORIGIN})
    data = response.json()["data"]
    assert "token" not in data
    assert data["csrfToken"]
    cookie = response.cookies["1relay_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert UserSession.objects.get().session_secret is not None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_no_cookie_for_another_site(site: str) -> None:
    response = call("POST", PATH, body(), **{"X-1Relay-Cookie": "1", "Sec-Fetch-Site": site})
    assert not response.cookies


def test_an_email_is_taken_once() -> None:
    call("POST", PATH, body())
    response = call("POST", PATH, body())
    assert (response.status_code, response.json()["error"]["code"]) == (409, "email_taken")
    assert User.objects.count() == 1


WEAK = {"algorithm": "argon2id", "memoryKib": 19456, "iterations": 2, "parallelism": 1, "salt": "AGdWXtxjY3k3YN8LDTz_gw"}
REFUSED = {
    "a proof for another relay": ({"origin": "https://evil.example"}, "registerProof"),
    "weak parameters": ({"kdf": WEAK}, "kdf"),
    "a small-order key": ({"loginPublicKey": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, "registerProof"),
    "a blob of another length": ({"wrappedVaultKey": "AAAA"}, "wrappedVaultKey"),
    "an email that is none": ({"email": "ada"}, "email"),
    "recovery by halves": ({"recoveryPublicKey": b64u_encode(signing.public_key_of(b"r" * 32))}, "recoveryVaultKey"),
    "a number for a string": ({"registerProof": 7}, "registerProof"),
}


@pytest.mark.parametrize(("over", "field"), REFUSED.values(), ids=REFUSED.keys())
def test_it_rejects(over: dict[str, Any], field: str) -> None:
    response = call("POST", PATH, body(**over))
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "invalid_request")
    assert field in error["details"]["fields"]
    assert not User.objects.exists()


@pytest.mark.parametrize("member", [{"password": "x"}, {"masterKey": "x"}, {"note": "sk-ant-" + "api03-" + "a" * 93 + "AA"}])
def test_it_rejects_secrets_in_clear(member: dict[str, Any]) -> None:
    response = call("POST", PATH, body(**member))
    assert response.json()["error"]["code"] == "plaintext_secret_refused"
    assert not User.objects.exists()
