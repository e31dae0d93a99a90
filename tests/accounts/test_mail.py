"""Mail: written with the deed, sent once by a task, tried again while the server is away, with nothing secret in it."""

from __future__ import annotations

import itertools
import re
import smtplib
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as loaded
from django.core import mail as outbox
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import connection, transaction
from pytest_django import Settings

from accounts.models import Mail, User
from accounts.services import activity, mail
from accounts.tasks import send_mail
from tests.factories import Person, make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEMPLATES = Path(loaded.BASE_DIR) / "templates" / "mail"


def confirmed(person: Person) -> Person:
    User.objects.filter(pk=person.user.pk).update(email_verified_at=NOW)
    person.user.refresh_from_db()
    return person


def html_of(message: EmailMessage) -> str:
    assert isinstance(message, EmailMultiAlternatives)
    return str(message.alternatives[0][0])


def test_every_kind_that_is_mailed_has_its_words_and_no_more_than_one_link() -> None:
    kinds = mail.ALWAYS | mail.TO_CONFIRMED
    assert {path.stem for path in TEMPLATES.glob("*.txt")} == kinds | {"verify_email"}
    ada, eve = confirmed(make_person()), make_person()
    for kind in sorted(kinds):
        activity.record(ada.user, kind, NOW, session=ada.session, subject="Tern", detail="$5 a month")
    mail.ask_to_confirm(eve.user, NOW)
    assert mail.send_due(NOW) == len(kinds) + 1
    for message in outbox.outbox:
        assert message.to in ([ada.user.email], [eve.user.email])
        assert message.subject
        assert "{" not in message.body
        html = html_of(message)
        for text in (str(message.body), html):
            assert len(re.findall(r"https?://", text)) == 1, message.subject
        assert not re.search(r"<img|<script|style=|src=|color:|bgcolor", html)


@pytest.mark.parametrize("kind", sorted(mail.TO_CONFIRMED))
def test_notices_go_to_confirmed_addresses_alone(kind: str) -> None:
    ada, eve = confirmed(make_person()), make_person()
    for person in (ada, eve):
        activity.record(person.user, kind, NOW, subject="Tern")
    assert [row.user_id for row in Mail.objects.all()] == [ada.user.pk]


@pytest.mark.parametrize("kind", sorted(mail.ALWAYS))
def test_warnings_of_a_takeover_go_to_every_address(kind: str) -> None:
    eve = make_person()
    activity.record(eve.user, kind, NOW, session=eve.session)
    assert Mail.objects.get().user_id == eve.user.pk


def test_an_unconfirmed_address_gets_five_warnings_a_day_and_a_confirmed_one_all() -> None:
    ada, eve = confirmed(make_person()), make_person()
    mail.ask_to_confirm(eve.user, NOW)
    for minute in range(8):
        for person in (ada, eve):
            activity.record(person.user, "new_device", NOW + timedelta(minutes=minute), session=person.session)
    told = Mail.objects.filter(activity__isnull=False)
    assert (told.filter(user=ada.user).count(), told.filter(user=eve.user).count()) == (8, 5)
    activity.record(eve.user, "new_device", NOW + timedelta(days=1, minutes=4), session=eve.session)
    assert told.filter(user=eve.user).count() == 6


def test_ordinary_deeds_are_not_mailed() -> None:
    ada = confirmed(make_person())
    for kind in activity.KINDS.keys() - mail.ALWAYS - mail.TO_CONFIRMED:
        activity.record(ada.user, kind, NOW)
    assert not Mail.objects.exists()


def test_whoever_confirmed_meanwhile_is_not_asked_to() -> None:
    ada = make_person()
    mail.ask_to_confirm(ada.user, NOW)
    confirmed(ada)
    assert mail.send_due(NOW) == 0
    assert Mail.objects.get().due_at is None


def test_tasks_run_twice_send_one_mail() -> None:
    mail.ask_to_confirm(make_person().user, datetime.now(UTC))
    send_mail()
    send_mail()
    assert len(outbox.outbox) == 1
    assert Mail.objects.get().due_at is None


def test_a_deed_undone_mails_nothing() -> None:
    ada = make_person()
    with transaction.atomic():
        activity.record(ada.user, "new_device", NOW, session=ada.session)
        transaction.set_rollback(True)
    assert not Mail.objects.exists()
    assert not ada.user.activity.exists()


def test_what_apps_are_called_becomes_neither_a_link_nor_a_header() -> None:
    ada = confirmed(make_person())
    activity.record(ada.user, "connection_approved", NOW, subject="https://evil.example/x\r\nBcc: eve@example.com", detail="<b>$5</b>")
    mail.send_due(NOW)
    message = outbox.outbox[0]
    html = html_of(message)
    for text in (str(message.subject), str(message.body), html):
        assert "evil.example" not in text
        assert "eve@example.com" not in text
    assert "\n" not in message.subject
    assert message.to == message.recipients() == [ada.user.email]
    assert "<b>" not in html


class Server(threading.Thread):
    """A mail server on loopback that takes what it is given, or refuses one address."""

    def __init__(self, refused: str = "") -> None:
        super().__init__(daemon=True)
        import socket

        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.refused, self.taken = refused, [""]

    def run(self) -> None:
        while True:
            try:
                caller, _ = self.listening.accept()
            except OSError:
                return
            with caller, caller.makefile("rwb", buffering=0) as wire:
                wire.write(b"220 here\r\n")
                self._talk(wire)

    def _talk(self, wire: Any) -> None:
        for line in wire:
            verb = line.decode().upper()
            if verb.startswith("DATA"):
                wire.write(b"354 go on\r\n")
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += wire.readline()
                self.taken.append(body.decode())
            refused = verb.startswith("RCPT") and self.refused and self.refused.upper() in verb
            wire.write(b"550 nobody here\r\n" if refused else b"221 bye\r\n" if verb.startswith("QUIT") else b"250 ok\r\n")
            if verb.startswith("QUIT"):
                return

    @property
    def letters(self) -> list[str]:
        return self.taken[1:]


def use(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5


def test_mail_that_waited_for_a_server_goes_once_it_is_back(settings: Settings) -> None:
    server = Server()
    use(settings, server.port)
    server.listening.close()
    for _ in range(3):
        mail.ask_to_confirm(make_person().user, NOW)
    assert mail.send_due(NOW) == 0
    assert mail.send_due(NOW + timedelta(seconds=30)) == 0, "not tried before a minute is over"
    back = Server()
    back.start()
    use(settings, back.port)
    assert mail.send_due(NOW + timedelta(seconds=61)) == 3
    assert mail.send_due(NOW + timedelta(seconds=122)) == 0
    assert len(back.letters) == 3
    back.listening.close()


def test_an_address_that_is_refused_holds_up_nobody_and_is_given_up_at_last(settings: Settings) -> None:
    gone, ada = make_person(email="gone@example.com"), make_person(email="ada@example.com")
    server = Server(refused="gone@example.com")
    server.start()
    use(settings, server.port)
    mail.ask_to_confirm(gone.user, NOW)
    mail.ask_to_confirm(ada.user, NOW)
    now = NOW
    assert mail.send_due(now) == 1
    for _ in range(30):
        now += timedelta(days=1)
        mail.send_due(now)
    left = Mail.objects.get(user=gone.user)
    assert (left.due_at, left.sent_at, left.attempts) == (None, None, 12)
    assert len(server.letters) == 1
    server.listening.close()


# All of the form that protocol.md gives an email; Django's reader raises for most of them, in three ways, or finds another address.
UNWRITABLE = ["a<victim@x.com", ".lml<r'\\@x.com", "(u).:<b@.", '"@x.com', '"a"@x.com', "a@x..com", "a,victim@x.com"]


@pytest.mark.parametrize("address", UNWRITABLE)
def test_an_address_that_would_be_read_otherwise_is_written_to_never_and_holds_up_nobody(
    address: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server()
    server.start()
    use(settings, server.port)
    odd, ada = make_person(email=address), make_person()
    mail.ask_to_confirm(odd.user, NOW)
    mail.ask_to_confirm(ada.user, NOW)
    assert mail.send_due(NOW) == 1
    row = Mail.objects.get(user=odd.user)
    assert (row.due_at, row.sent_at) == (None, None)
    assert len(server.letters) == 1
    assert address not in caplog.text
    server.listening.close()


def test_a_mail_is_leased_from_when_it_was_claimed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(refused="example")
    server.start()
    use(settings, server.port)
    for name in ("one", "two", "three"):
        mail.ask_to_confirm(make_person(email=f"{name}@example.com").user, NOW)
    monkeypatch.setattr(mail, "monotonic", itertools.count(0.0, 100.0).__next__)
    assert mail.send_due(NOW) == 0
    due = list(Mail.objects.order_by("due_at").values_list("due_at", flat=True))
    assert due == [NOW + timedelta(minutes=5, seconds=seconds) for seconds in (100, 200, 300)]
    server.listening.close()


def test_old_mail_is_forgotten() -> None:
    mail.ask_to_confirm(make_person().user, NOW)
    assert mail.sweep(NOW + timedelta(days=29)) == 0
    assert mail.sweep(NOW + timedelta(days=31)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    mail.ask_to_confirm(make_person().user, NOW)
    both = threading.Barrier(2, timeout=10)
    claim = mail._claim

    def claim_together(mail_id: int, due_at: datetime | None, now: datetime) -> Mail | None:
        both.wait()  # both have read that it is due
        return claim(mail_id, due_at, now)

    monkeypatch.setattr(mail, "_claim", claim_together)
    sent = []

    def work() -> None:
        sent.append(mail.send_due(NOW))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(sent) == [0, 1]
    assert len(outbox.outbox) == 1


def test_smtp_errors_are_the_ones_expected() -> None:
    assert issubclass(smtplib.SMTPRecipientsRefused, smtplib.SMTPException)
    assert issubclass(smtplib.SMTPServerDisconnected, OSError)
