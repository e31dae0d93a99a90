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


class KnownDevice(models.Model):
    """A browser that a person has signed in with: the digest of their id and the random value of its long-lived cookie.

    With the id in it, the table does not tell which people share a browser.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    device_hash = models.BinaryField(max_length=32)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "device_hash"], name="one_device_a_cookie")]


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
    device = models.ForeignKey(KnownDevice, null=True, on_delete=models.SET_NULL, related_name="sessions")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def is_live(self, now: datetime) -> bool:
        """Whether the session may still be used at `now`."""
        return now < self.expires_at


class Activity(models.Model):
    """Something security-relevant that was done to an account, for its owner to read. Never changed; deleted with the account.

    `kind` is one of accounts.services.activity.KINDS, `device` where it was done from in words ("" where nobody's device did
    it), `subject` what it was done to (an app's name, a provider, a device), `subject_id` its id, `detail` what changed. No
    secret, no address of anybody's network.
    """

    id = models.CharField(primary_key=True, max_length=44)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="activity")
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    session_id = models.CharField(max_length=44, blank=True)
    device = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    subject_id = models.CharField(max_length=44, blank=True)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="activity_by_user")]


class Mail(models.Model):
    """A mail that a person is to get: of one activity, or (without) the one that asks to confirm the address.

    Written in the transaction of what it tells of, sent later. `due_at` is when it is tried next, null once it is done with;
    `sent_at` when the mail server took it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail")
    activity = models.OneToOneField(Activity, null=True, on_delete=models.CASCADE, related_name="mail")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="mail_due")]


class AppManager(models.Manager["App"]):
    """Apps without their pictures, which nearly nobody who asks for an app wants to see."""

    def get_queryset(self) -> models.QuerySet[App]:
        """All apps; `logo` is read from the database where somebody does ask for it."""
        return super().get_queryset().defer("logo")


class App(models.Model):
    """A developer's product: asks for connections, calls the proxy with access tokens.

    `verified_origins` are those of its allowed origins that named its client id when they were last asked, `lost_origins`
    those that once did and then did not; `verified_at` is when any was asked last. `logo` is a square PNG of at most
    64 KiB, `logo_hash` names it in its address. In test mode it may ask for the sandbox alone.
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
    lost_origins = models.JSONField(default=list)
    verified_at = models.DateTimeField(null=True)
    logo = models.BinaryField(null=True)
    logo_hash = models.CharField(max_length=22, blank=True)
    test_mode = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = AppManager()

    class Meta:
        base_manager_name = "objects"

    @property
    def verified(self) -> bool:
        """Whether every origin it may be opened from has named it (api.md, "Apps")."""
        return self.is_named_by(self.allowed_origins)

    def is_named_by(self, origins: list[str]) -> bool:
        """Whether each of these origins, and at least one, has named it: a link session's own, as they were when it was made."""
        return bool(origins) and set(origins) <= set(self.verified_origins)

    @property
    def logo_path(self) -> str:
        """Where its logo is served, a new address for each picture; empty without one."""
        return f"/logos/{self.client_id}/{self.logo_hash}.png" if self.logo_hash else ""

    @property
    def is_authenticated(self) -> bool:
        """True: REST framework asks every caller."""
        return True
