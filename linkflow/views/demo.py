"""/v1/demo/month: only where DEBUG is on, and in no document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgiref.sync import async_to_sync

from accounts import authentication
from linkflow.services import demo_month
from relay.core.views import ApiView

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response


class DemoMonth(ApiView):
    """POST /v1/demo/month"""

    authentication_classes = [authentication.UserAuthentication]
    schema = None  # in no document

    def post(self, request: Request) -> Response:
        """Fills the caller's connections with a month of sandbox calls."""
        connections = demo_month.usable_by(authentication.user_of(request), self.now())
        made = async_to_sync(demo_month.fill)(connections, self.now())
        return self.answer({"connections": len(connections), "calls": made})
