"""The parties of the canary test: what they hold is known, and every answer they get is kept."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import requests

from relay.core.ids import mint_id
from relay.crypto import device
from relay.crypto.encoding import b64u_encode
from relay.crypto.kdf import new_kdf
from relay.crypto.session_keys import derive_session_key
from relay.crypto.tokens import digest_token, mint_token
from tests.whole.secrets_search import Secret

PROVIDER_KEY = "sk-proj-" + "canary" + secrets.token_hex(12)
ECHO_MODEL = "gpt-4o-mini"


class Recorder:
    """Plain HTTP that keeps every answer whole: status line, headers, body."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.answers: list[tuple[str, bytes]] = []

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """The answer, whatever its status; `body` as JSON unless it is bytes."""
        options: dict[str, Any] = {"data": body, "headers": {"Content-Type": "application/json", **headers}}
        if not isinstance(body, bytes):
            options = {"json": body, "headers": headers}
        response = requests.request(method, self.origin + path, timeout=30, **options)
        head = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.answers.append((f"{method} {path.partition('?')[0]}", f"{response.status_code}\n{head}\n".encode() + response.content))
        return response

    def data(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The envelope's data."""
        response = self.send(method, path, body, **headers)
        assert response.ok, response.text
        return response.json()["data"]


class Canary:
    """A person, a developer and their app in one, and the list of everything secret that came up."""

    def __init__(self, http: Recorder) -> None:
        self.http = http
        self.email = f"canary-{secrets.token_hex(6)}@example.com"
        self.password = "correct canary " + secrets.token_hex(8)
        self.vault_key = device.new_vault_key()
        self.kdf = new_kdf()
        self.keys = device.derive_keys(self.password, self.email, self.kdf)
        self.secrets: list[Secret] = []
        self.keep("password", self.password)
        self.keep("vault key", self.vault_key)
        self.keep("login seed", self.keys.login_seed)
        self.keep("wrap key", self.keys.wrap_key)
        self.keep("provider key", PROVIDER_KEY)

    def keep(self, name: str, value: str | bytes, *minted_by: str) -> None:
        """Note a secret; b64u texts of elevations and keys are noted as text."""
        raw = value.encode() if isinstance(value, str) else value
        self.secrets.append(Secret(name, raw, frozenset(minted_by)))

    def proof(self, challenge: str) -> str:
        """A login proof."""
        return b64u_encode(device.sign_login(self.keys.login_seed, self.http.origin, self.email, challenge))

    def register(self) -> dict[str, str]:
        """An account with a bearer session; answers the headers of an elevated call."""
        body = {
            "email": self.email,
            "kdf": self.kdf.as_json(),
            "loginPublicKey": b64u_encode(device.public_key_of(self.keys.login_seed)),
            "registerProof": b64u_encode(device.sign_register(self.keys.login_seed, self.http.origin, self.email)),
            "wrappedVaultKey": device.wrap_vault_key(self.keys.wrap_key, self.vault_key),
        }
        made = self.http.data("POST", "/v1/auth/register", body)
        return self._signed_in(made, "POST /v1/auth/register")

    def log_in(self) -> dict[str, str]:
        """A second bearer session."""
        challenge = self.http.data("POST", "/v1/auth/prelogin", {"email": self.email})["challenge"]
        body = {"email": self.email, "challenge": challenge, "loginProof": self.proof(challenge)}
        return self._signed_in(self.http.data("POST", "/v1/auth/login", body), "POST /v1/auth/login")

    def _signed_in(self, data: dict[str, str], minted_by: str) -> dict[str, str]:
        self.keep("user token", data["token"], minted_by)
        self.keep("elevation", data["elevation"], minted_by)
        return {"Authorization": f"Bearer {data['token']}", "X-1Relay-Elevation": data["elevation"]}

    def page_session(self) -> None:
        """A cookie session as a page has it, its session key read, then locked."""
        challenge = self.http.data("POST", "/v1/auth/prelogin", {"email": self.email})["challenge"]
        page = {"X-1Relay-Cookie": "1", "Sec-Fetch-Site": "same-origin", "Origin": self.http.origin}
        body = {"email": self.email, "challenge": challenge, "loginProof": self.proof(challenge)}
        response = self.http.send("POST", "/v1/auth/login", body, **page)
        token, data = response.cookies["1relay_session"], response.json()["data"]
        self.keep("cookie", token, "POST /v1/auth/login")
        self.keep("page's elevation", data["elevation"], "POST /v1/auth/login")
        cookie = {"Cookie": f"1relay_session={token}", **page}
        session_key = self.http.data("GET", "/v1/auth/session-key", **cookie)["sessionKey"]
        self.keep("session key", session_key, "GET /v1/auth/session-key")
        for path in ("/overview", "/export", "/keys", "/connections", "/apps", "/", "/docs/errors"):
            assert self.http.send("GET", path, **cookie).ok
        writes = {**cookie, "X-CSRF-Token": data["csrfToken"], "X-1Relay-User": data["user"]["id"]}
        self.http.data("POST", "/v1/auth/lock", {}, **writes)
        assert derive_session_key(token, bytes(32)) != session_key.encode()

    def seals(self, connection_id: str, client_id: str) -> tuple[bytes, dict[str, Any]]:
        """A connection key, and what the device seals with it."""
        key = device.new_connection_key()
        self.keep("connection key", key)
        self.keep("connection key as text", b64u_encode(key))
        grant = device.OwnerGrant(key, client_id, ("openai",))
        return key, {
            "ownerGrant": device.seal_owner_grant(self.vault_key, connection_id, grant),
            "sealedKeys": [{"provider": "openai", "sealedKey": device.seal_key(key, connection_id, "openai", PROVIDER_KEY)}],
            "budgetCents": 1000,
        }

    def make_app(self, user: dict[str, str]) -> tuple[str, dict[str, str]]:
        """An app; answers its client id and the headers of its calls."""
        body = {"name": "Canary", "allowedOrigins": ["http://127.0.0.1:9"]}
        app = self.http.data("POST", "/v1/apps", body, **user, **{"Idempotency-Key": "canary-app"})
        assert self.http.data("POST", "/v1/apps", body, **user, **{"Idempotency-Key": "canary-app"}) == app
        self.keep("first client secret", app["clientSecret"], "POST /v1/apps")
        path = f"/v1/apps/{app['id']}/rotate-secret"
        rotated = self.http.data("POST", path, {}, **user)["clientSecret"]
        self.keep("client secret", rotated, f"POST {path}")
        basic = base64.b64encode(f"{app['clientId']}:{rotated}".encode()).decode()
        return app["clientId"], {"Authorization": f"Basic {basic}"}

    def link(self, user: dict[str, str], app: dict[str, str], client_id: str) -> tuple[str, str]:
        """An access token and its connection's id, by the whole of Link."""
        opened = self.http.data("POST", "/v1/link/sessions", {"requestedProviders": ["openai"]}, **app)
        self.keep("link token", opened["linkToken"], "POST /v1/link/sessions")
        for page in (opened["linkUrl"], opened["frameUrl"]):
            assert self.http.send("GET", page.removeprefix(self.http.origin).partition("#")[0]).ok
        bearer = {"Authorization": f"Bearer {opened['linkToken']}"}
        connection_id = self.http.data("GET", "/v1/link/session", **bearer)["connectionId"]
        self.http.data("POST", "/v1/link/session/events", {"name": "OPEN"}, **bearer)
        public_token = mint_token("1r_pt_")
        self.keep("public token", public_token)
        key, body = self.seals(connection_id, client_id)
        body |= {
            "linkToken": opened["linkToken"],
            "publicTokenHash": b64u_encode(digest_token(public_token)),
            "grantedKey": device.seal_granted_key(public_token, connection_id, key),
        }
        self.http.data("POST", "/v1/link/authorize", body, **user)
        body, once = {"publicToken": public_token}, {"Idempotency-Key": "canary-exchange"}
        exchanged = self.http.data("POST", "/v1/link/exchange", body, **app, **once)
        assert self.http.data("POST", "/v1/link/exchange", body, **app, **once) == exchanged
        self.keep("access token", exchanged["accessToken"], "POST /v1/link/exchange")
        return exchanged["accessToken"], connection_id

    def personal(self, user: dict[str, str]) -> str:
        """A personal connection; answers its access token, made here."""
        connection_id, token = mint_id("con"), mint_token("1r_at_")
        self.keep("personal access token", token)
        key, body = self.seals(connection_id, "personal")
        body |= {
            "id": connection_id,
            "name": "Laptop",
            "accessTokenHash": b64u_encode(digest_token(token)),
            "heldKey": device.seal_held_key(token, connection_id, key),
        }
        self.http.data("POST", "/v1/connections", body, **user)
        return token
