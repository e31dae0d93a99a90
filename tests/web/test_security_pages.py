"""/security, /recover, /signup: what the server says of devices, kit and locking; and no secret."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import UserSession
from accounts.services import activity, sessions
from relay.crypto.encoding import b64u_encode
from tests.factories import give_kit, make_person
from tests.web.browser import browser_of

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_devices_are_named_and_this_one_comes_first() -> None:
    person = make_person()
    now = timezone.now()
    sessions.open_session(person.user, UserSession.COOKIE, FIREFOX, now + timedelta(seconds=1))
    sessions.open_session(make_person().user, UserSession.COOKIE, "curl/8", now)
    text = browser_of(person.user).get("/security").content.decode()
    assert "Firefox on Linux" in text
    assert "curl" not in text
    rows = re.findall(r'<li class="item" id="ses_\w+".*?</li>', text, re.DOTALL)
    assert len(rows) == 3
    assert ["This device" in row for row in rows] == [True, False, False]
    assert ['data-action="end-device"' in row for row in rows] == [False, True, True]
    assert "Sign out all other devices" in text


def test_alone_there_is_nobody_else_to_sign_out() -> None:
    person = make_person()
    person.session.delete()
    assert "Sign out all other devices" not in browser_of(person.user).get("/security").content.decode()


def test_whether_there_is_a_kit_and_since_when() -> None:
    person = make_person()
    browser = browser_of(person.user)
    assert "You have no kit" in browser.get("/security").content.decode()
    kit = give_kit(person)
    activity.record(person.user, "recovery_set", timezone.now() - timedelta(days=3))
    text = browser.get("/security").content.decode()
    assert "You have a kit" in text
    assert "3 days ago" in text
    for secret in (b64u_encode(kit), person.user.recovery_vault_key, person.user.wrapped_vault_key):
        assert secret
        assert secret not in text


@pytest.mark.parametrize("minutes", [1, 5, 15, 60])
def test_the_chosen_idle_time_is_marked(minutes: int) -> None:
    person = make_person()
    person.user.auto_lock_minutes = minutes
    person.user.save(update_fields=["auto_lock_minutes"])
    text = browser_of(person.user).get("/security").content.decode()
    assert re.findall(r'value="(\d+)" checked', text) == [str(minutes)]


def test_somebody_signed_in_with_a_locked_vault_can_recover() -> None:
    person = make_person()
    text = browser_of(person.user).get("/recover").content.decode()
    assert f'value="{person.user.email}"' in text
    assert "Recovery code" in Client().get("/recover").content.decode()


def test_the_way_to_recover_stands_where_passwords_are_asked_for() -> None:
    person = make_person()
    assert 'href="/recover"' in Client().get("/signin").content.decode()
    assert 'href="/recover"' in browser_of(person.user).get("/security").content.decode()


def test_what_skipping_the_kit_means_is_said() -> None:
    text = Client().get("/signup").content.decode()
    assert "Skip for now" in text
    assert "nobody can open your vault again" in text
    assert "recovered yet" not in text


def test_a_deleted_account_is_confirmed_on_the_sign_in_page() -> None:
    assert "are deleted" in Client().get("/signin", {"deleted": "1"}).content.decode()
    assert "are deleted" not in Client().get("/signin").content.decode()
