"""/v1/auth/account (api.md, "Accounts"): here, because connections and the ledger are part of what ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import authentication
from linkflow.serializers import DeleteAccountBody
from linkflow.services.account_end import end_account
from relay.core import ratelimit
from relay.core.views import ApiView

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

DELETIONS = ratelimit.Limit("account-deletions", 60, 300)


class Account(ApiView):
    """DELETE▲ /v1/auth/account"""

    authentication_classes = [authentication.UserAuthentication]

    def delete(self, request: Request) -> Response:
        """Deletes the account with everything in it."""
        body = self.body(request, DeleteAccountBody)
        authentication.require_elevation(request)
        session = authentication.session_of(request)
        ratelimit.check(DELETIONS, session.pk, self.now())
        end_account(session, body["challenge"], body["deleteProof"], self.now())
        return authentication.signed_out(self.answer({}), session)
