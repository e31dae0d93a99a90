"""Sessions: unlock, lock, elevation, cookie rules, devices."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import time_machine

from accounts.models import UserSession
from accounts.services import sessions
from relay.crypto.encoding import b64u_decode
from relay.crypto.session_keys import derive_session_key
from tests.factories import ORIGIN, Person, call, make_person
from tests.interleaving import just_after

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SAME_SITE = {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}


def cookie_headers(person: Person, now: datetime | None = None, **over: str) -> dict[str, str]:
    """What a signed-in page sends with a write."""
    opened = sessions.open_session(person.user, UserSession.COOKIE, "page", now or datetime.now(UTC))
    return {
        "Cookie": f"1relay_session={opened.token}",
        "X-CSRF-Token": sessions.csrf_token(opened.session),
        "X-1Relay-User": person.user.pk,
        "X-1Relay-Elevation": opened.elevation,
        **SAME_SITE,
        **over,
    }


def code(response: Any) -> str:
    return str(response.json()["error"]["code"])


def test_unlock_renews_elevation() -> None:
    ada = make_person()
    challenge = call("POST", "/v1/auth/prelogin", {"email": ada.user.email}).json()["data"]["challenge"]
    response = ada.call("POST", "/v1/auth/unlock", {"challenge": challenge, "loginProof": ada.login_proof(challenge)})
    data = response.json()["data"]
    assert data["wrappedVaultKey"] == ada.user.wrapped_vault_key
    ada.elevation = data["elevation"]
    assert ada.call("DELETE", "/v1/keys/openai", elevated=True).status_code == 404


def test_unlocking_a_session_ended_meanwhile_is_refused() -> None:
    ada = make_person()
    challenge = call("POST", "/v1/auth/prelogin", {"email": ada.user.email}).json()["data"]["challenge"]
    with just_after('INSERT INTO "accounts_spentchallenge"', ada.session.delete):
        response = ada.call("POST", "/v1/auth/unlock", {"challenge": challenge, "loginProof": ada.login_proof(challenge)})
    assert code(response) == "invalid_token"


def test_elevated_calls_need_this_sessions_elevation() -> None:
    ada, bob = make_person(), make_person()
    for wrong in ("", bob.elevation, "A", "A" * 43):
        assert code(ada.call("DELETE", "/v1/keys/openai", **cast("Any", {"X-1Relay-Elevation": wrong}))) == "reauth_required"


def test_elevation_ends_after_ten_minutes() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ada = make_person()
        clock.shift(601)
        assert code(ada.call("DELETE", "/v1/keys/openai", elevated=True)) == "reauth_required"


def test_session_key_is_the_protocols_and_gone_after_lock() -> None:
    ada = make_person()
    page = cookie_headers(ada)
    token = page["Cookie"].partition("=")[2]
    answer = call("GET", "/v1/auth/session-key", **page).json()["data"]
    secret = UserSession.objects.get(kind="cookie").session_secret
    assert secret is not None
    assert b64u_decode(answer["sessionKey"]) == derive_session_key(token, bytes(secret))
    assert call("POST", "/v1/auth/lock", {}, **page).status_code == 200
    assert code(call("GET", "/v1/auth/session-key", **page)) == "reauth_required"
    assert code(call("DELETE", "/v1/keys/openai", **page)) == "reauth_required"
    row = UserSession.objects.get(kind="cookie")
    assert row.session_secret is None
    assert row.elevation_hash is None


def test_the_vault_locks_by_the_servers_clock() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        page = cookie_headers(make_person(), NOON)
        clock.shift(14 * 60)
        assert call("GET", "/v1/auth/session-key", **page).status_code == 200
        clock.shift(14 * 60)
        assert call("GET", "/v1/auth/session-key", **page).status_code == 200
        clock.shift(15 * 60 + 1)
        assert code(call("GET", "/v1/auth/session-key", **page)) == "reauth_required"


@pytest.mark.parametrize("over", [{"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://127.0.0.1:9000"}])
def test_session_key_is_for_own_pages_alone(over: dict[str, Any]) -> None:
    assert code(call("GET", "/v1/auth/session-key", **cookie_headers(make_person(), **over))) == "origin_not_allowed"


def test_session_key_is_answered_where_the_browser_names_no_site() -> None:
    page = cookie_headers(make_person())
    del page["Sec-Fetch-Site"], page["Origin"]
    assert call("GET", "/v1/auth/session-key", **page).status_code == 200


def test_session_key_is_for_pages_alone() -> None:
    assert code(make_person().call("GET", "/v1/auth/session-key")) == "forbidden"


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({"X-CSRF-Token": "wrong"}, "forbidden"),
        ({"Sec-Fetch-Site": "cross-site"}, "origin_not_allowed"),
        ({"Origin": "http://127.0.0.1:9000"}, "origin_not_allowed"),
        ({"X-1Relay-User": "usr_0000000000000000000000"}, "conflict"),
    ],
)
def test_a_cookie_write_needs_its_page(over: dict[str, Any], expected: str) -> None:
    page = cookie_headers(make_person(), **over)
    assert code(call("POST", "/v1/auth/lock", {}, **page)) == expected


def test_a_cookie_write_names_its_user() -> None:
    page = cookie_headers(make_person())
    del page["X-1Relay-User"]
    assert code(call("POST", "/v1/auth/lock", {}, **page)) == "invalid_request"


def test_a_page_learns_that_somebody_else_signed_in_in_another_tab() -> None:
    adas, bobs = cookie_headers(make_person()), cookie_headers(make_person())
    assert code(call("POST", "/v1/auth/lock", {}, **{**adas, "Cookie": bobs["Cookie"]})) == "conflict"


def test_a_bearer_is_no_cookie_and_a_cookie_no_bearer() -> None:
    ada = make_person()
    page = cookie_headers(ada)
    cookie_token = page["Cookie"].partition("=")[2]
    assert code(call("GET", "/v1/auth/me", Authorization=f"Bearer {cookie_token}")) == "invalid_token"
    assert code(call("GET", "/v1/auth/me", Cookie=f"1relay_session={ada.token}")) == "invalid_token"


def test_a_header_wins_over_the_cookie() -> None:
    page = cookie_headers(make_person())
    bob = make_person()
    answer = call("GET", "/v1/auth/me", **{**page, "Authorization": f"Bearer {bob.token}"})
    assert answer.json()["data"]["user"]["id"] == bob.user.pk


def test_sessions_slide_to_thirty_days_at_most() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ada = make_person()
        for _ in range(65):
            clock.shift(timedelta(hours=11))
            assert ada.call("GET", "/v1/auth/me").status_code == 200
        clock.shift(timedelta(hours=6))
        assert code(ada.call("GET", "/v1/auth/me")) == "token_expired"


def test_an_idle_session_ends_after_twelve_hours() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ada = make_person()
        clock.shift(timedelta(hours=12))
        assert code(ada.call("GET", "/v1/auth/me")) == "token_expired"


def test_devices_are_listed_and_ended() -> None:
    ada, mallory = make_person(), make_person()
    other = sessions.open_session(ada.user, UserSession.BEARER, "phone", datetime.now(UTC))
    items = ada.call("GET", "/v1/auth/sessions").json()["data"]["items"]
    assert [row["current"] for row in items].count(True) == 1
    assert {row["userAgent"] for row in items} == {"tests", "phone"}
    path = f"/v1/auth/sessions/{other.session.pk}"
    assert code(mallory.call("DELETE", path)) == "not_found"
    assert ada.call("DELETE", path).status_code == 200
    assert code(call("GET", "/v1/auth/me", Authorization=f"Bearer {other.token}")) == "invalid_token"


def test_logout_ends_the_session() -> None:
    ada = make_person()
    assert ada.call("POST", "/v1/auth/logout", {}).status_code == 200
    assert code(ada.call("GET", "/v1/auth/me")) == "invalid_token"


def test_sweep_locks_and_deletes() -> None:
    ada = make_person(now=NOON)
    cookie_headers(ada, NOON)
    sessions.sweep(NOON + timedelta(minutes=16))
    assert UserSession.objects.get(kind="cookie").session_secret is None
    assert sessions.sweep(NOON + timedelta(hours=13)) == 2
