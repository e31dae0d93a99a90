"""The end of an account: what hangs on it in every package, in one transaction but for the ledger (api.md, "Accounts", last row)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.models import User
from accounts.services import deletion
from linkflow.models import Connection, LinkSession
from linkflow.services import deeds, news, sandbox
from linkflow.services.ending import lock_in_order, until_alone
from usage.forgetting import forget_user

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import UserSession


def end_account(session: UserSession, challenge: str, delete_proof: bytes, now: datetime) -> None:
    """Delete the session's user with keys, connections, seals, sessions, apps and activity; the ledger keeps amounts alone.

    Its rows lose the user's id by and by (usage.forgetting). Running calls of the connections end as revoked ones do. Spends
    the challenge. Here and not in accounts, which knows nothing of money; the foreign keys take along what lies above.
    Raises: LoginFailed, InvalidToken, Conflict.
    """
    deletion.spend_challenge(session, challenge, now)

    def end() -> None:
        user = deletion.proved_user_of(session, challenge, delete_proof)
        own, mine = user.apps.all(), user.apps.values("pk")
        connections = Connection.objects.filter(Q(user=user.pk) | Q(app__in=mine))
        lock_in_order([LinkSession.objects.filter(app__in=mine), connections, user.sessions.all(), own, User.objects.filter(pk=user.pk)])
        news.all_revoked(connections.exclude(app__in=mine), now)
        deeds.ended_with(own, now)
        sandbox.end_test_users(own, now)
        forget_user(user.pk, now)
        user.delete()

    until_alone(end)
