"""What a relay that lies, or a store that was tampered with, gets from the device: nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from onerelay.cli.link import link_token
from onerelay.cli.store import Store
from onerelay.cli.terminal import clean
from onerelay.user import Account, DeviceError, RelayError, UserError, change_password
from onerelay.user.api import RelayApi
from onerelay.user.crypto import vault as vault_crypto
from onerelay.user.crypto.encoding import b64u_encode
from onerelay.user.crypto.kdf import Kdf, new_kdf
from onerelay.user.crypto.passwords import derive_keys
from onerelay.user.crypto.tokens import digest_token, mint_token
from onerelay.user.origins import parse_origin
from onerelay.user.prover import ForgetfulKdfMemory

ORIGIN = "https://relay.example"
EMAIL, PASSWORD = "ada@example.com", "correct horse " + "battery staple"
KDF = Kdf(19_456, 2, bytes(16))
VAULT_KEY = bytes(range(32))
CHALLENGE = b64u_encode(bytes(32))


class Relay:
    """A relay made of fixed answers, which any of them may lie in; keeps what it was sent."""

    def __init__(self, **lies: Any) -> None:
        self.lies = lies
        self.sent: list[httpx.Request] = []
        wrap_key = derive_keys(PASSWORD, EMAIL, KDF).wrap_key
        self.wrapped = vault_crypto.wrap_vault_key(wrap_key, VAULT_KEY)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        self.sent.append(request)
        answers: dict[str, Callable[[], Any]] = {
            "/v1/auth/prelogin": lambda: {"origin": ORIGIN, "kdf": KDF.as_json(), "challenge": CHALLENGE, **self.lies},
            "/v1/auth/login": self._session,
            "/v1/keys": lambda: {"items": self.lies.get("items", []), "nextCursor": None},
            "/v1/connections": lambda: {"items": self.lies.get("connections", []), "nextCursor": None},
        }
        answer = answers.get(request.url.path)
        if answer is None:
            error = {"code": "not_found", "message": "No.", "requestId": "req_1"}
            return httpx.Response(404, json={"success": False, "error": error})
        return httpx.Response(200, json={"success": True, "data": answer()})

    def _session(self) -> dict[str, Any]:
        return {
            "user": {"id": "usr_0123456789abcdef", "email": EMAIL, "emailVerified": True},
            "token": mint_token("1r_ut_"),
            "expiresAt": "2099-01-01T00:00:00Z",
            "elevation": b64u_encode(bytes(32)),
            "elevatedUntil": "2099-01-01T00:00:00Z",
            "kdf": KDF.as_json(),
            "wrappedVaultKey": self.lies.get("wrappedVaultKey", self.wrapped),
        }

    def account(self, **options: Any) -> Account:
        """A device at this relay."""
        return Account(ORIGIN, transport=httpx.MockTransport(self), **options)

    @property
    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [request.url.path for request in self.sent]


def refused(deed: Callable[[], object]) -> str:
    """The code with which a deed is refused."""
    with pytest.raises(UserError) as caught:
        deed()
    return caught.value.code


def test_an_honest_relay_is_logged_in_to() -> None:
    relay = Relay()
    account = relay.account()
    account.log_in(" Ada@Example.com ", PASSWORD)
    assert account.secrets.vault_key == VAULT_KEY
    assert account.vault.list_keys() == []
    sent = json.loads(relay.sent[1].content)
    assert sent.keys() == {"email", "challenge", "loginProof"}
    for held in (account, account.secrets, account.vault, account.api):
        assert PASSWORD not in repr(held)
        assert str(VAULT_KEY) not in repr(held)
        assert str(account.token) not in repr(held)


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        ({"origin": "https://other.example"}, "other_origin"),
        ({"origin": None}, "other_origin"),
        ({"kdf": {**KDF.as_json(), "memoryKib": 1024}}, "tampered"),
        ({"kdf": {**KDF.as_json(), "iterations": True}}, "tampered"),
        ({"kdf": {**KDF.as_json(), "salt": "AAAA"}}, "tampered"),
        ({"challenge": "1relay/v1/delete-account"}, "tampered"),
    ],
    ids=str,
)
def test_a_lying_prelogin_gets_no_signature(lies: dict[str, Any], code: str) -> None:
    relay = Relay(**lies)
    assert refused(lambda: relay.account().log_in(EMAIL, PASSWORD)) == code
    assert relay.paths == ["/v1/auth/prelogin"]


def test_weaker_derivation_than_seen_before_is_refused_also_by_a_later_process(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    store.remember(ORIGIN, EMAIL, new_kdf())
    relay = Relay()
    assert refused(lambda: relay.account(kdf_memory=Store(tmp_path / "state")).log_in(EMAIL, PASSWORD)) == "kdf_lowered"
    assert relay.paths == ["/v1/auth/prelogin"]
    assert EMAIL not in (tmp_path / "state" / "derivations.json").read_text()
    memory = ForgetfulKdfMemory()
    relay.account(kdf_memory=memory).log_in(EMAIL, PASSWORD)
    assert memory.strongest(ORIGIN, EMAIL) == (19_456, 2)


def test_a_tampered_vault_is_refused() -> None:
    other = vault_crypto.wrap_vault_key(bytes(32), VAULT_KEY)
    for wrapped in (other, "!", ""):
        assert_tampered(Relay(wrappedVaultKey=wrapped).account())


def assert_tampered(account: Account) -> None:
    assert refused(lambda: account.log_in(EMAIL, PASSWORD)) == "tampered"
    assert refused(lambda: account.vault) == "vault_locked"


def test_a_key_moved_to_another_provider_is_not_used() -> None:
    moved = vault_crypto.seal_vault_item(VAULT_KEY, "openai", {"apiKey": "sk-0123456789", "label": ""})
    item = {"id": "key_0123456789abcdef", "provider": "groq", "ciphertext": moved, "createdAt": "", "updatedAt": "", "lastUsedAt": None}
    relay = Relay(items=[item])
    account = relay.account()
    account.log_in(EMAIL, PASSWORD)
    assert [key.damaged for key in account.vault.list_keys()] == [True]
    assert refused(lambda: account.vault.reveal_key("groq")) == "tampered"
    assert refused(lambda: account.vault.prepare_connection("x", ["groq"], 100)) == "tampered"
    assert "POST /v1/connections" not in [f"{request.method} {request.url.path}" for request in relay.sent]


def test_a_connection_of_the_relays_own_gets_no_key() -> None:
    planted = {"id": "con_0123456789abcdef", "status": "active", "app": None, "name": "x", "ownerGrant": "AAAA", "providers": ["groq"]}
    account = Relay(connections=[planted]).account()
    account.log_in(EMAIL, PASSWORD)
    assert [one.refused for one in account.vault.reseals("groq")] == ["tampered"]


def test_weak_passwords_are_refused_before_anything_is_sent() -> None:
    for password in ("elevenchars", "password1234"):
        relay = Relay()
        account = relay.account()
        assert refused(lambda account=account, password=password: account.register(EMAIL, password)) == "password_refused"  # type: ignore[misc]
        assert refused(lambda account=account, password=password: change_password(account, PASSWORD, password)) == "password_refused"  # type: ignore[misc]
        assert "/v1/auth/register" not in relay.paths


def test_addresses_of_relays() -> None:
    assert parse_origin("relay.example") == ORIGIN
    assert parse_origin("HTTPS://Relay.Example:443/") == ORIGIN
    assert parse_origin("https://bücher.example:8443") == "https://xn--bcher-kva.example:8443"
    for local in ("http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"):
        assert parse_origin(local) == local
    assert refused(lambda: parse_origin("http://relay.example")) == "insecure_origin"
    assert refused(lambda: parse_origin("http://127.0.0.1.example")) == "insecure_origin"
    for bad in (
        "",
        "https://",
        "ftp://relay.example",
        "https://relay.example/path",
        "https://u:p@relay.example",
        "https://relay.example?x",
    ):
        assert refused(lambda bad=bad: parse_origin(bad)) == "bad_origin", bad  # type: ignore[misc]


@pytest.mark.parametrize("failure", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), None, 302, 200])
def test_failures_hold_no_credential(failure: object) -> None:
    token = mint_token("1r_ut_")

    def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(failure, Exception):
            raise failure
        return httpx.Response(failure if isinstance(failure, int) else 500, headers={"Location": "https://other.example"}, text="<html>")

    api = RelayApi(ORIGIN, token=token, transport=httpx.MockTransport(answer))
    with pytest.raises(RelayError) as caught:
        api.call("GET", "/v1/auth/me")
    assert caught.value.is_unsure
    assert caught.value.__context__ is None
    assert token not in str(caught.value) + repr(vars(caught.value))


def test_links_of_others_and_damaged_ones_are_refused() -> None:
    token = mint_token("1r_lt_")
    link = f"{ORIGIN}/link/{digest_token(token)}#{token}"
    assert link_token(link, ORIGIN) == token
    assert link_token(link.replace("/link/", "/link/frame/"), ORIGIN) == token
    assert link_token(token, ORIGIN) == token
    for bad in (link.replace(ORIGIN, "https://other.example"), link[:-1], link.replace("#", "#x"), token[:-1], mint_token("1r_pt_"), ""):
        assert refused(lambda bad=bad: link_token(bad, ORIGIN)) == "bad_link", bad  # type: ignore[misc]


def test_what_is_on_disk_is_the_owners_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    written = store.write("sessions.json", {"current": ORIGIN})
    assert written.stat().st_mode & 0o777 == 0o600
    assert written.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in written.parent.iterdir()] == ["sessions.json"]
    written.chmod(0o644)
    with pytest.raises(DeviceError, match="chmod 600"):
        _ = store.current


def test_names_cannot_steer_the_terminal() -> None:
    assert clean("Quill\x1b[2J\r\u202eevil\u200b") == "Quill�[2J��evil�"
    assert clean("Żółw 🐢") == "Żółw 🐢"
