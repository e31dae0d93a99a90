"""The parties of a demonstration, each doing over plain HTTP what its program does: a person's device, an app's server.

Keys and passwords are used here exactly as in the person's browser: what leaves is ciphertext, hashes and signatures.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import requests

from relay.crypto import device
from relay.crypto.encoding import b64u_encode
from relay.crypto.kdf import check_kdf, new_kdf
from relay.crypto.tokens import digest_token, mint_token

Json = dict[str, Any]
_TIMEOUT_SECONDS = 60


class Refused(Exception):
    """The relay's error envelope, or the provider's own refusal (code None)."""

    def __init__(self, status: int, error: Json) -> None:
        self.status, self.code, self.details = status, error.get("code"), error.get("details") or {}
        self.message = str(error.get("message"))
        super().__init__(f"{status} {self.code}: {self.message}")


class Caller:
    """Plain HTTP to one relay with one credential."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = requests.Session()
        self.http.trust_env = False  # no proxy for loopback, and no netrc in place of our credentials

    def send(self, method: str, path: str, body: Json | None = None, **options: Any) -> requests.Response:
        """The answer as it came, whatever its status."""
        return self.http.request(method, self.origin + path, json=body, timeout=_TIMEOUT_SECONDS, **options)

    def call(self, method: str, path: str, body: Json | None = None, **options: Any) -> Any:
        """The `data` of the envelope. Raises Refused."""
        response = self.send(method, path, body, **options)
        return read_envelope(response)


def read_envelope(response: requests.Response) -> Any:
    """The `data` of a successful answer. Raises Refused, ValueError for what is not JSON."""
    answer = response.json()
    if response.ok and answer.get("success") is True:
        return answer["data"]
    raise Refused(response.status_code, answer.get("error") or {})


def settled(read_connection: Callable[[], Json]) -> Json:
    """A connection once all its calls are booked, which happens within moments of their end."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while (connection := read_connection())["heldMicros"] and time.monotonic() < deadline:
        time.sleep(0.05)
    return connection


class Person(Caller):
    """Somebody with an account, and their unlocked device."""

    def __init__(self, origin: str, email: str, password: str) -> None:
        super().__init__(origin)
        self.email = email
        self._password = password
        self._vault_key = device.new_vault_key()

    def register(self) -> Json:
        """POST /v1/auth/register; the device is then signed in and unlocked."""
        kdf = new_kdf()
        keys = device.derive_keys(self._password, self.email, kdf)
        body = {
            "email": self.email,
            "kdf": kdf.as_json(),
            "loginPublicKey": b64u_encode(device.public_key_of(keys.login_seed)),
            "registerProof": b64u_encode(device.sign_register(keys.login_seed, self.origin, self.email)),
            "wrappedVaultKey": device.wrap_vault_key(keys.wrap_key, self._vault_key),
        }
        return self._signed_in(self.call("POST", "/v1/auth/register", body))

    def log_in(self) -> Json:
        """POST /v1/auth/login, as on a new device: the vault key comes out of the wrapped one the relay keeps."""
        for name in ("Authorization", "X-1Relay-Elevation"):
            self.http.headers.pop(name, None)
        asked: Json = self.call("POST", "/v1/auth/prelogin", {"email": self.email})
        keys = device.derive_keys(self._password, self.email, check_kdf(asked["kdf"]))
        proof = device.sign_login(keys.login_seed, self.origin, self.email, asked["challenge"])
        body = {"email": self.email, "challenge": asked["challenge"], "loginProof": b64u_encode(proof)}
        signed_in = self._signed_in(self.call("POST", "/v1/auth/login", body))
        self._vault_key = device.open_vault_key(keys.wrap_key, signed_in["wrappedVaultKey"])
        return signed_in

    def _signed_in(self, data: Json) -> Json:
        self.http.headers["Authorization"] = f"Bearer {data['token']}"
        self.http.headers["X-1Relay-Elevation"] = data["elevation"]
        return data

    def put_key(self, provider: str, api_key: str, label: str = "") -> Json:
        """POST /v1/keys. A key that replaces another is sealed anew for every connection that uses the provider."""
        item = {"apiKey": api_key, "label": label}
        body: Json = {
            "provider": provider,
            "ciphertext": device.seal_vault_item(self._vault_key, provider, item),
            "sealedKeys": self._seals_for_connections(provider, api_key),
        }
        return dict(self.call("POST", "/v1/keys", body))

    def _seals_for_connections(self, provider: str, api_key: str) -> list[Json]:
        seals = []
        for connection in self.connections(provider=provider):
            if connection["status"] not in {"pending", "active", "paused"}:
                continue
            note = device.open_owner_grant(self._vault_key, connection["id"], connection["ownerGrant"])
            seal = device.seal_key(note.connection_key, connection["id"], provider, api_key)
            seals.append({"connectionId": connection["id"], "sealedKey": seal})
        return seals

    def read_keys(self) -> dict[str, str]:
        """The provider keys in the vault, opened on this device."""
        items = self.call("GET", "/v1/keys")["items"]
        return {item["provider"]: device.open_vault_item(self._vault_key, item["provider"], item["ciphertext"])["apiKey"] for item in items}

    def approve(self, link_token: str, providers: list[str], budget_cents: int) -> str:
        """POST /v1/link/authorize, as the Link window does; answers the public token for the app's page."""
        link = Caller(self.origin)
        link.http.headers["Authorization"] = f"Bearer {link_token}"
        session = link.call("GET", "/v1/link/session")
        connection_id, keys = session["connectionId"], self.read_keys()
        connection_key, public_token = device.new_connection_key(), mint_token("1r_pt_")
        note = device.OwnerGrant(connection_key, session["app"]["clientId"], tuple(providers))
        body = {
            "linkToken": link_token,
            "publicTokenHash": b64u_encode(digest_token(public_token)),
            "grantedKey": device.seal_granted_key(public_token, connection_id, connection_key),
            "ownerGrant": device.seal_owner_grant(self._vault_key, connection_id, note),
            "sealedKeys": [
                {
                    "provider": provider,
                    "sealedKey": device.seal_key(connection_key, connection_id, provider, keys[provider]),
                }
                for provider in providers
            ],
            "budgetCents": budget_cents,
        }
        self.call("POST", "/v1/link/authorize", body)
        return public_token

    def connections(self, **query: str) -> list[Json]:
        """GET /v1/connections"""
        return list(self.call("GET", "/v1/connections", params=query)["items"])


class App(Caller):
    """The server of an app that somebody has registered."""

    def __init__(self, origin: str, client_id: str, client_secret: str) -> None:
        super().__init__(origin)
        self.http.auth = (client_id, client_secret)

    def open_session(self, providers: list[str], budget_cents: int, client_user_id: str) -> Json:
        """POST /v1/link/sessions"""
        body = {
            "requestedProviders": providers,
            "budgetSuggestionCents": budget_cents,
            "clientUserId": client_user_id,
        }
        return dict(self.call("POST", "/v1/link/sessions", body))

    def exchange(self, public_token: str, client_user_id: str) -> Json:
        """POST /v1/link/exchange"""
        return dict(self.call("POST", "/v1/link/exchange", {"publicToken": public_token, "clientUserId": client_user_id}))

    def connection(self, connection_id: str) -> Json:
        """GET /v1/connections/:id, as the app sees it."""
        return dict(self.call("GET", f"/v1/connections/{connection_id}"))


class Chat(Caller):
    """Calls on a person's key, with the access token of one connection."""

    def __init__(self, origin: str, access_token: str) -> None:
        super().__init__(origin)
        self.http.headers["Authorization"] = f"Bearer {access_token}"

    def ask(self, text: str, model: str = "sandbox-small") -> tuple[str, requests.Response]:
        """One answer as JSON, and the response for its headers. Raises Refused."""
        response = self.send("POST", "/v1/proxy/chat/completions", _chat_body(text, model))
        return str(read_envelope(response)["choices"][0]["message"]["content"]), response

    def stream(self, text: str, model: str = "sandbox-small") -> Iterator[str]:
        """The pieces of a streamed answer as they come. Raises Refused, also for an error inside the stream."""
        body = _chat_body(text, model) | {"stream": True}
        with self.send("POST", "/v1/proxy/chat/completions", body, stream=True) as response:
            if not response.ok:
                read_envelope(response)
            for data in _event_data(response):
                if data == "[DONE]":
                    return
                chunk = json.loads(data)
                if "error" in chunk:
                    raise Refused(response.status_code, chunk["error"])
                yield from (choice["delta"].get("content") or "" for choice in chunk["choices"])
        raise Refused(response.status_code, {"message": "the stream stopped before its end mark"})


def _chat_body(text: str, model: str) -> Json:
    return {"provider": "sandbox", "model": model, "messages": [{"role": "user", "content": text}]}


def _event_data(response: requests.Response) -> Iterator[str]:
    response.encoding = "utf-8"
    for line in response.iter_lines(chunk_size=1, decode_unicode=True):
        if line.startswith("data:"):
            yield line.removeprefix("data:").strip()
