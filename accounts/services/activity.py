"""The audit log that a person can read: what was done to the account, when, and on which device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from accounts.models import Activity
from accounts.services import devices, mail
from relay.core.ids import mint_id

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
    "key_relabelled": "Key label changed",
    "key_deleted": "Key deleted",
    "key_failing": "A provider refused a key",
    "connection_approved": "App approved",
    "connection_changed": "Connection changed",
    "connection_paused": "Connection paused",
    "connection_resumed": "Connection resumed",
    "connection_revoked": "Connection revoked",
    "connection_expired": "Connection expired",
    "connection_lapsed": "Approval lapsed",
    "budget_threshold": "Budget nearly used",
    "budget_exhausted": "Budget used up",
    "app_created": "Developer app registered",
    "app_changed": "Developer app changed",
    "app_secret_rotated": "App secret replaced",
    "app_webhook_secret_made": "Webhook signing secret made",
    "app_webhooks_disabled": "Webhooks stopped",
    "app_webhooks_enabled": "Webhooks enabled again",
    "app_deleted": "Developer app deleted",
}
"""Every kind, with what the page calls it."""

GROUPS: Final[dict[str, frozenset[str]]] = {
    "security": frozenset(
        {
            "registered",
            "signed_in",
            "new_device",
            "session_ended",
            "password_changed",
            "recovery_set",
            "recovered",
            "email_verified",
            "exported",
            "auto_lock_changed",
        }
    ),
    "keys": frozenset({"key_added", "key_replaced", "key_relabelled", "key_deleted", "key_failing"}),
    "connections": frozenset(kind for kind in KINDS if kind.startswith("connection_")),
    "budgets": frozenset({"cap_changed", "budget_threshold", "budget_exhausted"}),
    "developer": frozenset(kind for kind in KINDS if kind.startswith("app_")),
}
"""What the page and the API filter by; every kind is in exactly one."""


def record(
    user: User,
    kind: str,
    now: datetime,
    *,
    session: UserSession | None = None,
    subject: str = "",
    subject_id: str = "",
    detail: str = "",
) -> Activity:
    """Write down one deed, and the mail that tells of it where there is to be one, in the caller's transaction.

    `session` is the device that did it; None for what an app, the clock or the relay itself did.
    Raises KeyError for a kind that is none of KINDS.
    """
    KINDS[kind]
    done = Activity.objects.create(
        id=mint_id("act"),
        user=user,
        at=now,
        kind=kind,
        session_id=session.pk if session is not None else "",
        device=devices.describe(session.user_agent) if session is not None else "",
        subject=subject[:200],
        subject_id=subject_id,
        detail=detail[:200],
    )
    mail.tell(done, now)
    return done


def of(user: User, group: str | None = None) -> QuerySet[Activity]:
    """A person's log, newest first; of one of GROUPS alone, where one is named."""
    rows = Activity.objects.filter(user=user).order_by("-at", "-pk")
    return rows if group is None else rows.filter(kind__in=GROUPS[group])


def has_seen(user: User, user_agent: str) -> bool:
    """Whether the person has done anything before from a device that goes by the same words."""
    return Activity.objects.filter(user=user, device=devices.describe(user_agent)).exists()
