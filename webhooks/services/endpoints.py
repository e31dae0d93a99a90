"""An app's endpoint: its signing secret, rotation, and whether anything is sent to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from accounts.models import App
from accounts.services import activity
from relay.core.errors import Conflict
from relay.crypto import webhook_secrets
from webhooks.models import Endpoint, Event

if TYPE_CHECKING:
    from accounts.models import UserSession

OVERLAP: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint and its signing secret as text, shown this once."""

    endpoint: Endpoint
    secret: str = field(repr=False)


def of_app(app: App) -> Endpoint | None:
    """The app's endpoint; None before its first secret."""
    return Endpoint.objects.filter(pk=app.pk).first()


@transaction.atomic
def rotate_secret(app: App, *, immediately: bool, now: datetime, session: UserSession | None = None) -> NewSecret:
    """Give the app's events a new signing secret, or their first; the old one signs along for 24 h unless `immediately`.

    Writes the endpoint, row locked, and an activity.
    """
    secret = webhook_secrets.mint_webhook_secret()
    sealed = webhook_secrets.seal_webhook_secret(settings.RELAY_SERVER_SECRET.reveal(), app.pk, secret)
    endpoint, is_first = Endpoint.objects.get_or_create(app_id=app.pk, defaults={"secret": sealed, "created_at": now})
    if not is_first:
        endpoint = Endpoint.objects.select_for_update().get(pk=app.pk)
        endpoint.previous_secret = None if immediately else endpoint.secret
        endpoint.previous_until = None if immediately else now + OVERLAP
        endpoint.secret = sealed
        endpoint.save(update_fields=["secret", "previous_secret", "previous_until"])
    detail = "The old one was stopped at once" if immediately else "The old one signs along for a day"
    _record(app, "app_webhook_secret_made", now, session, "" if is_first else detail)
    return NewSecret(endpoint, webhook_secrets.write_webhook_secret(secret))


def signing_secrets(endpoint: Endpoint, now: datetime) -> tuple[bytes, ...]:
    """What a delivery is signed with: the present secret, and the previous one while it lasts. Raises CryptoError."""
    server_secret = settings.RELAY_SERVER_SECRET.reveal()
    kept = [endpoint.secret]
    if endpoint.previous_secret and endpoint.previous_until and now < endpoint.previous_until:
        kept.append(endpoint.previous_secret)
    return tuple(webhook_secrets.open_webhook_secret(server_secret, endpoint.pk, sealed) for sealed in kept)


@transaction.atomic
def enable(app: App, now: datetime, session: UserSession | None = None) -> Endpoint:
    """Send to a disabled endpoint again; what waited goes out at once. Enabling again changes nothing.

    Raises: Conflict, where there is no signing secret yet.
    """
    endpoint = Endpoint.objects.select_for_update().filter(pk=app.pk).first()
    if endpoint is None:
        raise Conflict("Make a signing secret first.")
    if endpoint.disabled_at is not None:
        endpoint.disabled_at, endpoint.disabled_why = None, ""
        endpoint.failures, endpoint.failing_since = 0, None
        endpoint.save(update_fields=["disabled_at", "disabled_why", "failures", "failing_since"])
        Event.objects.filter(app_id=app.pk, due_at__gt=now).update(due_at=now)
        _record(app, "app_webhooks_enabled", now, session)
    return endpoint


def disable(endpoint: Endpoint, why: str, now: datetime) -> None:
    """Stop sending to a locked endpoint, and mail the app's developer. In the caller's transaction."""
    endpoint.disabled_at, endpoint.disabled_why = now, why
    endpoint.save(update_fields=["disabled_at", "disabled_why"])
    app = App.objects.select_related("owner").filter(pk=endpoint.pk).first()
    if app is not None:
        _record(app, "app_webhooks_disabled", now, None, why)


def check_usable(app: App) -> None:
    """Raises Conflict, with what to do, unless events of this app would be sent now."""
    endpoint = of_app(app)
    if not app.webhook_url:
        raise Conflict("The app has no webhook URL. Set one first.")
    if endpoint is None:
        raise Conflict("The app has no signing secret. Make one first, on its Webhooks page.")
    if endpoint.disabled_at is not None:
        raise Conflict("Webhooks of this app are stopped. Mend the endpoint and enable them again, on its Webhooks page.")


def _record(app: App, kind: str, now: datetime, session: UserSession | None, detail: str = "") -> None:
    activity.record(app.owner, kind, now, session=session, subject=app.name, subject_id=app.pk, detail=detail)
