"""/v1/apps/:id (api.md, "Apps"): here, because people's connections are part of what ends with an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import authentication, serializers
from accounts.services import apps
from linkflow.services.app_end import end_app
from relay.core.views import ApiView

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response


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
        changed = apps.change_app(app, fields, self.now(), session=authentication.session_of(request))
        return self.answer(serializers.present_app(changed))

    def delete(self, request: Request, app_id: str) -> Response:
        """Deletes the app and every connection it was given; the connections' owners are told."""
        app = apps.app_of(authentication.user_of(request), app_id)
        authentication.require_elevation(request)
        end_app(app, self.now(), session=authentication.session_of(request))
        return self.answer({})
