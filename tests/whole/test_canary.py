"""Known secrets go through the whole flow; afterwards none of them is anywhere but in the answer that hands it out."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection

from relay.crypto import device
from tests.fake_provider import FakeProvider, chat_answer, chat_chunk, events, stream, usage_chunk, whole
from tests.whole.parties import ECHO_MODEL, PROVIDER_KEY, Canary, Recorder
from tests.whole.secrets_search import Secret, found_in
from tests.whole.servers import database_url, relay_and_worker
from usage.models import Hold, LedgerEntry

CHAT = {"model": ECHO_MODEL, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 50}


@pytest.mark.django_db(transaction=True)
def test_no_secret_stays_anywhere(tmp_path: Path) -> None:
    with FakeProvider() as provider:
        once_a_second = {"RELAY_UPSTREAM_OPENAI": provider.base}
        with relay_and_worker(tmp_path, **once_a_second) as origin:
            canary = Canary(Recorder(origin))
            live = walk(canary, provider)
            abuse(canary, live)
            wait_for_tasks(tmp_path)
            # While the processes still run: caches and queues hold what they hold.
            running = places(tmp_path)
    after = places(tmp_path)
    assert len(canary.secrets) >= 17
    assert LedgerEntry.objects.exists()
    for seen in (running, after):
        assert sum(map(len, seen.values())) > 100_000
        assert not (found := found_in(seen, canary.secrets)), found
    assert not (told := found_in_answers(canary)), told


def walk(canary: Canary, provider: FakeProvider) -> dict[str, str]:
    """The whole flow, with answers that echo the key, errors and streams; answers a dead access token and its kin."""
    http = canary.http
    user = canary.register()
    canary.log_in()
    canary.page_session()
    item = device.seal_vault_item(canary.vault_key, "openai", {"apiKey": PROVIDER_KEY, "label": "canary"})
    http.data("POST", "/v1/keys", {"provider": "openai", "ciphertext": item}, **user)
    client_id, app = canary.make_app(user)
    token, connection_id = canary.link(user, app, client_id)
    personal = canary.personal(user)
    for access_token in (token, personal):
        call_provider(http, provider, access_token)
    for headers in (user, app):
        http.data("GET", "/v1/connections", **headers)
        http.data("GET", "/v1/usage?groupBy=day,model", **headers)
    http.data("GET", "/v1/keys", **user)
    http.data("DELETE", f"/v1/connections/{connection_id}", **user)
    assert (
        http.send("POST", "/v1/proxy/chat/completions", {"provider": "openai", **CHAT}, Authorization=f"Bearer {token}").status_code == 401
    )
    return {"access": token, "personal": personal, **user}


def call_provider(http: Recorder, provider: FakeProvider, access_token: str) -> None:
    """Every door: whole answers, streams and errors, all with the key in them as a careless provider would put it."""
    echo = f"your key is {PROVIDER_KEY}."
    chunks = events(chat_chunk(echo[:20]), chat_chunk(echo), usage_chunk(5, 5))
    split = [chunks[1][:60], chunks[1][60:]]
    bearer = {"Authorization": f"Bearer {access_token}"}
    for path, body in (
        ("/v1/proxy/chat/completions", {"provider": "openai", **CHAT}),
        ("/v1/proxy/passthrough/openai/v1/chat/completions", CHAT),
        ("/v1/openai/chat/completions", {**CHAT, "model": f"openai/{ECHO_MODEL}"}),
    ):
        provider.will(whole(chat_answer(text=echo), headers={"x-request-id": PROVIDER_KEY}))
        assert http.send("POST", path, body, **bearer).status_code == 200
        provider.will(stream(chunks[0], *split, *chunks[2:]))
        assert http.send("POST", path, {**body, "stream": True}, **bearer).status_code == 200
        provider.will(whole({"error": {"message": f"Incorrect API key provided: {PROVIDER_KEY}"}}, status=401))
        assert http.send("POST", path, body, **bearer).status_code == 401
        provider.will(whole(b"<html>" + PROVIDER_KEY.encode(), status=502))
        assert http.send("POST", path, body, **bearer).status_code == 502
    deadline = time.monotonic() + 10
    while Hold.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def abuse(canary: Canary, live: dict[str, str]) -> None:
    """Secrets where they don't belong: paths, queries, wrong headers, broken bodies. Nothing may be kept or sent back."""
    http = canary.http
    texts = [secret.value.decode() for secret in canary.secrets if secret.value.isascii()]
    for text in texts:
        for path in (f"/v1/keys/{text}", f"/v1/nothing/{text}", f"/link/{text}", f"/v1/proxy/passthrough/openai/{text}"):
            http.send("GET", path.replace(" ", "%20"), Authorization=f"Bearer {text.replace(' ', '')}")
        http.send("GET", "/v1/connections?cursor=" + text.replace(" ", "+"), Authorization=live["Authorization"])
        http.send("POST", "/v1/proxy/passthrough/google/v1beta/models/x:generateContent?key=" + text.replace(" ", "+"), {})
        for path in ("/v1/auth/register", "/v1/link/authorize", "/v1/keys", "/v1/proxy/chat/completions"):
            http.send(
                "POST", path, {"email": text, "password": text, "name": [text], "provider": text}, Authorization=live["Authorization"]
            )
            http.send("POST", path, b'{"a": "' + text.encode() + b'", ', Authorization=live["Authorization"])
        if text.startswith(("1r_", PROVIDER_KEY)):
            http.send("POST", "/v1/apps", {"name": text}, **{"X-Request-Id": text, "Authorization": text})


def wait_for_tasks(folder: Path) -> None:
    """Until the worker has really run something."""
    deadline = time.monotonic() + 60
    while "succeeded in" not in (folder / "worker.log").read_text() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "succeeded in" in (folder / "worker.log").read_text()


def places(folder: Path) -> dict[str, bytes]:
    """Everything that outlives a request: database, files of the data folder (queue, schedule, logs), Redis."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {"relay.log", "worker.log"} <= found.keys()
    return found | database() | redis_keys()


def database() -> dict[str, bytes]:
    """The files of SQLite, log included; or PostgreSQL's dump (bytes stand in it as hex)."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        name = Path(str(at["NAME"]))
        return {path.name: path.read_bytes() for path in name.parent.glob(name.name + "*") if path.is_file()}
    return {"pg_dump": subprocess.run(["pg_dump", database_url()], check=True, capture_output=True).stdout}


def redis_keys() -> dict[str, bytes]:
    """Every key of Redis with its name and content."""
    if not settings.REDIS_URL:
        return {}
    client: Any = redis.Redis.from_url(settings.REDIS_URL)
    readers = {b"string": client.get, b"list": lambda key: client.lrange(key, 0, -1), b"hash": client.hgetall, b"set": client.smembers}
    found = {}
    for key in client.scan_iter():
        reader = readers.get(client.type(key), client.dump)
        found[f"redis {key!r}"] = key + b"\n" + repr(reader(key)).encode()
    return found


def found_in_answers(canary: Canary) -> list[str]:
    """Secrets in answers that do not hand them out."""
    return [
        f"{secret.name} in the answer to {call}"
        for call, answer in canary.http.answers
        for secret in canary.secrets
        if call not in secret.minted_by and secret.is_in(answer) and not _only_echoes_request_id(secret, answer)
    ]


def _only_echoes_request_id(secret: Secret, answer: bytes) -> bool:
    """A caller's own X-Request-Id is kept by contract; whoever puts a secret there has published it themselves."""
    text = re.escape(secret.value)
    without = re.sub(rb'(?i)(x-request-id: |"requestId": ?")' + text, b"", answer)
    return not secret.is_in(without)


PLANTED = Secret("planted", b"1r_at_" + b"planted0123456789planted0123456789planted0123456")


@pytest.mark.parametrize("form", sorted(PLANTED.forms()), ids=range(len(PLANTED.forms())))
def test_the_search_finds_every_form(form: bytes) -> None:
    assert found_in({"a place": b"before" + form + b"after"}, [PLANTED]) == ["planted in a place"]


@pytest.mark.django_db(transaction=True)
def test_the_search_finds_what_is_planted(tmp_path: Path) -> None:
    from django.core.cache import caches

    for name in ("relay.log", "worker.log"):
        (tmp_path / name).write_text("nothing")
    assert found_in(places(tmp_path), [PLANTED]) == []
    caches["durable"].set("planted", {"answer": PLANTED.value.decode()})
    (tmp_path / "relay.log").write_text(json.dumps({"token": PLANTED.value.decode()}))
    found = found_in(places(tmp_path), [PLANTED])
    assert "planted in relay.log" in found
    assert len(found) >= 2
