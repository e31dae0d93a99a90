"""After how many idle minutes a person's vaults lock by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from accounts.models import User, UserSession
from accounts.services import activity

if TYPE_CHECKING:
    from datetime import datetime

CHOICES: Final = (1, 5, 15, 60)
"""Minutes; 15 where nobody has chosen."""


@transaction.atomic
def set_auto_lock(session: UserSession, minutes: int, now: datetime) -> None:
    """Choose one of CHOICES for every device. Vaults that are open now lock no later than that from now on.

    The caller's own starts anew. Writes the user and the open sessions.
    """
    user, locks_at = session.user, now + timedelta(minutes=minutes)
    User.objects.filter(pk=user.pk).update(auto_lock_minutes=minutes)
    user.auto_lock_minutes = minutes
    unlocked = UserSession.objects.filter(user=user, session_secret__isnull=False)
    unlocked.filter(locks_at__gt=locks_at).update(locks_at=locks_at)
    unlocked.filter(pk=session.pk).update(locks_at=locks_at)
    activity.record(user, "auto_lock_changed", now, session=session, subject=f"{minutes} min")
