"""What is done to an account leaves exactly one row, with the device that did it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Activity, Mail, User
from accounts.services import activity
from relay.crypto.device import signing, vault
from relay.crypto.encoding import b64u_encode
from relay.crypto.kdf import new_kdf
from tests.factories import ORIGIN, Person, call, make_person

pytestmark = pytest.mark.django_db
CHROME = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"


def rows(user: User | None = None) -> list[tuple[str, str, str]]:
    """Kind, device and subject of each row, oldest first."""
    found = Activity.objects.filter(user=user) if user else Activity.objects.all()
    return [(row.kind, row.device, row.subject) for row in found.order_by("at", "pk")]


def register(email: str = "ada@example.com", agent: str = CHROME) -> tuple[Any, bytes]:
    seed = secrets.token_bytes(32)
    body = {
        "email": email,
        "kdf": new_kdf().as_json(),
        "loginPublicKey": b64u_encode(signing.public_key_of(seed)),
        "registerProof": b64u_encode(signing.sign_register(seed, ORIGIN, email)),
        "wrappedVaultKey": vault.wrap_vault_key(secrets.token_bytes(32), vault.new_vault_key()),
    }
    return call("POST", "/v1/auth/register", body, **{"User-Agent": agent}), seed


def log_in(email: str, seed: bytes, agent: str) -> Any:
    challenge = call("POST", "/v1/auth/prelogin", {"email": email}).json()["data"]["challenge"]
    proof = b64u_encode(signing.sign_login(seed, ORIGIN, email, challenge))
    return call("POST", "/v1/auth/login", {"email": email, "challenge": challenge, "loginProof": proof}, **{"User-Agent": agent})


def test_registering_is_written_down_and_the_address_asked_to_be_confirmed() -> None:
    data = register()[0].json()["data"]
    assert rows() == [("registered", "Chrome on macOS", "")]
    row = Activity.objects.get()
    assert row.session_id == data["sessionId"]
    assert row.pk.startswith("act_")
    mailed = Mail.objects.get()
    assert (mailed.user_id, mailed.activity_id) == (data["user"]["id"], None)


def test_a_registration_that_is_refused_leaves_nothing() -> None:
    register()
    assert register()[0].status_code == 409
    assert len(rows()) == 1
    assert Mail.objects.count() == 1


def test_signing_in_says_whether_the_device_was_seen_before() -> None:
    _, seed = register()
    for agent in (CHROME, CHROME.replace("130", "131"), FIREFOX, FIREFOX):
        assert log_in("ada@example.com", seed, agent).status_code == 200
    assert rows() == [
        ("registered", "Chrome on macOS", ""),
        ("signed_in", "Chrome on macOS", ""),
        ("signed_in", "Chrome on macOS", ""),
        ("new_device", "Firefox on Windows", ""),
        ("signed_in", "Firefox on Windows", ""),
    ]
    assert [row.activity.kind for row in Mail.objects.select_related("activity") if row.activity] == ["new_device"]


def test_another_persons_device_is_new_to_me() -> None:
    register("bob@example.com", FIREFOX)
    _, seed = register()
    log_in("ada@example.com", seed, FIREFOX)
    assert ("new_device", "Firefox on Windows", "") in rows()


def test_who_is_refused_leaves_no_row() -> None:
    register()
    assert log_in("ada@example.com", secrets.token_bytes(32), FIREFOX).status_code == 401
    assert len(rows()) == 1


def test_signing_out_and_ending_a_device() -> None:
    response, seed = register()
    first = response.json()["data"]
    second = log_in("ada@example.com", seed, FIREFOX).json()["data"]
    bearer = {"Authorization": f"Bearer {second['token']}", "User-Agent": FIREFOX}
    assert call("DELETE", f"/v1/auth/sessions/{first['sessionId']}", **bearer).status_code == 200
    assert call("DELETE", f"/v1/auth/sessions/{first['sessionId']}", **bearer).status_code == 404
    assert call("POST", "/v1/auth/logout", **bearer).status_code == 200
    assert rows()[-2:] == [
        ("session_ended", "Firefox on Windows", "Chrome on macOS"),
        ("session_ended", "Firefox on Windows", "Firefox on Windows"),
    ]
    assert len(rows()) == 4


def test_somebody_elses_session_cannot_be_ended_and_leaves_no_row() -> None:
    ada, mallory = make_person(), make_person()
    assert mallory.call("DELETE", f"/v1/auth/sessions/{ada.session.pk}").status_code == 404
    assert rows() == []


def test_every_kind_is_in_exactly_one_group() -> None:
    grouped = [kind for kinds in activity.GROUPS.values() for kind in kinds]
    assert sorted(grouped) == sorted(activity.KINDS)


def test_a_kind_nobody_knows_is_not_written() -> None:
    with pytest.raises(KeyError):
        activity.record(make_person().user, "misc", datetime.now(UTC))


def test_rows_go_with_the_account() -> None:
    ada: Person = make_person()
    activity.record(ada.user, "signed_in", datetime.now(UTC), session=ada.session)
    ada.user.delete()
    assert rows() == []
