"""What apps are told: events, written in the transaction of what they tell of (an outbox), and what came of sending them.

Apps and connections are known by plain ids: an event must outlive both, as the last one tells of their end.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

ID_LENGTH = 44


class Endpoint(models.Model):
    """How one app's events are signed, and whether they are sent. Its address is the app's own, `webhook_url`.

    Secrets are sealed under the server's key (relay/crypto/webhook_secrets.py); the previous one signs along until
    `previous_until`. `failures` counts failed attempts in a row, the first of which was at `failing_since`. `last_url` is
    where the rest goes once the app itself is deleted; empty while it lives.
    """

    app_id = models.CharField(primary_key=True, max_length=ID_LENGTH)
    secret = models.TextField()
    previous_secret = models.TextField(null=True)
    previous_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_why = models.CharField(max_length=200, blank=True)
    last_url = models.CharField(max_length=2048, blank=True)
    created_at = models.DateTimeField()


class Counter(models.Model):
    """The sequence number of a connection's latest event. Kept a while after its end, as events of before may be replayed."""

    connection_id = models.CharField(primary_key=True, max_length=ID_LENGTH)
    last = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="counter_ended")]


class Event(models.Model):
    """One thing to tell an app, in the very bytes that every attempt sends.

    `due_at` is when it is tried next: moved ahead by whoever tries it, so that nobody else does meanwhile and somebody does
    if they die; null once it is done with. `attempts` counts those that have ended.
    """

    id = models.CharField(primary_key=True, max_length=ID_LENGTH)
    app_id = models.CharField(max_length=ID_LENGTH)
    connection_id = models.CharField(max_length=ID_LENGTH, blank=True)
    sequence = models.PositiveIntegerField(null=True)
    type = models.CharField(max_length=40)
    body = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["app_id", "due_at"], condition=Q(due_at__isnull=False), name="event_due"),
            models.Index(fields=["connection_id", "sequence"], condition=Q(attempts=0, due_at__isnull=False), name="event_untried"),
            models.Index(fields=["app_id", "created_at", "id"], name="event_by_app"),
            models.Index(fields=["created_at"], name="event_by_time"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection_id", "sequence"], condition=Q(sequence__isnull=False), name="one_event_a_number"),
        ]

    @property
    def status(self) -> str:
        """How it stands: delivered, pending, or failed, when all attempts did."""
        if self.delivered_at is not None:
            return "delivered"
        return "failed" if self.due_at is None else "pending"


class Attempt(models.Model):
    """One try to deliver an event, once it has ended: the status answered, or `why` there was none, and how the answer began."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    why = models.CharField(max_length=200, blank=True)
    latency_ms = models.PositiveIntegerField()
    answer = models.TextField(blank=True)
