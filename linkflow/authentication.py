"""A link token → its link session (caller kind "link")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication

from accounts.authentication import bearer
from linkflow.services import sessions
from relay.core.views import Credential, credential_of

if TYPE_CHECKING:
    from rest_framework.request import Request

    from linkflow.models import LinkSession


def link_session_of(request: Request) -> LinkSession:
    """The link session of the calling Link page."""
    record: LinkSession = credential_of(request).record
    return record


class LinkAuthentication(BaseAuthentication):
    """The Link pages: `Bearer 1r_lt_…`; no cookie is read."""

    def authenticate(self, request: Request) -> tuple[LinkSession, Credential] | None:
        """The link session; None without a bearer token. Raises InvalidToken, LinkExpired."""
        token = bearer(request)
        if token is None:
            return None
        session = sessions.by_token(token, timezone.now())
        return session, Credential("link", token.encode(), session)
