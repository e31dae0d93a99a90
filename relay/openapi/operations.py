"""What the document says of each route that its view does not: who calls, what goes in, what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from accounts import activity_serializers as activity
from accounts import security_serializers as security
from accounts import serializers as accounts
from accounts.services.activity import GROUPS as ACTIVITY_GROUPS
from linkflow import sandbox_serializers as sandbox
from linkflow import serializers as linkflow
from usage import serializers as usage
from usage.export import MEDIA
from usage.reports import GROUPS
from vault import serializers as vault
from webhooks import serializers as webhooks

if TYPE_CHECKING:
    from rest_framework.serializers import Serializer

    Body = type[Serializer[Any]]

NOBODY: tuple[str, ...] = ()
USER = ("user", "page")
APP = ("app",)
USER_OR_APP = ("user", "page", "app")


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. `answer` names a component; `bodies` are alternatives; `callers` name security schemes, none: anybody.

    Only JSON has the envelope around it; other `media` are files, for which `answer` is one line.
    """

    name: str
    callers: tuple[str, ...]
    answer: str
    bodies: tuple[Body, ...] = ()
    statuses: tuple[int, ...] = (200,)
    elevated: bool = False
    repeatable: bool = False
    query: dict[str, dict[str, Any]] = field(default_factory=dict)
    media: tuple[str, ...] = ("application/json",)


_TEXT = {"type": "string"}
_PAGE: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    "cursor": _TEXT | {"description": "nextCursor of the page before"},
}
_CONNECTIONS = _PAGE | {"provider": _TEXT, "status": {"enum": ["pending", "active", "paused", "revoked", "expired"]}}
_USAGE: dict[str, dict[str, Any]] = {
    "from": _TEXT | {"description": "RFC 3339 time or day; by default the beginning of this UTC month"},
    "to": _TEXT | {"description": "RFC 3339 time, or a day, which is included; by default now"},
    "groupBy": _TEXT | {"description": f"any of {', '.join(GROUPS)}, with commas between"},
    "connectionId": _TEXT,
}
_LEDGER: dict[str, dict[str, Any]] = {"format": {"enum": list(MEDIA), "default": "csv"}}

OPERATIONS: dict[str, Operation] = {
    "POST /v1/auth/prelogin": Operation("prelogin", NOBODY, "Prelogin", (accounts.PreloginBody,)),
    "POST /v1/auth/register": Operation("register", NOBODY, "Registered", (accounts.RegisterBody,), (201,)),
    "POST /v1/auth/login": Operation("login", NOBODY, "LoggedIn", (accounts.LoginBody,)),
    "POST /v1/auth/unlock": Operation("unlock", USER, "Unlocked", (accounts.UnlockBody,)),
    "GET /v1/auth/session-key": Operation("readSessionKey", ("page",), "SessionKey"),
    "POST /v1/auth/lock": Operation("lock", ("page",), "Nothing"),
    "POST /v1/auth/logout": Operation("logout", USER, "Nothing"),
    "GET /v1/auth/me": Operation("readMe", USER, "Me"),
    "GET /v1/auth/sessions": Operation("listSessions", USER, "Sessions"),
    "DELETE /v1/auth/sessions": Operation("endOtherSessions", USER, "EndedSessions"),
    "DELETE /v1/auth/sessions/{session_id}": Operation("endSession", USER, "Nothing"),
    "PUT /v1/auth/password": Operation("changePassword", USER, "LoggedIn", (security.PasswordBody,), elevated=True),
    "PUT /v1/auth/recovery": Operation("setRecovery", USER, "Nothing", (security.RecoveryBody,), elevated=True),
    "POST /v1/auth/recover/read": Operation("readRecovery", NOBODY, "RecoveryWrap", (security.RecoverReadBody,)),
    "POST /v1/auth/recover": Operation("recover", NOBODY, "LoggedIn", (security.RecoverBody,)),
    "PUT /v1/auth/auto-lock": Operation("setAutoLock", USER, "AutoLock", (security.AutoLockBody,), elevated=True),
    "DELETE /v1/auth/account": Operation("deleteAccount", USER, "Nothing", (linkflow.DeleteAccountBody,), elevated=True),
    "POST /v1/auth/verify-email": Operation("verifyEmail", NOBODY, "Nothing", (activity.VerifyEmailBody,)),
    "POST /v1/auth/verify-email/send": Operation("sendVerifyEmail", USER, "Nothing"),
    "GET /v1/activity": Operation("listActivity", USER, "Activities", query=_PAGE | {"group": {"enum": sorted(ACTIVITY_GROUPS)}}),
    "GET /v1/keys": Operation("listKeys", USER, "VaultItems", query=_PAGE),
    "POST /v1/keys": Operation("putKey", USER, "VaultItem", (vault.KeyBody,), (200, 201), elevated=True, repeatable=True),
    "PATCH /v1/keys/{provider}": Operation("relabelKey", USER, "VaultItem", (vault.LabelBody,), elevated=True),
    "DELETE /v1/keys/{provider}": Operation("deleteKey", USER, "DeletedKey", elevated=True),
    "GET /v1/apps": Operation("listApps", USER, "Apps", query=_PAGE),
    "POST /v1/apps": Operation("createApp", USER, "NewApp", (accounts.AppBody,), (201,), repeatable=True),
    "GET /v1/apps/{app_id}": Operation("readApp", USER, "App"),
    "PATCH /v1/apps/{app_id}": Operation("changeApp", USER, "App", (accounts.AppChangeBody,), elevated=True),
    "DELETE /v1/apps/{app_id}": Operation("deleteApp", USER, "Nothing", elevated=True),
    "POST /v1/apps/{app_id}/rotate-secret": Operation(
        "rotateSecret", USER, "NewSecret", (accounts.RotateBody,), elevated=True, repeatable=True
    ),
    "DELETE /v1/apps/{app_id}/previous-secret": Operation("stopPreviousSecret", USER, "Nothing", elevated=True),
    "PUT /v1/apps/{app_id}/logo": Operation("setLogo", USER, "App", (accounts.LogoBody,), elevated=True),
    "DELETE /v1/apps/{app_id}/logo": Operation("removeLogo", USER, "App", elevated=True),
    "POST /v1/apps/{app_id}/verify": Operation("verifyOrigin", USER, "Verdict", (accounts.VerifyBody,)),
    "GET /v1/apps/{app_id}/webhooks": Operation("readWebhooks", USER, "Webhooks"),
    "POST /v1/apps/{app_id}/webhooks/rotate-secret": Operation(
        "rotateSigningSecret", USER, "NewSigningSecret", (webhooks.RotateSigningBody,), elevated=True, repeatable=True
    ),
    "POST /v1/apps/{app_id}/webhooks/enable": Operation("enableWebhooks", USER, "Webhooks", elevated=True),
    "POST /v1/apps/{app_id}/webhooks/test": Operation("sendAppTestWebhook", USER, "Delivery", statuses=(201,)),
    "GET /v1/apps/{app_id}/webhooks/deliveries": Operation("listDeliveries", USER, "Deliveries", query=_PAGE),
    "GET /v1/apps/{app_id}/webhooks/deliveries/{event_id}": Operation("readDelivery", USER, "Delivery"),
    "POST /v1/apps/{app_id}/webhooks/deliveries/{event_id}/replay": Operation("replayDelivery", USER, "Delivery"),
    "POST /v1/webhooks/test": Operation("sendTestWebhook", APP, "Delivery", statuses=(201,)),
    "POST /v1/link/sessions": Operation("createLinkSession", APP, "NewLinkSession", (linkflow.LinkSessionBody,), (201,), repeatable=True),
    "GET /v1/link/sessions/{session_id}": Operation("readLinkOutcome", APP, "LinkOutcome"),
    "GET /v1/link/session": Operation("readLinkSession", ("link",), "LinkSession"),
    "POST /v1/link/session/events": Operation("noteLinkEvent", ("link",), "Nothing", (linkflow.EventBody,)),
    "POST /v1/link/authorize": Operation(
        "authorize", USER, "Authorized", (linkflow.AuthorizeBody, linkflow.AuthorizeUpdateBody), elevated=True
    ),
    "POST /v1/link/exchange": Operation("exchange", APP, "Exchanged", (linkflow.ExchangeBody,), repeatable=True),
    "POST /v1/sandbox/link": Operation("sandboxLink", APP, "SandboxLinked", (sandbox.SandboxLinkBody,), (201,), repeatable=True),
    "POST /v1/sandbox/fire": Operation("sandboxFire", APP, "Delivery", (sandbox.SandboxFireBody,), (201,)),
    "GET /v1/connections": Operation("listConnections", USER_OR_APP, "Connections", query=_CONNECTIONS),
    "POST /v1/connections": Operation("createPersonalConnection", USER, "Connection", (linkflow.PersonalBody,), (200, 201), elevated=True),
    "GET /v1/connections/{connection_id}": Operation("readConnection", USER_OR_APP, "Connection"),
    "PATCH /v1/connections/{connection_id}": Operation(
        "changeConnection", USER, "Connection", (linkflow.ChangeBody,), elevated=True, repeatable=True
    ),
    "DELETE /v1/connections/{connection_id}": Operation("revokeConnection", USER_OR_APP, "Nothing"),
    "GET /v1/usage": Operation("readUsage", USER_OR_APP, "Usage", query=_USAGE),
    "GET /v1/ledger": Operation("exportLedger", USER, "LedgerLine", query=_LEDGER, media=("text/csv", "application/x-ndjson")),
    "PUT /v1/budget": Operation("setUserCap", USER, "UserCap", (usage.UserCapBody,), elevated=True),
}
"""By method and path as the document writes them; `elevated` is what api.md marks ▲."""
