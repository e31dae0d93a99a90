"""People with a vault, their sessions, and developers' apps. No column here opens anything (protocol.md, "What each party can do")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from datetime import datetime


class User(models.Model):
    """A person. The server holds a login public key and a wrapped vault key, never a password or a hash of one."""

    id = models.CharField(primary_key=True, max_length=44)
    email = models.CharField(max_length=255, unique=True)
    kdf = models.JSONField()
    login_public_key = models.BinaryField(max_length=32)
    wrapped_vault_key = models.TextField()
    recovery_public_key = models.BinaryField(max_length=32, null=True)
    recovery_vault_key = models.TextField(null=True)
    created_at = models.DateTimeField()

    @property
    def is_authenticated(self) -> bool:
        """True: REST framework asks every caller."""
        return True


class SpentChallenge(models.Model):
    """A challenge that was presented once; kept until it would expire anyway."""

    challenge_hash = models.BinaryField(max_length=32, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)


class UserSession(models.Model):
    """One signed-in device: a cookie of the pages or a bearer token, known by the token's hash."""

    COOKIE, BEARER = "cookie", "bearer"

    id = models.CharField(primary_key=True, max_length=44)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    kind = models.CharField(max_length=6, choices=[(COOKIE, COOKIE), (BEARER, BEARER)])
    token_hash = models.BinaryField(max_length=32, unique=True)
    session_secret = models.BinaryField(max_length=32, null=True)
    locks_at = models.DateTimeField(null=True)
    elevation_hash = models.BinaryField(max_length=32, null=True)
    elevated_until = models.DateTimeField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def is_live(self, now: datetime) -> bool:
        """Whether the session may still be used at `now`."""
        return now < self.expires_at


class App(models.Model):
    """A developer's product: asks for connections, calls the proxy with access tokens."""

    id = models.CharField(primary_key=True, max_length=44)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="apps")
    client_id = models.CharField(max_length=40, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    previous_secret_hash = models.BinaryField(max_length=32, null=True)
    previous_expires_at = models.DateTimeField(null=True)
    name = models.CharField(max_length=80)
    website_url = models.CharField(max_length=2048, blank=True)
    allowed_origins = models.JSONField(default=list)
    redirect_uris = models.JSONField(default=list)
    webhook_url = models.CharField(max_length=2048, blank=True)
    verified = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    @property
    def is_authenticated(self) -> bool:
        """True: REST framework asks every caller."""
        return True
