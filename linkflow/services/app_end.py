"""The end of an app: its link sessions and everybody's connections go with it, and their owners are told (api.md, "Apps")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.models import App
from accounts.services import apps
from linkflow.models import Connection, LinkSession
from linkflow.services import deeds, sandbox
from linkflow.services.ending import lock_in_order, until_alone

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import UserSession


def end_app(app: App, now: datetime, *, session: UserSession | None = None) -> None:
    """Delete the app, its link sessions and connections. Here and not in accounts, which knows no connections.

    Writes: an activity of its owner, one of each connection's. Raises: NotFound, where that was done meanwhile; Conflict.
    """

    def end() -> None:
        this = App.objects.filter(pk=app.pk)
        lock_in_order([LinkSession.objects.filter(app=app.pk), Connection.objects.filter(app=app.pk), this])
        deeds.ended_with(this, now)
        sandbox.end_test_users(this, now)
        apps.delete_app(app, now, session=session)

    until_alone(end)
