"""Mail to people: written down with what it tells of, sent by a task, tried again while the mail server is away.

Each row is claimed before it is sent, so that two workers do not send it twice. A worker that dies between the server's
"yes" and writing it down makes one mail come twice, under one Message-ID: the other way round it would be lost.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from email.errors import HeaderParseError
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from time import monotonic
from typing import TYPE_CHECKING, Final

from django.core.mail import get_connection
from django.core.mail.message import sanitize_address
from django.db.models import F

from accounts.models import Mail
from accounts.services import letters

if TYPE_CHECKING:
    from django.core.mail.backends.base import BaseEmailBackend

    from accounts.models import Activity, User

log = logging.getLogger(__name__)

# These go to addresses that nobody has confirmed as well: they say that somebody may be in the account, which must not hang
# on whether its owner found the time for a click. Whoever else's address it is gets one line, and the hint to ignore it.
ALWAYS: Final = frozenset({"new_device", "password_changed", "recovery_set", "recovered"})
TO_CONFIRMED: Final = frozenset({"connection_approved", "budget_threshold", "budget_exhausted", "key_failing", "app_webhooks_disabled"})

KEPT: Final = timedelta(days=30)
_AT_ONCE: Final = 200
_RETRY: Final = timedelta(minutes=1)
_MOST_ATTEMPTS: Final = 12
_LONGEST_MINUTES: Final = 360
# Whoever registers with somebody else's address must not be able to fill their inbox.
MOST_A_DAY_UNCONFIRMED: Final = 5
# Longer than a slow mail server takes over one mail: nobody else takes it up meanwhile.
_LEASE: Final = timedelta(minutes=5)
# What Django's and Python's readers of addresses raise for strings that protocol.md's form of an email admits.
_UNREADABLE: Final = (ValueError, HeaderParseError, AttributeError, TypeError, IndexError)


def tell(done: Activity, now: datetime) -> None:
    """Write down the mail that tells a person of an activity, if there is to be one; in the caller's transaction.

    An address that nobody confirmed gets at most MOST_A_DAY_UNCONFIRMED in 24 hours, besides those that ask to confirm it.
    """
    if done.user.email_verified_at is not None:
        is_mailed = done.kind in ALWAYS | TO_CONFIRMED
    else:
        lately = Mail.objects.filter(user=done.user, activity__isnull=False, created_at__gt=now - timedelta(days=1))
        is_mailed = done.kind in ALWAYS and lately.count() < MOST_A_DAY_UNCONFIRMED
    if is_mailed:
        Mail.objects.create(user=done.user, activity=done, created_at=now, due_at=now)


def ask_to_confirm(user: User, now: datetime) -> None:
    """Write down the mail that asks to confirm the address; in the caller's transaction."""
    Mail.objects.create(user=user, created_at=now, due_at=now)


def send_due(now: datetime) -> int:
    """Send what is due, oldest first, over one connection to the mail server; answers how many went. Safe to run twice."""
    due = list(Mail.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", "due_at")[:_AT_ONCE])
    if not due:
        return 0
    started = monotonic()
    try:
        with get_connection() as connection:
            # A run of many mails takes minutes: each is claimed at the time that it is by then.
            return sum(_send(connection, *each, now + timedelta(seconds=monotonic() - started)) for each in due)
    except (SMTPException, OSError) as error:
        # Not one mail's fault: nobody else's is tried before a minute is over, however many wait.
        log.warning("mail server not reached, trying again in a minute: %s", type(error).__name__)
        Mail.objects.filter(due_at__lte=now + _RETRY).update(due_at=now + _RETRY)
        return 0


def _send(connection: BaseEmailBackend, mail_id: int, due_at: datetime | None, now: datetime) -> bool:
    mail = _claim(mail_id, due_at, now)
    if mail is None:
        return False
    if mail.activity is None and mail.user.email_verified_at is not None:
        return _give_up(mail_id, "its address is confirmed already")
    if not _is_writable(mail.user.email):
        return _give_up(mail_id, "its address could be read as another")
    try:
        connection.send_messages([letters.letter(mail, now)])
    except (ValueError, HeaderParseError) as error:
        return _give_up(mail_id, type(error).__name__)
    except (SMTPRecipientsRefused, SMTPResponseException) as error:
        log.warning("mail %s was refused: %s", mail_id, type(error).__name__)
        return False
    Mail.objects.filter(pk=mail_id).update(due_at=None, sent_at=now)
    return True


def _is_writable(address: str) -> bool:
    """Whether what goes to the mail server is this address, letter for letter: "a<victim@x.com" would go to somebody else."""
    try:
        return sanitize_address(address, "utf-8") == address
    except _UNREADABLE:
        return False


def _give_up(mail_id: int, why: str) -> bool:
    log.warning("mail %s is not sent: %s", mail_id, why)
    Mail.objects.filter(pk=mail_id).update(due_at=None)
    return False


def _claim(mail_id: int, due_at: datetime | None, now: datetime) -> Mail | None:
    """The mail, if nobody else took it since it was read; its next attempt is set, for when this one comes to nothing."""
    mail = Mail.objects.select_related("user", "activity").filter(pk=mail_id).first()
    if mail is None or due_at is None:
        return None
    wait = max(_LEASE, timedelta(minutes=min(2**mail.attempts, _LONGEST_MINUTES)))
    again = now + wait if mail.attempts + 1 < _MOST_ATTEMPTS else None
    won = Mail.objects.filter(pk=mail_id, due_at=due_at).update(due_at=again, attempts=F("attempts") + 1)
    return mail if won else None


def sweep(now: datetime) -> int:
    """Forget mails a month after they were written; answers how many rows went."""
    return Mail.objects.filter(created_at__lt=now - KEPT).delete()[0]
