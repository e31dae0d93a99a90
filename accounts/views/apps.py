"""/v1/apps: a developer's own apps (api.md, "Apps")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import authentication, serializers
from accounts.services import apps
from relay.core import pagination
from relay.core.idempotency import idempotent
from relay.core.times import rfc3339
from relay.core.views import ApiView

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response


class Apps(ApiView):
    """GET and POST /v1/apps"""

    authentication_classes = [authentication.UserAuthentication]

    def get(self, request: Request) -> Response:
        """Own apps, newest first."""
        rows, cursor = pagination.page(request, authentication.user_of(request).apps.all())
        return self.answer({"items": [serializers.present_app(app) for app in rows], "nextCursor": cursor})

    @idempotent(holds_secret=True)
    def post(self, request: Request) -> Response:
        """A new app; its client secret stands only in this answer."""
        fields = self.body(request, serializers.AppBody)
        made = apps.register_app(authentication.user_of(request), fields, self.now())
        return self.answer(serializers.present_app(made.app) | {"clientSecret": made.client_secret}, 201)


class OneApp(ApiView):
    """GET, PATCH▲ and DELETE▲ /v1/apps/:id"""

    authentication_classes = [authentication.UserAuthentication]

    def get(self, request: Request, app_id: str) -> Response:
        """One own app."""
        return self.answer(serializers.present_app(apps.app_of(authentication.user_of(request), app_id)))

    def patch(self, request: Request, app_id: str) -> Response:
        """Changes the given members."""
        app = apps.app_of(authentication.user_of(request), app_id)
        fields = self.body(request, serializers.AppChangeBody)
        authentication.require_elevation(request)
        return self.answer(serializers.present_app(apps.change_app(app, fields)))

    def delete(self, request: Request, app_id: str) -> Response:
        """Deletes the app and every connection it was given."""
        app = apps.app_of(authentication.user_of(request), app_id)
        authentication.require_elevation(request)
        app.delete()
        return self.answer({})


class RotateSecret(ApiView):
    """POST▲ /v1/apps/:id/rotate-secret"""

    authentication_classes = [authentication.UserAuthentication]

    @idempotent(holds_secret=True)
    def post(self, request: Request, app_id: str) -> Response:
        """A new client secret; the old one works 24 h more unless `immediately`."""
        app = apps.app_of(authentication.user_of(request), app_id)
        body = self.body(request, serializers.RotateBody)
        authentication.require_elevation(request)
        rotated = apps.rotate_secret(app, immediately=body.get("immediately", False), now=self.now())
        until = rotated.app.previous_expires_at
        return self.answer(
            {
                "clientSecret": rotated.client_secret,
                "previousExpiresAt": rfc3339(until) if until else None,
            }
        )
