"""/v1/connections (api.md, "Connections and usage")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts import authentication
from accounts.models import User
from linkflow import serializers
from linkflow.limits import Terms
from linkflow.models import Connection
from linkflow.services import connections, personal
from relay.core import pagination
from relay.core.errors import InvalidRequest
from relay.core.idempotency import idempotent
from relay.core.views import ApiView
from relay.providers import registry
from usage.services import balances, last_used_at

if TYPE_CHECKING:
    from datetime import datetime

    from rest_framework.request import Request
    from rest_framework.response import Response

    from linkflow.models import ConnectionQuerySet

_STATUSES = frozenset({Connection.PENDING, Connection.ACTIVE, Connection.PAUSED, Connection.REVOKED, Connection.EXPIRED})


class ConnectionView(ApiView):
    """What lists and single connections share."""

    authentication_classes = [authentication.UserAuthentication, authentication.AppAuthentication]

    def present(self, request: Request, rows: list[Connection]) -> list[dict[str, Any]]:
        """The items, with balances and last uses looked up together."""
        now, ids = self.now(), [row.pk for row in rows]
        by_id, used = balances(ids, now), last_used_at(ids)
        to_owner = isinstance(authentication.caller_of(request), User)
        return [serializers.present_connection(row, by_id[row.pk], used.get(row.pk), now, to_owner=to_owner) for row in rows]


class Connections(ConnectionView):
    """GET /v1/connections; POST▲ makes a personal one"""

    def get(self, request: Request) -> Response:
        """The caller's connections, newest first; `?provider=&status=`."""
        rows = _filtered(connections.visible_to(authentication.caller_of(request)).filter(trial=False), request, self.now())
        found, cursor = pagination.page(request, rows)
        return self.answer({"items": self.present(request, found), "nextCursor": cursor})

    def post(self, request: Request) -> Response:
        """A personal connection for the user's own tools."""
        user = authentication.user_of(request)
        body = self.body(request, serializers.PersonalBody)
        authentication.require_elevation(request)
        serializers.check_known(body["sealedKeys"])
        given = personal.Personal(
            connection_id=body["id"],
            name=body["name"],
            access_token_hash=body["accessTokenHash"],
            held_key=body["heldKey"],
            owner_grant=body["ownerGrant"],
            sealed_keys=body["sealedKeys"],
            terms=Terms(body["budgetCents"]).changed(None, body.get("limits", {})),
            trial=body.get("trial", False),
        )
        connection, is_new = personal.create(user, given, self.now(), authentication.session_of(request))
        return self.answer(self.present(request, [connection])[0], 201 if is_new else 200)


class OneConnection(ConnectionView):
    """GET, PATCH and DELETE /v1/connections/:id"""

    def get(self, request: Request, connection_id: str) -> Response:
        """One connection."""
        return self.answer(self.present(request, [connections.find(authentication.caller_of(request), connection_id)])[0])

    @idempotent()
    def patch(self, request: Request, connection_id: str) -> Response:
        """Changes budget, limits, status, seals; ▲ unless it only lowers, pauses or removes."""
        user = authentication.user_of(request)
        body = self.body(request, serializers.ChangeBody)
        elevated = authentication.is_elevated(request)
        connection = connections.change(
            user, connection_id, change_of(body), self.now(), elevated=elevated, by=authentication.session_of(request)
        )
        return self.answer(self.present(request, [connection])[0])

    def delete(self, request: Request, connection_id: str) -> Response:
        """Revokes: new calls at once, running streams within a second."""
        caller = authentication.caller_of(request)
        by = authentication.session_of(request) if isinstance(caller, User) else None
        connections.revoke(caller, connection_id, self.now(), by)
        return self.answer({})


def change_of(body: dict[str, Any]) -> connections.Change:
    """The change a validated body asks for. Raises UnsupportedProvider."""
    serializers.check_known(body.get("sealedKeys", {}))
    return connections.Change(
        budget_cents=body.get("budgetCents"),
        limits=dict(body.get("limits", {})),
        status=body.get("status"),
        sealed_keys=body.get("sealedKeys", {}),
        owner_grant=body.get("ownerGrant"),
        remove_providers=frozenset(body.get("removeProviders", [])),
    )


def _filtered(rows: ConnectionQuerySet, request: Request, now: datetime) -> ConnectionQuerySet:
    provider, status = request.query_params.get("provider"), request.query_params.get("status")
    if status is not None:
        if status not in _STATUSES:
            raise InvalidRequest(fields={"status": [f"Must be one of {', '.join(sorted(_STATUSES))}."]})
        rows = rows.with_status_at(status, now)
    if provider is not None:
        if registry.provider(provider) is None:
            raise InvalidRequest(fields={"provider": ["Must be the id of a provider this relay knows."]})
        rows = rows.filter(sealed_keys__provider=provider)
    return rows
