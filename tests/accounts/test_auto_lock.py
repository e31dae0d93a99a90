"""PUT /v1/auth/auto-lock, and DELETE /v1/auth/sessions: when vaults lock, and who is signed out."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from accounts.models import Activity, UserSession
from accounts.services import sessions
from tests.accounts.test_sessions import code, cookie_headers
from tests.factories import call, make_person

pytestmark = pytest.mark.django_db
PATH = "/v1/auth/auto-lock"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def session_key(page: dict[str, str]) -> Any:
    return call("GET", "/v1/auth/session-key", **page)


@pytest.mark.parametrize("minutes", [1, 5, 15, 60])
def test_the_vault_locks_after_the_chosen_minutes_of_idleness(minutes: int) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ada = make_person()
        page = cookie_headers(ada, NOON)
        assert call("PUT", PATH, {"minutes": minutes}, **page).json()["data"] == {"autoLockMinutes": minutes}
        assert ada.call("GET", "/v1/auth/me").json()["data"]["autoLockMinutes"] == minutes
        for _ in range(2):
            clock.shift(minutes * 60 - 1)
            assert session_key(page).status_code == 200
        clock.shift(minutes * 60 + 1)
        assert code(session_key(page)) == "reauth_required"


def test_a_shorter_time_holds_for_vaults_that_are_open_already() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ada = make_person()
        here, elsewhere = cookie_headers(ada, NOON), cookie_headers(ada, NOON)
        call("PUT", PATH, {"minutes": 1}, **here)
        clock.shift(61)
        assert code(session_key(elsewhere)) == "reauth_required"


def test_it_opens_no_vault_that_is_locked_and_touches_nobody_elses() -> None:
    ada, bob = make_person(), make_person()
    locked, bobs = cookie_headers(ada), cookie_headers(bob)
    call("POST", "/v1/auth/lock", {}, **locked)
    before = UserSession.objects.get(user=bob.user, kind="cookie").locks_at
    assert ada.call("PUT", PATH, {"minutes": 1}, elevated=True).status_code == 200
    assert UserSession.objects.get(user=ada.user, kind="cookie").locks_at is None
    assert UserSession.objects.get(user=bob.user, kind="cookie").locks_at == before
    assert session_key(bobs).status_code == 200


def test_it_is_noted_and_needs_elevation() -> None:
    ada = make_person()
    assert code(ada.call("PUT", PATH, {"minutes": 60})) == "reauth_required"
    assert not Activity.objects.exists()
    ada.call("PUT", PATH, {"minutes": 60}, elevated=True)
    assert Activity.objects.get().subject == "60 min"


@pytest.mark.parametrize("minutes", [0, 2, 61, -1, 5.0, "5", True, None])
def test_other_times_are_refused(minutes: Any) -> None:
    assert code(make_person().call("PUT", PATH, {"minutes": minutes}, elevated=True)) == "invalid_request"


def test_every_other_device_is_signed_out_at_once() -> None:
    ada, bob = make_person(), make_person()
    page = cookie_headers(ada)
    phone = sessions.open_session(ada.user, UserSession.BEARER, "phone", datetime.now(UTC))
    assert ada.call("DELETE", "/v1/auth/sessions").json()["data"] == {"ended": 2}
    assert code(call("GET", "/v1/auth/me", Authorization=f"Bearer {phone.token}")) == "invalid_token"
    assert code(session_key(page)) == "invalid_token"
    assert ada.call("GET", "/v1/auth/me").status_code == 200
    assert bob.call("GET", "/v1/auth/me").status_code == 200
    assert Activity.objects.filter(user=ada.user, kind="session_ended", session_id=ada.session.pk).count() == 2
    assert ada.call("DELETE", "/v1/auth/sessions").json()["data"] == {"ended": 0}
