"""Confirming an email address: POST /v1/auth/verify-email and /send."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail as outbox

from accounts.models import Activity, Mail, User
from accounts.services import mail
from tests.factories import Person, call, make_person

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATH = "/v1/auth/verify-email"


def mailed_token(person: Person) -> str:
    """The token of the newest mail to this person, as its link carries it."""
    mail.send_due(datetime.now(UTC))
    bodies = [str(message.body) for message in outbox.outbox if message.to == [person.user.email]]
    found = re.search(r"/verify-email#([A-Za-z0-9_-]+)$", bodies[-1], re.MULTILINE)
    assert found, bodies[-1]
    return found[1]


def asked(person: Person) -> str:
    assert person.call("POST", f"{PATH}/send", {}).status_code == 200
    return mailed_token(person)


def code(response: Any) -> str:
    return str(response.json()["error"]["code"])


def test_it_works_without_a_session_and_only_once_is_written_down() -> None:
    ada = make_person()
    token = asked(ada)
    assert ada.call("GET", "/v1/auth/me").json()["data"]["user"]["emailVerified"] is False
    for _ in range(2):
        assert call("POST", PATH, {"token": token}).json()["data"] == {}
    assert ada.call("GET", "/v1/auth/me").json()["data"]["user"]["emailVerified"] is True
    row = Activity.objects.get(user=ada.user)
    assert (row.kind, row.subject, row.device) == ("email_verified", ada.user.email, "")


def test_a_token_is_good_for_a_day() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ada, bob = make_person(now=NOON), make_person(now=NOON)
        for_ada, for_bob = asked(ada), asked(bob)
        clock.move_to(NOON + timedelta(hours=24, seconds=-1))
        assert call("POST", PATH, {"token": for_ada}).status_code == 200
        clock.move_to(NOON + timedelta(hours=24))
        assert code(call("POST", PATH, {"token": for_bob})) == "invalid_request"


def test_a_token_names_one_person_and_one_address() -> None:
    ada, bob = make_person(), make_person()
    token = asked(ada)
    User.objects.filter(pk=ada.user.pk).update(email="new@example.com")
    assert code(call("POST", PATH, {"token": token})) == "invalid_request"
    assert not User.objects.filter(email_verified_at__isnull=False).exists()
    assert bob.call("GET", "/v1/auth/me").json()["data"]["user"]["emailVerified"] is False


@pytest.mark.parametrize("token", ["", "A", "A" * 60, "é", "a.b", "usr_0000000000000000000000", "A" * 300])
def test_anything_else_is_refused(token: str) -> None:
    make_person()
    assert code(call("POST", PATH, {"token": token})) == "invalid_request"


def test_a_token_of_a_deleted_account_is_refused() -> None:
    ada = make_person()
    token = asked(ada)
    ada.user.delete()
    assert code(call("POST", PATH, {"token": token})) == "invalid_request"


def test_whose_address_is_confirmed_is_asked_no_more() -> None:
    ada = make_person()
    User.objects.filter(pk=ada.user.pk).update(email_verified_at=NOON)
    assert ada.call("POST", f"{PATH}/send", {}).status_code == 200
    assert not Mail.objects.exists()


def test_asking_again_and_again_is_bounded() -> None:
    ada = make_person()
    assert [ada.call("POST", f"{PATH}/send", {}).status_code for _ in range(6)] == [200] * 5 + [429]
    assert Mail.objects.count() == 5


def test_the_token_is_in_no_row_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    ada = make_person()
    token = asked(ada)
    call("POST", PATH, {"token": token})
    call("POST", PATH, {"token": token[:-2]})
    assert token[:40] not in caplog.text
    assert token not in str([*Mail.objects.values(), *Activity.objects.values()])


def test_mail_that_is_down_keeps_nobody_from_registering(settings: Any) -> None:
    from tests.accounts.test_activity import register

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert register()[0].status_code == 201
    assert Mail.objects.get().due_at is not None
    assert mail.send_due(datetime.now(UTC)) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mail.send_due(datetime.now(UTC) + timedelta(minutes=2)) == 1
    assert "Confirm" in outbox.outbox[0].subject
