"""Shapes of what accounts take and answer; camelCase lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework import serializers

from accounts.services import logos, sessions
from relay.core.fields import (
    AbsoluteUrlField,
    BlobField,
    BytesField,
    EmailField,
    OriginField,
    TextField,
    YesNoField,
)
from relay.core.times import rfc3339
from relay.crypto.encoding import b64u_decode
from relay.crypto.errors import BadEncoding
from relay.crypto.kdf import Kdf, check_kdf

if TYPE_CHECKING:
    from accounts.models import App, User, UserSession


class KdfField(serializers.Field[Kdf, Any, Any, Any]):
    """Derivation parameters strong enough for a new password (protocol.md)."""

    def to_internal_value(self, data: Any) -> Kdf:
        """The checked parameters."""
        try:
            return check_kdf(data, for_new_password=True)
        except BadEncoding:
            raise serializers.ValidationError(
                "Must be argon2id with a salt of 16 bytes, at least 65536 KiB and 3 iterations, parallelism 1."
            ) from None


class PreloginBody(serializers.Serializer[Any]):
    """POST /v1/auth/prelogin."""

    email = EmailField()


class RegisterBody(serializers.Serializer[Any]):
    """POST /v1/auth/register."""

    email = EmailField()
    kdf = KdfField()
    loginPublicKey = BytesField(length=32)
    registerProof = BytesField(length=64)
    wrappedVaultKey = BlobField(smallest=32, largest=32)
    recoveryPublicKey = BytesField(length=32, required=False)
    recoveryVaultKey = BlobField(smallest=32, largest=32, required=False)


class LoginBody(serializers.Serializer[Any]):
    """POST /v1/auth/login."""

    email = EmailField()
    challenge = TextField(max_length=64)
    loginProof = BytesField(length=64)


class UnlockBody(serializers.Serializer[Any]):
    """POST /v1/auth/unlock."""

    challenge = TextField(max_length=64)
    loginProof = BytesField(length=64)


class LogoField(serializers.Field[bytes, Any, str, Any]):
    """b64u of a square PNG of at most 64 KiB; answers its bytes."""

    def to_internal_value(self, data: Any) -> bytes:
        """The picture, looked into."""
        try:
            return logos.check_png(b64u_decode(data))
        except BadEncoding:
            raise serializers.ValidationError("Must be a PNG picture in base64url without padding.") from None
        except logos.BadPicture as error:
            raise serializers.ValidationError(error.why) from None


class LogoBody(serializers.Serializer[Any]):
    """PUT /v1/apps/:id/logo."""

    png = LogoField()


class VerifyBody(serializers.Serializer[Any]):
    """POST /v1/apps/:id/verify."""

    origin = OriginField()


class AppBody(serializers.Serializer[Any]):
    """POST and PATCH /v1/apps."""

    name = TextField(max_length=80)
    websiteUrl = AbsoluteUrlField(required=False, allow_null=True, source="website_url")
    allowedOrigins = serializers.ListField(child=OriginField(), max_length=20, source="allowed_origins")
    redirectUris = serializers.ListField(child=AbsoluteUrlField(), max_length=20, required=False, source="redirect_uris")
    webhookUrl = AbsoluteUrlField(required=False, allow_null=True, source="webhook_url")
    testMode = YesNoField(required=False, source="test_mode")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Null clears an address: no row keeps two words for none."""
        return {name: "" if value is None else value for name, value in attrs.items()}


class AppChangeBody(AppBody):
    """PATCH /v1/apps/:id: any of the members."""

    name = TextField(max_length=80, required=False)
    allowedOrigins = serializers.ListField(child=OriginField(), max_length=20, required=False, source="allowed_origins")


class RotateBody(serializers.Serializer[Any]):
    """POST /v1/apps/:id/rotate-secret."""

    immediately = YesNoField(required=False)


def present_user(user: User) -> dict[str, Any]:
    """The public face of a user."""
    return {
        "id": user.pk,
        "email": user.email,
        "emailVerified": user.email_verified_at is not None,
        "createdAt": rfc3339(user.created_at),
    }


def present_signed_in(opened: sessions.Opened) -> dict[str, Any]:
    """What register and login answer, but for the credential itself."""
    session = opened.session
    assert session.elevated_until is not None
    return {
        "user": present_user(session.user),
        "sessionId": session.pk,
        "expiresAt": rfc3339(session.expires_at),
        "elevation": opened.elevation,
        "elevatedUntil": rfc3339(session.elevated_until),
    }


def present_session_row(session: UserSession, current: UserSession) -> dict[str, Any]:
    """One row of the devices list."""
    return {
        "id": session.pk,
        "kind": session.kind,
        "current": session.pk == current.pk,
        "userAgent": session.user_agent,
        "createdAt": rfc3339(session.created_at),
        "lastUsedAt": rfc3339(session.last_used_at),
        "expiresAt": rfc3339(session.expires_at),
    }


def present_app(app: App) -> dict[str, Any]:
    """An app as its developer sees it; never the secret."""
    return {
        "id": app.pk,
        "clientId": app.client_id,
        "name": app.name,
        "websiteUrl": app.website_url or None,
        "allowedOrigins": app.allowed_origins,
        "redirectUris": app.redirect_uris,
        "webhookUrl": app.webhook_url or None,
        "verified": app.verified,
        "verifiedOrigins": app.verified_origins,
        "lostOrigins": app.lost_origins,
        "logoUrl": settings.RELAY_ORIGINS[0] + app.logo_path if app.logo_hash else None,
        "testMode": app.test_mode,
        "createdAt": rfc3339(app.created_at),
    }
