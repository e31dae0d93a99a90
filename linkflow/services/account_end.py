"""The end of an account: what hangs on it in every package, in one transaction (api.md, "Accounts", last row)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.services import deletion
from linkflow.services import deeds
from usage.services import forget_user

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import UserSession


def end_account(session: UserSession, challenge: str, delete_proof: bytes, now: datetime) -> None:
    """Delete the session's user with keys, connections, seals, sessions, apps and activity; the ledger keeps amounts alone.

    Running calls of the connections end as revoked ones do. Spends the challenge. Here and not in accounts, which knows
    nothing of money; the foreign keys take along what lies above. Raises: LoginFailed, InvalidToken.
    """
    deletion.spend_challenge(session, challenge, now)
    with transaction.atomic():
        user = deletion.proved_user_of(session, challenge, delete_proof)
        deeds.ended_with(user.apps.all(), now)
        forget_user(user.pk)
        user.delete()
