"""/v1/apps: a developer's own apps (api.md, "Apps")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import authentication, serializers
from accounts.services import apps, logos, verification
from relay.core import pagination, ratelimit
from relay.core.idempotency import idempotent
from relay.core.times import rfc3339
from relay.core.views import ApiView

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

VERIFY = ratelimit.Limit("verify-origin", 20, 60)
"""The relay makes a request of its own for each of these calls."""


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
        session = authentication.session_of(request)
        made = apps.register_app(session.user, fields, self.now(), session=session)
        return self.answer(serializers.present_app(made.app) | {"clientSecret": made.client_secret}, 201)


class RotateSecret(ApiView):
    """POST▲ /v1/apps/:id/rotate-secret"""

    authentication_classes = [authentication.UserAuthentication]

    @idempotent(holds_secret=True)
    def post(self, request: Request, app_id: str) -> Response:
        """A new client secret; the old one works 24 h more unless `immediately`."""
        app = apps.app_of(authentication.user_of(request), app_id)
        body = self.body(request, serializers.RotateBody)
        authentication.require_elevation(request)
        session = authentication.session_of(request)
        rotated = apps.rotate_secret(app, immediately=body.get("immediately", False), now=self.now(), session=session)
        until = rotated.app.previous_expires_at
        return self.answer(
            {
                "clientSecret": rotated.client_secret,
                "previousExpiresAt": rfc3339(until) if until else None,
            }
        )


class PreviousSecret(ApiView):
    """DELETE▲ /v1/apps/:id/previous-secret"""

    authentication_classes = [authentication.UserAuthentication]

    def delete(self, request: Request, app_id: str) -> Response:
        """Ends the overlap of a rotation: the old secret works no more."""
        app = apps.app_of(authentication.user_of(request), app_id)
        authentication.require_elevation(request)
        apps.stop_previous_secret(app, self.now(), session=authentication.session_of(request))
        return self.answer({})


class Logo(ApiView):
    """PUT▲ and DELETE▲ /v1/apps/:id/logo"""

    authentication_classes = [authentication.UserAuthentication]

    def put(self, request: Request, app_id: str) -> Response:
        """A square PNG of at most 64 KiB that people see where they approve."""
        app = apps.app_of(authentication.user_of(request), app_id)
        picture = self.body(request, serializers.LogoBody)["png"]
        authentication.require_elevation(request)
        changed = logos.set_logo(app, picture, self.now(), session=authentication.session_of(request))
        return self.answer(serializers.present_app(changed))

    def delete(self, request: Request, app_id: str) -> Response:
        """Takes the logo away: the first letter of the name stands in for it."""
        app = apps.app_of(authentication.user_of(request), app_id)
        authentication.require_elevation(request)
        changed = logos.set_logo(app, None, self.now(), session=authentication.session_of(request))
        return self.answer(serializers.present_app(changed))


class VerifyOrigin(ApiView):
    """POST /v1/apps/:id/verify"""

    authentication_classes = [authentication.UserAuthentication]

    def post(self, request: Request, app_id: str) -> Response:
        """Asks one of the app's origins whether it names the app, now."""
        user = authentication.user_of(request)
        app = apps.app_of(user, app_id)
        body = self.body(request, serializers.VerifyBody)
        ratelimit.check(VERIFY, user.pk, self.now())
        verdict = verification.verify(app, body["origin"], self.now())
        return self.answer({"origin": verdict.origin, "verified": verdict.is_verified, "why": verdict.why or None})
