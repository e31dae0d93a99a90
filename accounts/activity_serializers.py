"""Shapes of /v1/activity and of confirming an address; camelCase lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts.services.activity import GROUPS
from relay.core.errors import InvalidRequest
from relay.core.fields import TextField
from relay.core.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import Activity


class VerifyEmailBody(serializers.Serializer[Any]):
    """POST /v1/auth/verify-email."""

    token = TextField(max_length=200)


def read_group(query: Mapping[str, str]) -> str | None:
    """`?group=`, or None. Raises InvalidRequest for one that there is not."""
    group = query.get("group")
    if group is not None and group not in GROUPS:
        raise InvalidRequest(fields={"group": [f"Must be one of {', '.join(sorted(GROUPS))}."]})
    return group


def present_activity(done: Activity) -> dict[str, Any]:
    """One row of the log; members are null where there is nothing to say."""
    return {
        "id": done.pk,
        "kind": done.kind,
        "at": rfc3339(done.at),
        "sessionId": done.session_id or None,
        "device": done.device or None,
        "subject": done.subject or None,
        "subjectId": done.subject_id or None,
        "detail": done.detail or None,
    }
