"""/v1/activity, and confirming an email address (api.md, "Accounts")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import activity_serializers, authentication
from accounts.services import activity, email
from accounts.views.auth import PublicAuthView, SessionView
from relay.core import pagination, ratelimit

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

VERIFY_MAILS = ratelimit.Limit("verify-mails", 5, 3600)


class ActivityLog(SessionView):
    """GET /v1/activity"""

    def get(self, request: Request) -> Response:
        """What was done to the account, newest first; `?group=`."""
        group = activity_serializers.read_group(request.query_params)
        rows, cursor = pagination.page(request, activity.of(authentication.user_of(request), group), by="at")
        return self.answer({"items": [activity_serializers.present_activity(row) for row in rows], "nextCursor": cursor})


class VerifyEmail(PublicAuthView):
    """POST /v1/auth/verify-email"""

    def post(self, request: Request) -> Response:
        """Confirms the address that a mailed token was sent to; signed in or not."""
        email.confirm(self.body(request, activity_serializers.VerifyEmailBody)["token"], self.now())
        return self.answer({})


class SendVerifyEmail(SessionView):
    """POST /v1/auth/verify-email/send"""

    def post(self, request: Request) -> Response:
        """Has the mail sent again; does nothing where the address is confirmed."""
        ratelimit.check(VERIFY_MAILS, authentication.user_of(request).pk, self.now())
        email.ask(authentication.user_of(request), self.now())
        return self.answer({})
