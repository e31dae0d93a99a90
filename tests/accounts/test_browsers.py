"""A browser is known by its own cookie: its owner is not mailed about it again, a stranger with the same kind is told of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Activity, KnownDevice, Mail
from accounts.services import browsers
from accounts.tasks import sweep_sessions
from tests.accounts.account_life import NewKeys, challenge_for, password_body
from tests.factories import Person, call, make_person

pytestmark = pytest.mark.django_db
PAGE = {
    "X-1Relay-Cookie": "1",
    "Sec-Fetch-Site": "same-origin",
    "Origin": "http://localhost:8000",
    "User-Agent": "Mozilla/5.0 (Macintosh) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36",
}


def sign_in(person: Person, device: str = "", **headers: str) -> Any:
    challenge = challenge_for(person.user.email)
    body = {"email": person.user.email, "challenge": challenge, "loginProof": person.login_proof(challenge)}
    given = {**PAGE, **headers} | ({"Cookie": f"1relay_device={device}"} if device else {})
    response = call("POST", "/v1/auth/login", body, **given)
    assert response.status_code == 200
    return response


def told(person: Person) -> list[str]:
    kinds = Activity.objects.filter(user=person.user, kind__in=["new_device", "signed_in"]).order_by("at", "pk")
    return list(kinds.values_list("kind", flat=True))


def test_the_same_browser_is_told_once_and_a_strangers_of_the_same_kind_too() -> None:
    ada, bob = make_person(), make_person()
    cookie = sign_in(ada).cookies["1relay_device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (True, "Lax", "/", 400 * 86_400)
    again = sign_in(ada, cookie.value).cookies["1relay_device"]
    assert (again.value, told(ada)) == (cookie.value, ["new_device", "signed_in"])
    strangers = sign_in(ada).cookies["1relay_device"]
    forged = sign_in(ada, "x" * 42).cookies["1relay_device"]
    assert len({cookie.value, strangers.value, forged.value, "x" * 42}) == 4
    sign_in(bob, cookie.value)
    assert (told(ada)[2:], told(bob)) == (["new_device", "new_device"], ["new_device"])
    assert Mail.objects.filter(user=ada.user).count() == 3
    kept = {bytes(digest) for digest in KnownDevice.objects.values_list("device_hash", flat=True)}
    assert len(kept) == 4  # one browser, two people: two digests
    assert not any(cookie.value.encode() in digest for digest in kept)


def test_a_bearer_has_no_cookie_and_is_judged_by_its_name() -> None:
    ada = make_person()
    for _ in range(2):
        assert not sign_in(ada, **{"X-1Relay-Cookie": "0", "User-Agent": "curl/8"}).cookies
    assert told(ada) == ["new_device", "signed_in"]
    assert not KnownDevice.objects.exists()


def test_who_was_signed_out_from_elsewhere_or_by_a_new_password_is_new_again() -> None:
    ada = make_person()
    stranger = sign_in(ada)
    session_id, device = stranger.json()["data"]["sessionId"], stranger.cookies["1relay_device"].value
    assert ada.call("DELETE", f"/v1/auth/sessions/{session_id}").status_code == 200
    sign_in(ada, device)
    assert ada.call("DELETE", "/v1/auth/sessions").status_code == 200
    sign_in(ada, device)
    new = NewKeys()
    assert ada.call("PUT", "/v1/auth/password", password_body(ada, new), elevated=True).status_code == 200
    ada.login_seed = new.login_seed
    sign_in(ada, device)
    assert told(ada) == ["new_device"] * 4


def test_signing_out_oneself_keeps_the_browser_known_for_as_long_as_its_cookie() -> None:
    ada = make_person()
    first = sign_in(ada)
    device, session = first.cookies["1relay_device"].value, first.cookies["1relay_session"].value
    page = {"X-CSRF-Token": first.json()["data"]["csrfToken"], "X-1Relay-User": ada.user.pk}
    out = call("POST", "/v1/auth/logout", **{**PAGE, **page, "Cookie": f"1relay_session={session}; 1relay_device={device}"})
    assert (out.status_code, "1relay_device" in out.cookies) == (200, False)
    sign_in(ada, device)
    assert told(ada) == ["new_device", "signed_in"]
    KnownDevice.objects.update(seen_at=datetime.now(UTC) - browsers.KEPT - timedelta(minutes=1))
    sweep_sessions()
    sign_in(ada, device)
    assert told(ada)[-1] == "new_device"
