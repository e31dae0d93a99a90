"""/v1/usage and /v1/budget (api.md, "Connections and usage")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import StreamingHttpResponse

from accounts import authentication
from accounts.models import User
from accounts.services import activity
from relay.core.errors import OriginNotAllowed
from relay.core.views import ApiView
from usage import export, reports, serializers, services

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response


class Usage(ApiView):
    """GET /v1/usage"""

    authentication_classes = [authentication.UserAuthentication, authentication.AppAuthentication]

    def get(self, request: Request) -> Response:
        """The caller's own calls, summed by group: a user's over all apps, an app's over all its users."""
        query = serializers.read_usage_query(request.query_params, self.now())
        caller: Any = request.user  # a User or an App, as authentication found
        whose = Q(user_id=caller.pk) if isinstance(caller, User) else Q(app_id=caller.pk)
        if query.connection_id is not None:
            whose &= Q(connection_id=query.connection_id)
        return self.answer(serializers.present_report(reports.report(whose, query.start, query.end, query.groups)))


class Ledger(ApiView):
    """GET /v1/ledger"""

    authentication_classes = [authentication.UserAuthentication]

    def get(self, request: Request) -> StreamingHttpResponse:
        """Every call of the user's connections as a file: `?format=csv` (as it is without one) or `jsonl`, oldest first.

        It writes an activity, so another site's link must not make it: raises OriginNotAllowed.
        """
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise OriginNotAllowed
        form = serializers.read_ledger_form(request.query_params)
        session, now = authentication.session_of(request), self.now()
        activity.record(session.user, "exported", now, session=session, subject=f"Every call, as {form}")
        name = f'attachment; filename="1relay-ledger.{form}"'
        return StreamingHttpResponse(
            export.ledger(session.user_id, form, now), content_type=export.MEDIA[form], headers={"Content-Disposition": name}
        )


class UserCap(ApiView):
    """PUT▲ /v1/budget"""

    authentication_classes = [authentication.UserAuthentication]

    def put(self, request: Request) -> Response:
        """Caps what all of the user's connections may spend together in a UTC month."""
        body = self.body(request, serializers.UserCapBody)
        authentication.require_elevation(request)
        session = authentication.session_of(request)
        balance = services.set_user_cap(session.user_id, body["budgetCents"], self.now(), session)
        return self.answer(serializers.present_user_cap(balance))
