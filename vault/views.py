"""/v1/keys (api.md, "Vault")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import authentication
from relay.core import pagination
from relay.core.errors import UnsupportedProvider
from relay.core.idempotency import idempotent
from relay.core.views import ApiView
from relay.providers import registry
from usage.services import providers_last_used_at
from vault import serializers, services

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response


class Keys(ApiView):
    """GET and POST▲ /v1/keys"""

    authentication_classes = [authentication.UserAuthentication]
    refused_members = frozenset({"apiKey", "key"})

    def get(self, request: Request) -> Response:
        """The user's sealed items, newest first."""
        rows, cursor = pagination.page(request, authentication.user_of(request).vault_items.all())
        used = providers_last_used_at(authentication.user_of(request).pk)
        items = [serializers.present_item(item, used.get(item.provider)) for item in rows]
        return self.answer({"items": items, "nextCursor": cursor})

    @idempotent()
    def post(self, request: Request) -> Response:
        """Stores or replaces the key of a provider."""
        body = self.body(request, serializers.KeyBody)
        authentication.require_elevation(request)
        if registry.provider(body["provider"]) is None:
            raise UnsupportedProvider(details={"provider": body["provider"]})
        item, is_new = services.put_key(
            authentication.user_of(request),
            body["provider"],
            body["ciphertext"],
            body.get("sealedKeys", {}),
            frozenset(body.get("dropConnections", [])),
            self.now(),
            authentication.session_of(request),
        )
        last_used_at = providers_last_used_at(authentication.user_of(request).pk).get(item.provider)
        return self.answer(serializers.present_item(item, last_used_at), 201 if is_new else 200)


class OneKey(ApiView):
    """PATCH▲ and DELETE▲ /v1/keys/:provider"""

    authentication_classes = [authentication.UserAuthentication]
    refused_members = frozenset({"apiKey", "key"})

    def patch(self, request: Request, provider: str) -> Response:
        """Stores the key under another label."""
        body = self.body(request, serializers.LabelBody)
        authentication.require_elevation(request)
        user, by = authentication.user_of(request), authentication.session_of(request)
        item = services.relabel_key(user, provider, body["ciphertext"], body["previousCiphertext"], self.now(), by)
        return self.answer(serializers.present_item(item, providers_last_used_at(user.pk).get(item.provider)))

    def delete(self, request: Request, provider: str) -> Response:
        """Deletes the key and its sealed copies."""
        authentication.require_elevation(request)
        affected = services.delete_key(authentication.user_of(request), provider, self.now(), authentication.session_of(request))
        return self.answer({"deleted": True, "connectionsAffected": affected})
