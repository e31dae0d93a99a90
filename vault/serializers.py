"""Shapes of what the vault takes and answers; camelCase lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from relay.core.fields import BlobField, IdField, ProviderField
from relay.core.times import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from vault.models import VaultItem


class ResealBody(serializers.Serializer[Any]):
    """One connection's new seal."""

    connectionId = IdField("con")
    sealedKey = BlobField(smallest=8, largest=512)


class KeyBody(serializers.Serializer[Any]):
    """POST /v1/keys."""

    provider = ProviderField()
    ciphertext = BlobField(smallest=2, largest=8192)
    sealedKeys = serializers.ListField(child=ResealBody(), max_length=10_000, required=False)
    dropConnections = serializers.ListField(child=IdField("con"), max_length=10_000, required=False)

    def validate_sealedKeys(self, value: list[dict[str, str]]) -> dict[str, str]:  # noqa: N802 (REST framework's naming)
        """The seals by connection, each connection once."""
        seals = {entry["connectionId"]: entry["sealedKey"] for entry in value}
        if len(seals) != len(value):
            raise serializers.ValidationError("Names a connection twice.")
        return seals


class LabelBody(serializers.Serializer[Any]):
    """PATCH /v1/keys/:provider: the same key sealed with another label, and what was sealed before."""

    ciphertext = BlobField(smallest=2, largest=8192)
    previousCiphertext = BlobField(smallest=2, largest=8192)


def present_item(item: VaultItem, last_used_at: datetime | None) -> dict[str, Any]:
    """A vault item, still sealed."""
    return {
        "id": item.pk,
        "provider": item.provider,
        "ciphertext": item.ciphertext,
        "createdAt": rfc3339(item.created_at),
        "updatedAt": rfc3339(item.updated_at),
        "lastUsedAt": rfc3339(last_used_at),
    }
