"""/v1/webhooks and /v1/apps/:id/webhooks (api.md, "Webhooks")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import authentication
from accounts.services import apps
from relay.core import pagination, ratelimit
from relay.core.idempotency import idempotent
from relay.core.views import ApiView
from webhooks import serializers
from webhooks.services import deliveries, endpoints

if TYPE_CHECKING:
    from datetime import datetime

    from rest_framework.request import Request
    from rest_framework.response import Response

    from accounts.models import App
    from webhooks.models import Event

SENDING = ratelimit.Limit("webhooks", 30, 60)
"""Tests and replays of one app: each makes the relay send something."""


class Test(ApiView):
    """POST /v1/webhooks/test"""

    authentication_classes = [authentication.AppAuthentication]

    def post(self, request: Request) -> Response:
        """Has a webhook.test sent to the calling app."""
        app = authentication.app_of(request)
        return self.answer(serializers.present_delivery(_test(app, self.now())), 201)


class AppView(ApiView):
    """What the developer of an app may ask for."""

    authentication_classes = [authentication.UserAuthentication]

    def app(self, request: Request, app_id: str) -> App:
        """The caller's own app. Raises NotFound."""
        return apps.app_of(authentication.user_of(request), app_id)


class OneEndpoint(AppView):
    """GET /v1/apps/:id/webhooks"""

    def get(self, request: Request, app_id: str) -> Response:
        """Where the app's events go, and whether they do."""
        app = self.app(request, app_id)
        return self.answer(serializers.present_endpoint(app, endpoints.of_app(app), self.now()))


class RotateSecret(AppView):
    """POST▲ /v1/apps/:id/webhooks/rotate-secret"""

    @idempotent(holds_secret=True)
    def post(self, request: Request, app_id: str) -> Response:
        """The app's first signing secret, or a new one; the old one signs along for 24 h unless `immediately`."""
        app = self.app(request, app_id)
        body = self.body(request, serializers.RotateSigningBody)
        authentication.require_elevation(request)
        session = authentication.session_of(request)
        made = endpoints.rotate_secret(app, immediately=body.get("immediately", False), now=self.now(), session=session)
        return self.answer(serializers.present_secret(made))


class Enable(AppView):
    """POST▲ /v1/apps/:id/webhooks/enable"""

    def post(self, request: Request, app_id: str) -> Response:
        """Sends to a stopped endpoint again."""
        app = self.app(request, app_id)
        authentication.require_elevation(request)
        endpoint = endpoints.enable(app, self.now(), authentication.session_of(request))
        return self.answer(serializers.present_endpoint(app, endpoint, self.now()))


class AppTest(AppView):
    """POST /v1/apps/:id/webhooks/test"""

    def post(self, request: Request, app_id: str) -> Response:
        """Has a webhook.test sent to the app."""
        return self.answer(serializers.present_delivery(_test(self.app(request, app_id), self.now())), 201)


class Deliveries(AppView):
    """GET /v1/apps/:id/webhooks/deliveries"""

    def get(self, request: Request, app_id: str) -> Response:
        """The app's events of the last thirty days, newest first."""
        rows, cursor = pagination.page(request, deliveries.of_app(self.app(request, app_id)))
        return self.answer({"items": [serializers.present_delivery(event) for event in rows], "nextCursor": cursor})


class OneDelivery(AppView):
    """GET /v1/apps/:id/webhooks/deliveries/:id"""

    def get(self, request: Request, app_id: str, event_id: str) -> Response:
        """One event and its attempts."""
        return self.answer(serializers.present_delivery(deliveries.find(self.app(request, app_id), event_id)))


class Replay(AppView):
    """POST /v1/apps/:id/webhooks/deliveries/:id/replay"""

    def post(self, request: Request, app_id: str, event_id: str) -> Response:
        """Sends an event again, under its own id."""
        app = self.app(request, app_id)
        ratelimit.check(SENDING, app.pk, self.now())
        return self.answer(serializers.present_delivery(deliveries.replay(app, event_id, self.now())))


def _test(app: App, now: datetime) -> Event:
    ratelimit.check(SENDING, app.pk, now)
    return deliveries.send_test(app, now)
