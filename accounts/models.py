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
    email_verified_at = models.DateTimeField(null=True)
    auto_lock_minutes = models.PositiveSmallIntegerField(default=15)
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


class Activity(models.Model):
    """Something security-relevant that was done to an account, for its owner to read. Never changed; deleted with the account.

    `kind` is one of accounts.services.activity.KINDS, `subject` what it was done to in words (an app's name, a provider, a
    device), `subject_id` its id. No secret, no address of anybody's network.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="activity")
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    session_id = models.CharField(max_length=44, blank=True)
    device = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    subject_id = models.CharField(max_length=44, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="activity_by_user")]


class App(models.Model):
    """A developer's product: asks for connections, calls the proxy with access tokens.

    `verified_origins` are those of its allowed origins that named its client id when they were last asked, at `verified_at`.
    `logo` is a PNG of at most 64 KiB. In test mode it may ask for the sandbox alone.
    """

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
    verified_origins = models.JSONField(default=list)
    verified_at = models.DateTimeField(null=True)
    logo = models.BinaryField(null=True)
    test_mode = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    @property
    def verified(self) -> bool:
        """Whether every origin it may be opened from has named it (api.md, "Apps")."""
        return bool(self.allowed_origins) and set(self.allowed_origins) <= set(self.verified_origins)

    @property
    def is_authenticated(self) -> bool:
        """True: REST framework asks every caller."""
        return True
