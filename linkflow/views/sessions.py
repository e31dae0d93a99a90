"""/v1/link: sessions, events, authorise, exchange (api.md, "Link")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts import authentication
from linkflow import serializers
from linkflow.authentication import LinkAuthentication, link_session_of
from linkflow.limits import Terms
from linkflow.services import authorize, sessions
from linkflow.services import exchange as exchanging
from linkflow.views.connections import change_of
from relay.core import ratelimit
from relay.core.idempotency import idempotent
from relay.core.times import rfc3339
from relay.core.views import ApiView, own_origin
from relay.crypto.encoding import b64u_encode

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

EVENTS = ratelimit.Limit("link-events", 120, 60)


class CreateSession(ApiView):
    """POST /v1/link/sessions"""

    authentication_classes = [authentication.AppAuthentication]

    @idempotent(holds_secret=True)
    def post(self, request: Request) -> Response:
        """A link session with its token and the addresses of its two pages."""
        asked = self.body(request, serializers.LinkSessionBody)
        opened = sessions.open_session(authentication.app_of(request), asked, self.now())
        origin, token = own_origin(request), opened.link_token
        token_hash = b64u_encode(bytes(opened.session.token_hash))
        data = {
            "id": opened.session.pk,
            "linkToken": token,
            "linkUrl": f"{origin}/link/{token_hash}#{token}",
            "frameUrl": f"{origin}/link/frame/{token_hash}#{token}",
            "expiresAt": rfc3339(opened.session.expires_at),
        }
        return self.answer(data, 201)


class SessionOutcome(ApiView):
    """GET /v1/link/sessions/:id"""

    authentication_classes = [authentication.AppAuthentication]

    def get(self, request: Request, session_id: str) -> Response:
        """What came of one of the app's sessions."""
        session = sessions.of_app(authentication.app_of(request), session_id)
        return self.answer(serializers.present_outcome(session, self.now()))


class CurrentSession(ApiView):
    """GET /v1/link/session"""

    authentication_classes = [LinkAuthentication]

    def get(self, request: Request) -> Response:
        """What the link token's session asks."""
        return self.answer(serializers.present_link_session(link_session_of(request), self.now()))


class SessionEvents(ApiView):
    """POST /v1/link/session/events"""

    authentication_classes = [LinkAuthentication]

    def post(self, request: Request) -> Response:
        """Notes an event of the Link pages."""
        session = link_session_of(request)
        ratelimit.check(EVENTS, session.pk, self.now())
        told = self.body(request, serializers.EventBody)
        sessions.record_event(session, told["name"], self.now(), told.get("exit_status", ""))
        return self.answer({})


class Authorize(ApiView):
    """POST▲ /v1/link/authorize"""

    authentication_classes = [authentication.UserAuthentication]

    def post(self, request: Request) -> Response:
        """The person's approval: a new pending connection, or (update mode) a changed one."""
        if isinstance(request.data, dict) and "connectionId" in request.data:
            return self._update(request)
        body = self.body(request, serializers.AuthorizeBody)
        authentication.require_elevation(request)
        approval = authorize.Approval(
            public_token_hash=body["publicTokenHash"],
            granted_key=body["grantedKey"],
            owner_grant=body["ownerGrant"],
            sealed_keys=body["sealedKeys"],
            terms=terms_of(body),
        )
        connection = authorize.authorize(
            authentication.user_of(request), body["linkToken"], approval, self.now(), authentication.session_of(request)
        )
        expires_at = rfc3339(connection.public_token_expires_at)
        return self.answer({"connectionId": connection.pk, "expiresAt": expires_at})

    def _update(self, request: Request) -> Response:
        user = authentication.user_of(request)
        body = self.body(request, serializers.AuthorizeUpdateBody)
        authentication.require_elevation(request)
        connection = authorize.authorize_update(
            user, body["linkToken"], body["connectionId"], change_of(body), self.now(), authentication.session_of(request)
        )
        return self.answer({"connectionId": connection.pk, "expiresAt": rfc3339(connection.expires_at)})


class Exchange(ApiView):
    """POST /v1/link/exchange"""

    authentication_classes = [authentication.AppAuthentication]

    @idempotent(holds_secret=True)
    def post(self, request: Request) -> Response:
        """A public token's access token, once."""
        body = self.body(request, serializers.ExchangeBody)
        done = exchanging.exchange(authentication.app_of(request), body["publicToken"], body.get("clientUserId", ""), self.now())
        connection = done.connection
        data = {
            "accessToken": done.access_token,
            "connectionId": connection.pk,
            "linkSessionId": connection.link_session_id,
            "clientUserId": connection.client_user_id or None,
            "providers": sorted(connection.sealed_keys.values_list("provider", flat=True)),
            "budgetCents": connection.budget_cents,
            "limits": serializers.limits_of(connection),
        }
        return self.answer(data)


def terms_of(body: dict[str, Any]) -> Terms:
    """The terms of a validated body with `budgetCents` and perhaps `limits`."""
    return Terms(body["budgetCents"]).changed(None, body.get("limits", {}))
