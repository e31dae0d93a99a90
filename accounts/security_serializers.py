"""Shapes of what changing, recovering and deleting an account take; camelCase lives here."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.serializers import KdfField
from accounts.services.auto_lock import CHOICES
from relay.core.fields import BlobField, BytesField, EmailField, TextField, WholeNumberField
from relay.crypto.proofs import NewLogin, NewRecovery


class PasswordBody(serializers.Serializer[Any]):
    """PUT /v1/auth/password."""

    challenge = TextField(max_length=64)
    passwordProof = BytesField(length=64)
    kdf = KdfField()
    loginPublicKey = BytesField(length=32)
    registerProof = BytesField(length=64)
    wrappedVaultKey = BlobField(smallest=32, largest=32)


class RecoveryBody(serializers.Serializer[Any]):
    """PUT /v1/auth/recovery."""

    recoveryPublicKey = BytesField(length=32)
    recoveryVaultKey = BlobField(smallest=32, largest=32)


class RecoverReadBody(serializers.Serializer[Any]):
    """POST /v1/auth/recover/read."""

    email = EmailField()
    challenge = TextField(max_length=64)
    recoverReadProof = BytesField(length=64)


class RecoverBody(RecoveryBody):
    """POST /v1/auth/recover."""

    email = EmailField()
    challenge = TextField(max_length=64)
    recoverProof = BytesField(length=64)
    kdf = KdfField()
    loginPublicKey = BytesField(length=32)
    registerProof = BytesField(length=64)
    wrappedVaultKey = BlobField(smallest=32, largest=32)


class AutoLockBody(serializers.Serializer[Any]):
    """PUT /v1/auth/auto-lock."""

    minutes = WholeNumberField(min_value=min(CHOICES), max_value=max(CHOICES))

    def validate_minutes(self, value: int) -> int:
        """One of the few that the page offers."""
        if value not in CHOICES:
            raise serializers.ValidationError(f"Must be one of {', '.join(map(str, CHOICES))}.")
        return value


def new_login_of(body: dict[str, Any]) -> NewLogin:
    """The new login key, its parameters and the wrapped vault key of a validated body."""
    return NewLogin(body["loginPublicKey"], body["kdf"], body["wrappedVaultKey"])


def new_recovery_of(body: dict[str, Any]) -> NewRecovery:
    """The new recovery key and what it wraps, of a validated body."""
    return NewRecovery(body["recoveryPublicKey"], body["recoveryVaultKey"])
