"""The shapes of answers (JSON Schema), by the names they have in the document; requests' shapes come from their serializers."""

from __future__ import annotations

from typing import Any

from accounts.services.activity import KINDS
from linkflow.models import Connection, LinkSession
from relay.core.errors import ALL_ERRORS

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
YES_NO: Shape = {"type": "boolean"}
COUNT: Shape = {"type": "integer", "minimum": 0}
CENTS: Shape = {"type": "integer", "minimum": 0, "description": "US cents."}
MICROS: Shape = {"type": "integer", "minimum": 0, "description": "Millionths of a US dollar, rounded up."}
TIME: Shape = {"type": "string", "format": "date-time", "pattern": "Z$"}
B64U: Shape = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "description": "base64url without padding"}
TOKEN: Shape = {"type": "string", "pattern": "^1r_(cs|ut|lt|pt|at)_[0-9A-Za-z]{49}$"}
CLIENT_ID: Shape = {"type": "string", "pattern": "^1r_cid_[0-9A-Za-z]{22}$"}
NOTHING: Shape = {"type": "object", "maxProperties": 0}


def an_id(prefix: str) -> Shape:
    """An opaque id with this prefix."""
    return {"type": "string", "pattern": f"^{prefix}_[0-9A-Za-z_]{{16,40}}$"}


def or_null(shape: Shape) -> Shape:
    """The shape, or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def list_of(shape: Shape) -> Shape:
    """A list of them."""
    return {"type": "array", "items": shape}


def ref(name: str) -> Shape:
    """The component of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(members: dict[str, Shape], optional: dict[str, Shape] | None = None) -> Shape:
    """An object with these members; more may come with later versions."""
    return {"type": "object", "properties": {**members, **(optional or {})}, "required": sorted(members)}


def page_of(name: str) -> Shape:
    """One page of a list."""
    return record({"items": list_of(ref(name)), "nextCursor": or_null(TEXT)})


KDF = record(
    {
        "algorithm": {"const": "argon2id"},
        "memoryKib": {"type": "integer", "minimum": 19456, "maximum": 1048576},
        "iterations": {"type": "integer", "minimum": 2, "maximum": 16},
        "parallelism": {"const": 1},
        "salt": {**B64U, "minLength": 22, "maxLength": 22},
    }
)
ERROR = record(
    {
        "success": {"const": False},
        "error": record(
            {
                "code": ref("ErrorCode"),
                "message": {"type": "string", "description": "What to do next, in a sentence."},
                "requestId": {"type": "string", "description": "The same as the X-Request-Id header."},
            },
            {"details": {"type": "object", "description": "`fields` of invalid_request; amounts of budget_exceeded."}},
        ),
    }
)
_ELEVATED = {"elevation": {**B64U, "description": "Sent as X-1Relay-Elevation with calls that need it."}, "elevatedUntil": TIME}
_SIGNED_IN = {"user": ref("User"), "sessionId": an_id("ses"), "expiresAt": TIME, **_ELEVATED}
_CREDENTIAL = {"token": {**TOKEN, "description": "Bearer token; absent for cookie sessions."}, "csrfToken": B64U}
_UNWRAPPING = {"kdf": ref("Kdf"), "wrappedVaultKey": B64U}
SIGNING_SECRET = {"type": "string", "pattern": "^whsec_[A-Za-z0-9+/]{43}=$"}
_APP = {
    "id": an_id("app"),
    "clientId": CLIENT_ID,
    "name": TEXT,
    "websiteUrl": or_null(TEXT),
    "allowedOrigins": list_of(TEXT),
    "redirectUris": list_of(TEXT),
    "webhookUrl": or_null(TEXT),
    "verified": YES_NO,
    "verifiedOrigins": list_of(TEXT),
    "lostOrigins": list_of(TEXT),
    "logoUrl": or_null(TEXT),
    "testMode": YES_NO,
    "createdAt": TIME,
}
_LIMITS = {
    "dailyCents": CENTS,
    "requestsPerMinute": COUNT,
    "concurrency": COUNT,
    "models": list_of(TEXT),
    "expiresAt": TIME,
    "allowUnpriced": YES_NO,
}
_PERIOD = record({"start": TIME, "end": TIME})
_SUMS = {
    "requests": COUNT,
    "errors": COUNT,
    "inputTokens": COUNT,
    "outputTokens": COUNT,
    "cachedInputTokens": COUNT,
    "costMicros": MICROS,
}
_CONNECTION_STATUSES = [Connection.PENDING, Connection.ACTIVE, Connection.PAUSED, Connection.REVOKED, Connection.EXPIRED]
_SESSION_STATUSES = [LinkSession.OPEN, LinkSession.AUTHORIZED, LinkSession.EXCHANGED, LinkSession.EXITED, "expired"]

COMPONENTS: dict[str, Shape] = {
    "ErrorCode": {"type": "string", "enum": list(ALL_ERRORS), "description": "Each is explained at /docs/errors#code."},
    "Error": ERROR,
    "Nothing": NOTHING,
    "Kdf": KDF,
    "User": record({"id": an_id("usr"), "email": TEXT, "emailVerified": YES_NO, "createdAt": TIME}),
    "Prelogin": record({"origin": TEXT, "kdf": ref("Kdf"), "challenge": B64U, "challengeExpiresAt": TIME}),
    "Registered": record(_SIGNED_IN, _CREDENTIAL),
    "LoggedIn": record({**_SIGNED_IN, **_UNWRAPPING}, _CREDENTIAL),
    "Unlocked": record({**_UNWRAPPING, **_ELEVATED}, {"csrfToken": B64U}),
    "SessionKey": record({"sessionKey": B64U, "locksAt": TIME}),
    "Me": record(
        {"user": ref("User"), "sessionId": an_id("ses"), "kdf": ref("Kdf"), "hasRecovery": YES_NO, "autoLockMinutes": COUNT},
        {"csrfToken": B64U},
    ),
    "EndedSessions": record({"ended": COUNT}),
    "RecoveryWrap": record({"recoveryVaultKey": B64U}),
    "AutoLock": record({"autoLockMinutes": COUNT}),
    "Session": record(
        {
            "id": an_id("ses"),
            "kind": {"enum": ["cookie", "bearer"]},
            "current": YES_NO,
            "userAgent": TEXT,
            "createdAt": TIME,
            "lastUsedAt": TIME,
            "expiresAt": TIME,
        }
    ),
    "Sessions": page_of("Session"),
    "Activity": record(
        {
            "id": an_id("act"),
            "kind": {"enum": list(KINDS)},
            "at": TIME,
            "sessionId": or_null(an_id("ses")),
            "device": or_null(TEXT),
            "subject": or_null(TEXT),
            "subjectId": or_null(TEXT),
            "detail": or_null(TEXT),
        }
    ),
    "Activities": page_of("Activity"),
    "VaultItem": record(
        {
            "id": an_id("key"),
            "provider": TEXT,
            "ciphertext": B64U,
            "createdAt": TIME,
            "updatedAt": TIME,
            "lastUsedAt": or_null(TIME),
        }
    ),
    "VaultItems": page_of("VaultItem"),
    "DeletedKey": record({"deleted": {"const": True}, "connectionsAffected": COUNT}),
    "App": record(_APP),
    "NewApp": record({**_APP, "clientSecret": TOKEN}),
    "Apps": page_of("App"),
    "Verdict": record({"origin": TEXT, "verified": YES_NO, "why": or_null(TEXT)}),
    "NewSecret": record({"clientSecret": TOKEN, "previousExpiresAt": or_null(TIME)}),
    "Webhooks": record(
        {
            "webhookUrl": or_null(TEXT),
            "hasSigningSecret": YES_NO,
            "previousExpiresAt": or_null(TIME),
            "failingSince": or_null(TIME),
            "stoppedAt": or_null(TIME),
            "stoppedWhy": or_null(TEXT),
        }
    ),
    "NewSigningSecret": record({"signingSecret": SIGNING_SECRET, "previousExpiresAt": or_null(TIME)}),
    "Attempt": record({"at": TIME, "httpStatus": or_null(COUNT), "why": or_null(TEXT), "latencyMs": COUNT, "answer": TEXT}),
    "Delivery": record(
        {
            "id": an_id("msg"),
            "type": TEXT,
            "connectionId": or_null(an_id("con")),
            "sequence": or_null(COUNT),
            "status": {"enum": ["delivered", "pending", "failed"]},
            "body": TEXT,
            "attempts": list_of(ref("Attempt")),
            "nextAttemptAt": or_null(TIME),
            "deliveredAt": or_null(TIME),
            "createdAt": TIME,
        }
    ),
    "Deliveries": page_of("Delivery"),
    "Limits": record({}, _LIMITS),
    "NewLinkSession": record({"id": an_id("lks"), "linkToken": TOKEN, "linkUrl": TEXT, "frameUrl": TEXT, "expiresAt": TIME}),
    "SandboxLinked": record({"publicToken": TOKEN, "connectionId": an_id("con"), "linkSessionId": an_id("lks"), "expiresAt": TIME}),
    "LinkSession": record(
        {
            "id": an_id("lks"),
            "app": record({"name": TEXT, "clientId": CLIENT_ID, "verified": YES_NO, "testMode": YES_NO}, {"websiteUrl": TEXT}),
            "origins": list_of(TEXT),
            "requestedProviders": list_of(TEXT),
            "budgetSuggestionCents": or_null(CENTS),
            "limits": ref("Limits"),
            "connectionId": an_id("con"),
            "update": YES_NO,
            "redirect": or_null(record({"uri": TEXT, "responseMode": {"enum": ["fragment", "query"]}, "state": or_null(TEXT)})),
            "expiresAt": TIME,
            "status": {"enum": _SESSION_STATUSES},
        }
    ),
    "LinkOutcome": record(
        {"id": an_id("lks"), "status": {"enum": _SESSION_STATUSES}, "events": list_of(record({"name": TEXT, "at": TIME}))},
        {"connectionId": an_id("con")},
    ),
    "Authorized": record({"connectionId": an_id("con"), "expiresAt": or_null(TIME)}),
    "Exchanged": record(
        {
            "accessToken": TOKEN,
            "connectionId": an_id("con"),
            "linkSessionId": an_id("lks"),
            "clientUserId": or_null(TEXT),
            "providers": list_of(TEXT),
            "budgetCents": CENTS,
            "limits": ref("Limits"),
        }
    ),
    "Connection": record(
        {
            "id": an_id("con"),
            "app": or_null(record({"name": TEXT, "clientId": CLIENT_ID})),
            "personal": YES_NO,
            "status": {"enum": _CONNECTION_STATUSES},
            "needsAttention": or_null(record({"code": TEXT, "provider": TEXT, "since": TIME})),
            "providers": list_of(TEXT),
            "budgetCents": CENTS,
            "limits": ref("Limits"),
            "spentMicros": MICROS,
            "heldMicros": MICROS,
            "period": _PERIOD,
            "createdAt": TIME,
            "lastUsedAt": or_null(TIME),
        },
        {"name": TEXT, "clientUserId": TEXT, "ownerGrant": or_null(B64U)},
    ),
    "Connections": page_of("Connection"),
    "UserCap": record({"budgetCents": or_null(CENTS), "spentMicros": MICROS, "heldMicros": MICROS, "period": _PERIOD}),
    "UsageSums": record(_SUMS),
    "UsageItem": record(
        _SUMS,
        {
            "day": {"type": "string", "format": "date"},
            "app": or_null(an_id("app")),
            "provider": TEXT,
            "model": TEXT,
            "connection": an_id("con"),
        },
    ),
    "LedgerLine": record(
        {
            **dict.fromkeys(("admittedAt", "settledAt"), TIME),
            **dict.fromkeys(("requestId", "connectionId", "provider", "model", "door", "errorCode", "priceVersion"), TEXT),
            "appId": or_null(an_id("app")),
            "httpStatus": or_null(COUNT),
            "latencyMs": or_null(COUNT),
            **dict.fromkeys(("inputTokens", "outputTokens", "cachedInputTokens"), COUNT),
            "costNanos": {**COUNT, "description": "Billionths of a US dollar, exact."},
            "usageSource": {"enum": ["provider_cost", "provider_usage", "estimated"]},
        }
    ),
    "Usage": record({"items": list_of(ref("UsageItem")), "totals": ref("UsageSums")}),
}
