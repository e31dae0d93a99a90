"""Consent: link sessions (one attempt to ask) and connections (the lasting permission) with their sealed keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from accounts.models import App, User
from relay.core.fields import origin_of

if TYPE_CHECKING:
    from datetime import datetime


class LinkSession(models.Model):
    """One attempt of an app to be given a connection (or, in update mode, to have one changed)."""

    OPEN, AUTHORIZED, EXCHANGED, EXITED, EXPIRED = "open", "authorized", "exchanged", "exited", "expired"

    id = models.CharField(primary_key=True, max_length=44)
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="link_sessions")
    token_hash = models.BinaryField(max_length=32, unique=True)
    connection_id = models.CharField(max_length=44, db_index=True)
    is_update = models.BooleanField(default=False)
    requested_providers = models.JSONField()
    budget_suggestion_cents = models.BigIntegerField(null=True)
    limits = models.JSONField(default=dict)
    client_user_id = models.CharField(max_length=255, blank=True)
    allowed_origins = models.JSONField()
    redirect_uri = models.CharField(max_length=2048, blank=True)
    response_mode = models.CharField(max_length=8, default="fragment")
    state = models.CharField(max_length=512, blank=True)
    status = models.CharField(max_length=10, default=OPEN)
    authorized_user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [
            models.Index(fields=["app", "created_at"], name="link_session_by_app"),
            models.Index(fields=["expires_at"], condition=models.Q(status="open"), name="link_session_open"),
        ]

    @property
    def verified(self) -> bool:
        """Whether every site it may be approved for has named the app: the origins it opens from, and where it redirects to."""
        is_named = self.app.is_named_by
        return is_named(self.allowed_origins) and (not self.redirect_uri or is_named([origin_of(self.redirect_uri)]))

    def status_at(self, now: datetime) -> str:
        """The status clients see: an open session past its time is `expired`."""
        return self.EXPIRED if self.status == self.OPEN and now >= self.expires_at else self.status


class LinkEvent(models.Model):
    """Something that happened in a link session, as the Link pages told it (spec/link_events.json).

    `exit_status` is what leaving at that moment is called; empty where the page did not say.
    """

    session = models.ForeignKey(LinkSession, on_delete=models.CASCADE, related_name="events")
    name = models.CharField(max_length=40)
    exit_status = models.CharField(max_length=24, blank=True)
    at = models.DateTimeField()


class ConnectionQuerySet(models.QuerySet["Connection"]):
    """Named sets of connections."""

    def resealable(self) -> ConnectionQuerySet:
        """What a provider key's replacement must cover: pending, active and paused ones (protocol.md, "Connections")."""
        return self.filter(status__in=[Connection.PENDING, Connection.ACTIVE, Connection.PAUSED], trial=False)

    def with_status_at(self, status: str, now: datetime) -> ConnectionQuerySet:
        """Those whose `status_at(now)` is `status`."""
        may_be_over = models.Q(status__in=[Connection.ACTIVE, Connection.PAUSED])
        is_over = may_be_over & models.Q(expires_at__isnull=False, expires_at__lte=now)
        if status == Connection.EXPIRED:
            return self.filter(models.Q(status=status) | is_over)
        return self.filter(status=status).exclude(is_over)


class Connection(models.Model):
    """One user's permission for one app, or (without app) a personal one for the user's own tools."""

    PENDING, ACTIVE, PAUSED, REVOKED, EXPIRED = "pending", "active", "paused", "revoked", "expired"
    LIVE = (PENDING, ACTIVE, PAUSED)

    id = models.CharField(primary_key=True, max_length=44)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="connections")
    app = models.ForeignKey(App, null=True, on_delete=models.CASCADE, related_name="connections")
    link_session = models.ForeignKey(LinkSession, null=True, on_delete=models.SET_NULL, related_name="connections")
    name = models.CharField(max_length=80, blank=True)
    trial = models.BooleanField(default=False)
    status = models.CharField(max_length=8, default=PENDING)
    client_user_id = models.CharField(max_length=255, blank=True)
    owner_grant = models.TextField(blank=True)
    granted_key = models.TextField(null=True)
    public_token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    public_token_expires_at = models.DateTimeField(null=True)
    held_key = models.TextField(null=True)
    access_token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    budget_cents = models.BigIntegerField()
    daily_cents = models.BigIntegerField(null=True)
    requests_per_minute = models.IntegerField(null=True)
    concurrency = models.IntegerField(null=True)
    allowed_models = models.JSONField(null=True, db_column="models")
    allow_unpriced = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "status"]), models.Index(fields=["app", "status"])]

    def status_at(self, now: datetime) -> str:
        """The status clients see: a connection past its end is `expired`, even before the task has dropped its blobs."""
        is_over = self.status in {self.ACTIVE, self.PAUSED} and self.expires_at is not None and now >= self.expires_at
        return self.EXPIRED if is_over else self.status

    @property
    def personal(self) -> bool:
        """Whether this is a connection for the user's own tools."""
        return self.app_id is None


class SealedKey(models.Model):
    """One approved provider's key under the connection key; opened in proxy/pipeline.py for one call."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sealed_keys")
    provider = models.CharField(max_length=32)
    blob = models.TextField()
    attention_code = models.CharField(max_length=40, null=True)
    attention_at = models.DateTimeField(null=True)
    attention_told_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["attention_at"],
                condition=models.Q(attention_at__isnull=False, attention_told_at__isnull=True),
                name="attention_not_told",
            )
        ]
        constraints = [models.UniqueConstraint(fields=["connection", "provider"], name="one_seal_a_provider")]
