"""/v1/sandbox: connections without a browser, and webhook events on demand (api.md, "Sandbox")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import authentication
from linkflow import sandbox_serializers
from linkflow.services import sandbox
from linkflow.views.sessions import terms_of
from relay.core import ratelimit
from relay.core.idempotency import idempotent
from relay.core.times import rfc3339
from relay.core.views import ApiView
from webhooks.serializers import present_delivery
from webhooks.services import deliveries

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

CALLS = ratelimit.Limit("sandbox", 60, 60)
"""Of one app: each makes a connection or an event."""
DEFAULT_CENTS = 500


class SandboxLink(ApiView):
    """POST /v1/sandbox/link"""

    authentication_classes = [authentication.AppAuthentication]

    @idempotent(holds_secret=True)
    def post(self, request: Request) -> Response:
        """A public token for the sandbox, approved by the app's test user."""
        app = authentication.app_of(request)
        body = self.body(request, sandbox_serializers.SandboxLinkBody)
        ratelimit.check(CALLS, app.pk, self.now())
        outcome = sandbox.outcome_named(body.get("outcome", "works"))
        made = sandbox.link(app, body.get("client_user_id", ""), outcome, terms_of({"budgetCents": DEFAULT_CENTS, **body}), self.now())
        data = {
            "publicToken": made.public_token,
            "connectionId": made.connection.pk,
            "linkSessionId": made.connection.link_session_id,
            "expiresAt": rfc3339(made.connection.public_token_expires_at),
        }
        return self.answer(data, 201)


class SandboxFire(ApiView):
    """POST /v1/sandbox/fire"""

    authentication_classes = [authentication.AppAuthentication]

    def post(self, request: Request) -> Response:
        """Has the app told an event of one of its sandbox connections."""
        app = authentication.app_of(request)
        body = self.body(request, sandbox_serializers.SandboxFireBody)
        ratelimit.check(CALLS, app.pk, self.now())
        event = sandbox.fire(app, body["connectionId"], body["type"], self.now())
        return self.answer(present_delivery(deliveries.find(app, event.pk)), 201)
