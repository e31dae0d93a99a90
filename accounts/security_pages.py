"""/security and /recover: the password, the recovery kit, devices, locking, the end. Their work is done by scripts, over /v1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.authentication import page_session, user_page
from accounts.models import UserSession
from accounts.pages import HOME, shell
from accounts.services import activity, auto_lock, devices, sessions
from relay.core.times import Moment

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

_TIMES: Final = {1: "1 minute", 5: "5 minutes", 15: "15 minutes", 60: "1 hour"}


@dataclass(frozen=True, slots=True)
class Device:
    """A signed-in device as its owner knows it."""

    id: str
    name: str
    is_browser: bool
    is_this: bool
    since: Moment
    last_used: Moment


@require_safe
@user_page
def security(request: HttpRequest, session: UserSession) -> HttpResponse:
    """Everything that decides who gets in; of secrets nothing is in the page."""
    user, now = session.user, timezone.now()
    chosen = user.auto_lock_minutes
    rows = [_device(row, session, now) for row in sessions.sessions_of(user, now)]
    context = {
        **shell(request, session, "security"),
        "devices": sorted(rows, key=lambda device: not device.is_this),
        "has_kit": user.recovery_public_key is not None,
        "kit_made": _kit_made(user, now),
        "lock_choices": [{"minutes": each, "words": _TIMES[each], "is_chosen": each == chosen} for each in auto_lock.CHOICES],
    }
    return render(request, "accounts/security.html", context)


@require_safe
def recover(request: HttpRequest) -> HttpResponse:
    """The way back in with the kit; also for somebody signed in whose vault is locked."""
    return render(request, "accounts/recover.html", {**shell(request, page_session(request), "recover"), "next": HOME})


def _device(row: UserSession, this: UserSession, now: datetime) -> Device:
    return Device(
        id=row.pk,
        name=devices.describe(row.user_agent),
        is_browser=row.kind == UserSession.COOKIE,
        is_this=row.pk == this.pk,
        since=Moment.of(row.created_at, now),
        last_used=Moment.of(row.last_used_at, now),
    )


def _kit_made(user: User, now: datetime) -> Moment | None:
    """When the present kit was made; None where the activity does not tell."""
    made = activity.of(user).filter(kind__in=["recovery_set", "recovered"]).first()
    return Moment.of(made.at, now) if made else None


urlpatterns = [
    path("security", security),
    path("recover", recover),
]
