"""Well-formed requests that mean something wrong: replays, others' approvals, tampered blobs, what is over or used."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.services import challenges
from relay.crypto.device import connections as device
from relay.crypto.device import signing
from relay.crypto.encoding import b64u_decode, b64u_encode
from tests.contracts import samples
from tests.contracts.conftest import Relay
from tests.contracts.snapshot import snapshot
from tests.contracts.wire import JSON_TYPE, Answer, check_failure
from tests.contracts.world import OPENAI_KEY, ask
from tests.factories import ORIGIN, make_approval

pytestmark = pytest.mark.usefixtures("relay")


def post(relay: Relay, path: str, body: Any, caller: str = "", **headers: str) -> Answer:
    """POST a JSON body."""
    return relay.send("POST", path, {**JSON_TYPE, **headers}, json.dumps(body).encode(), caller=caller)


def refused(relay: Relay, code: str, path: str, body: Any, caller: str = "", **headers: str) -> None:
    """The call is refused with the code, and changes nothing."""
    before = snapshot()
    check_failure(post(relay, path, body, caller, **headers), code)
    assert snapshot() == before


def proof_for(relay: Relay, challenge: str, origin: str = ORIGIN, email: str | None = None) -> str:
    """Ada's login proof, perhaps for another relay or email."""
    email = email or relay.world.ada.user.email
    return b64u_encode(signing.sign_login(relay.world.ada.login_seed, origin, email, challenge))


def flipped(blob: str) -> str:
    """The same blob with its last byte changed: the right shape, and it does not open."""
    raw = b64u_decode(blob)
    return b64u_encode(raw[:-1] + bytes([raw[-1] ^ 1]))


@pytest.mark.parametrize("path", ["/v1/auth/login", "/v1/auth/unlock"])
def test_a_replayed_challenge_is_refused(relay: Relay, path: str) -> None:
    body, caller = samples.login(relay.world), "ada" if path.endswith("unlock") else ""
    assert post(relay, "/v1/auth/login", body).status == 200
    refused(relay, "login_failed", path, body, caller)
    other = "/v1/auth/login" if path.endswith("unlock") else "/v1/auth/unlock"
    refused(relay, "login_failed", other, body, "" if other.endswith("login") else "ada")


@pytest.mark.parametrize("path", ["/v1/auth/login", "/v1/auth/unlock"])
def test_a_proof_for_another_relay_email_or_time_is_refused(relay: Relay, path: str) -> None:
    world = relay.world
    email, caller = world.ada.user.email, "ada" if path.endswith("unlock") else ""
    long_ago = datetime.now(UTC) - timedelta(minutes=3)
    old = challenges.issue(email, long_ago)[0]
    of_mallory = challenges.issue(world.mallory.user.email, datetime.now(UTC))[0]
    mine = world.challenge()
    wrong = {
        "another relay": (mine, proof_for(relay, mine, "https://relay.evil.example")),
        "another email": (other := world.challenge(), proof_for(relay, other, email="eve@example.com")),
        "another challenge": (third := world.challenge(), proof_for(relay, mine)),
        "an old challenge": (old, proof_for(relay, old)),
        "somebody else's challenge": (of_mallory, proof_for(relay, of_mallory)),
        "no challenge of ours": ("A" * 43, proof_for(relay, "A" * 43)),
        "somebody else's proof": (fourth := world.challenge(), world.mallory.login_proof(fourth)),
        "no signature": (world.challenge(), "A" * 86),
    }
    assert third != mine
    for challenge, proof in wrong.values():
        refused(relay, "login_failed", path, {"email": email, "challenge": challenge, "loginProof": proof}, caller)


def test_a_registration_for_another_relay_or_key_is_refused(relay: Relay) -> None:
    body = samples.register(relay.world)
    seed = b"s" * 32
    for origin, email in (("https://relay.evil.example", body["email"]), (ORIGIN, "eve@example.com")):
        proof = b64u_encode(signing.sign_register(seed, origin, email))
        wrong = {**body, "loginPublicKey": b64u_encode(signing.public_key_of(seed)), "registerProof": proof}
        refused(relay, "invalid_request", "/v1/auth/register", wrong)
    refused(relay, "invalid_request", "/v1/auth/register", {**samples.register(relay.world), "registerProof": body["registerProof"]})
    proof = b64u_encode(signing.sign_register(seed, ORIGIN, relay.world.ada.user.email))
    again = {
        **body,
        "email": relay.world.ada.user.email,
        "loginPublicKey": b64u_encode(signing.public_key_of(seed)),
        "registerProof": proof,
    }
    refused(relay, "email_taken", "/v1/auth/register", again)


def test_an_approval_is_the_users_own_of_this_session(relay: Relay) -> None:
    world = relay.world
    opened, mine = ask(world.ada, world.chat, datetime.now(UTC))
    assert post(relay, "/v1/link/authorize", mine.body, "ada").status == 200
    client_id = world.chat.app.client_id
    hers = make_approval(
        world.mallory, opened.link_token, opened.session.connection_id, client_id, {"sandbox": "sandbox-key-" + "works"}, 1
    )
    refused(relay, "link_consumed", "/v1/link/authorize", hers.body, "mallory")
    refused(relay, "link_consumed", "/v1/link/authorize", mine.body, "mallory")
    refused(relay, "link_consumed", "/v1/link/authorize", {**mine.body, "publicTokenHash": hers.body["publicTokenHash"]}, "ada")
    reused = {**world.approval.body, "publicTokenHash": mine.body["publicTokenHash"]}
    refused(relay, "conflict", "/v1/link/authorize", reused, "ada")
    groq = {**world.approval.body, "sealedKeys": [{**world.approval.body["sealedKeys"][0], "provider": "groq"}]}
    refused(relay, "invalid_request", "/v1/link/authorize", groq, "ada")
    refused(relay, "link_expired", "/v1/link/authorize", world.lapsed_approval.body, "ada")


def test_an_update_is_of_the_users_own_connection(relay: Relay) -> None:
    world = relay.world
    connection_id = world.linked.connection.pk
    answer = post(relay, "/v1/link/sessions", {"requestedProviders": ["openai"], "connectionId": connection_id}, "app")
    assert answer.status == 201
    body = {"linkToken": answer.json()["data"]["linkToken"], "connectionId": connection_id, "budgetCents": 9000}
    refused(relay, "not_found", "/v1/link/authorize", body, "mallory")
    refused(relay, "not_found", "/v1/link/authorize", {**body, "connectionId": world.revoked.connection.pk}, "ada")
    refused(relay, "not_found", "/v1/link/authorize", {**body, "linkToken": world.asking.link_token}, "ada")
    new = {"requestedProviders": ["openai"], "connectionId": connection_id}
    refused(relay, "not_found", "/v1/link/sessions", new, "other")
    refused(relay, "conflict", "/v1/link/sessions", {**new, "connectionId": world.revoked.connection.pk}, "app")


def test_a_public_token_works_once_in_time_and_for_its_app_alone(relay: Relay) -> None:
    world = relay.world
    path = "/v1/link/exchange"
    _, mine = ask(world.ada, world.chat, datetime.now(UTC))
    assert post(relay, "/v1/link/authorize", mine.body, "ada").status == 200
    body = {"publicToken": mine.public_token, "clientUserId": "visitor-1"}
    refused(relay, "invalid_token", path, body, "other")
    assert post(relay, path, body, "app").status == 200
    refused(relay, "link_consumed", path, body, "app")
    refused(relay, "link_consumed", path, body, "app", **{"Idempotency-Key": "a-second-time"})
    refused(relay, "link_expired", path, {**body, "publicToken": world.lapsed_approval.public_token}, "app")
    refused(relay, "invalid_token", path, {**body, "publicToken": world.approval.public_token}, "app")
    refused(relay, "invalid_token", path, {**body, "publicToken": world.linked.access_token}, "app")
    refused(relay, "invalid_token", path, {**body, "publicToken": mine.public_token[:-1] + "!"}, "app")


def test_a_tampered_blob_does_not_pass(relay: Relay) -> None:
    world = relay.world
    for name in ("grantedKey", "ownerGrant"):
        blob = world.approval.body[name]
        for wrong in (blob[:20], f"{blob}=", f"{blob} ", f"{blob}A"[1:] + "A" * 6000, blob[:-1] + "!"):
            refused(relay, "invalid_request", "/v1/link/authorize", {**world.approval.body, name: wrong}, "ada")
    _, mine = ask(world.ada, world.chat, datetime.now(UTC))
    tampered = {**mine.body, "grantedKey": flipped(mine.body["grantedKey"])}
    assert post(relay, "/v1/link/authorize", tampered, "ada").status == 200
    exchange = {"publicToken": mine.public_token, "clientUserId": "visitor-1"}
    refused(relay, "connection_unusable", "/v1/link/exchange", exchange, "app")


def test_only_the_exact_reseal_set_is_taken(relay: Relay) -> None:
    world = relay.world
    right = samples.put_key(world)
    mine, nobodys = world.linked.connection.pk, "con_0000000000000000000000"
    seal = right["sealedKeys"][0]
    revoked = device.seal_key(world.revoked.connection_key, world.revoked.connection.pk, "openai", OPENAI_KEY)
    wrong: list[dict[str, Any]] = [
        {"sealedKeys": []},
        {"sealedKeys": [seal], "dropConnections": [mine]},
        {"sealedKeys": [seal], "dropConnections": [nobodys]},
        {"sealedKeys": [seal, {**seal, "connectionId": nobodys}]},
        {"sealedKeys": [seal, {"connectionId": world.revoked.connection.pk, "sealedKey": revoked}]},
        {"sealedKeys": [], "dropConnections": [nobodys]},
    ]
    for change in wrong:
        before = snapshot()
        answer = post(relay, "/v1/keys", {**right, **change}, "ada")
        check_failure(answer, "conflict")
        assert answer.error["details"]["connections"] == [mine]
        assert snapshot() == before
    refused(relay, "invalid_request", "/v1/keys", {**right, "sealedKeys": [seal, seal]}, "ada")
    refused(relay, "conflict", "/v1/keys", right, "mallory")


def test_an_expired_link_is_gone_and_events_of_it_unheard(relay: Relay) -> None:
    before = snapshot()
    check_failure(relay.send("GET", "/v1/link/session", caller="lapsed"), "link_expired")
    check_failure(post(relay, "/v1/link/session/events", {"name": "OPEN"}, "lapsed"), "link_expired")
    assert snapshot() == before


def test_a_final_connection_stays_as_it_is(relay: Relay) -> None:
    world = relay.world
    path = f"/v1/connections/{world.revoked.connection.pk}"
    before = snapshot()
    changes: list[dict[str, Any]] = [{"budgetCents": 1}, {"status": "active"}, {"status": "paused"}, {"limits": {}}, {}]
    for change in changes:
        answer = relay.send("PATCH", path, JSON_TYPE, json.dumps(change).encode(), caller="ada")
        check_failure(answer, "conflict")
    assert snapshot() == before
    for target in ("chat/completions", "passthrough/sandbox/v1/chat/completions"):
        headers = {**JSON_TYPE, "Authorization": f"Bearer {world.revoked.access_token}"}
        body = json.dumps(samples.chat(world)).encode()
        answer = relay.send("POST", f"/v1/proxy/{target}", headers, body)
        check_failure(answer, "connection_revoked", shape="passthrough")
    assert snapshot() == before


def test_an_idempotency_key_is_for_one_body(relay: Relay) -> None:
    key = {"Idempotency-Key": "one-app-only"}
    body = samples.new_app(relay.world)
    assert post(relay, "/v1/apps", body, "bob", **key).status == 201
    refused(relay, "idempotency_mismatch", "/v1/apps", {**body, "name": "Another"}, "bob", **key)
