"""Shapes of what the sandbox's routes take."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from linkflow.serializers import CentsField, LimitsBody, check_known
from linkflow.services.sandbox import event_examples
from linkflow.services.sessions import SANDBOX
from relay.core.fields import IdField, ProviderField, TextField
from relay.providers.sandbox_outcomes import outcomes


class SandboxLinkBody(serializers.Serializer[Any]):
    """POST /v1/sandbox/link."""

    requestedProviders = serializers.ListField(child=ProviderField(), min_length=1, max_length=50, required=False)
    clientUserId = TextField(max_length=255, required=False, trim_whitespace=False, source="client_user_id")
    budgetCents = CentsField(required=False)
    limits = LimitsBody(required=False)
    outcome = serializers.ChoiceField(list(outcomes()), required=False)

    def validate_requestedProviders(self, value: list[str]) -> list[str]:  # noqa: N802 (REST framework's naming)
        """The sandbox, and nothing else."""
        check_known(value)
        if value != [SANDBOX]:
            raise serializers.ValidationError("May name the sandbox alone. Ask people for other providers with Link.")
        return value


class SandboxFireBody(serializers.Serializer[Any]):
    """POST /v1/sandbox/fire."""

    connectionId = IdField("con")
    type = serializers.ChoiceField(list(event_examples()))
