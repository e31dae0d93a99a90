"""The audit log that a person can read: what was done to the account, when, and on which device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from accounts.models import Activity

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import User, UserSession

KINDS: Final = {
    "registered": "Account created",
    "signed_in": "Signed in",
    "new_device": "Signed in on a new device",
    "session_ended": "A device was signed out",
    "password_changed": "Master password changed",
    "recovery_set": "Recovery kit made",
    "recovered": "Account recovered with the recovery kit",
    "email_verified": "Email address confirmed",
    "exported": "Data exported",
    "cap_changed": "Cap over all apps changed",
    "auto_lock_changed": "Automatic locking changed",
    "key_added": "Key added",
    "key_replaced": "Key replaced",
    "key_deleted": "Key deleted",
    "key_failing": "A provider refused a key",
    "connection_approved": "App approved",
    "connection_changed": "Connection changed",
    "connection_paused": "Connection paused",
    "connection_resumed": "Connection resumed",
    "connection_revoked": "Connection revoked",
    "budget_threshold": "Budget nearly used",
    "budget_exhausted": "Budget used up",
    "app_created": "Developer app registered",
    "app_changed": "Developer app changed",
    "app_secret_rotated": "App secret replaced",
    "app_deleted": "Developer app deleted",
}
"""Every kind, with what the page calls it."""


def record(user: User, kind: str, now: datetime, *, session: UserSession | None = None, subject: str = "", subject_id: str = "") -> None:
    """Write down one deed, in the caller's transaction. `session` is None for what the relay found by itself.

    Raises KeyError for a kind that is none of KINDS.
    """
    KINDS[kind]
    Activity.objects.create(
        user=user,
        at=now,
        kind=kind,
        session_id=session.pk if session is not None else "",
        device=session.user_agent if session is not None else "",
        subject=subject[:200],
        subject_id=subject_id,
    )


def of(user: User) -> QuerySet[Activity]:
    """A person's log, newest first."""
    return Activity.objects.filter(user=user).order_by("-at", "-pk")
