"""What members mean, by name, wherever their shape does not say so itself: for readers of the document and of /docs/api."""

from __future__ import annotations

from typing import Any

from relay.openapi.components import B64U

MEANINGS: dict[str, str] = {
    "accessToken": "What your server sends with every call on this connection. Keep it there.",
    "accessTokenHash": "SHA-256 of the access token, which was made on the device.",
    "admittedAt": "When the call was admitted.",
    "algorithm": "How the password becomes keys.",
    "allowedOrigins": "Web origins that may embed Link for this app, each as browsers write it.",
    "allowUnpriced": "Whether models without a known price may be used; they count as nothing.",
    "answer": "How the endpoint’s answer began: at most 1,024 bytes of it.",
    "app": "The app it was given to; null for a personal one.",
    "appId": "The app that called; empty for a personal connection.",
    "at": "When it happened.",
    "attempts": "What came of each attempt, oldest first.",
    "autoLockMinutes": "Minutes without use after which the vault locks.",
    "body": "The body, to the byte, as every attempt sends it.",
    "budgetCents": "US cents a UTC month.",
    "budgetSuggestionCents": "US cents a month that the consent screen proposes.",
    "cachedInputTokens": "Input tokens the provider had cached.",
    "challenge": "The relay’s one-time text that the device signs.",
    "challengeExpiresAt": "When the challenge stops being accepted.",
    "choices": "The answers, as OpenAI writes them.",
    "ciphertext": "The provider key and its label, sealed on the device.",
    "clientId": "The app’s public name.",
    "clientSecret": "The app’s secret. Shown only in this answer.",
    "clientUserId": "Your own id of the visitor who is signed in at your app; the exchange must name the same.",
    "code": "What is wrong, as an error code.",
    "concurrency": "Calls at once.",
    "connection": "The connection of this group.",
    "connectionId": "The connection’s id.",
    "connectionsAffected": "How many connections lost the provider.",
    "content": "What was said: a text, or parts as OpenAI writes them.",
    "costMicros": "What it cost, in millionths of a US dollar.",
    "createdAt": "When it was made.",
    "csrfToken": "What the relay’s own pages send back with every write.",
    "current": "Whether it is the session that asks.",
    "dailyCents": "US cents a UTC day.",
    "data": "What was asked for.",
    "day": "The UTC day of this group.",
    "deliveredAt": "When the endpoint last took it; null if never.",
    "deleted": "That it is gone.",
    "detail": "What else there is to say of it.",
    "details": "What of the request it is about.",
    "device": "The browser or program it was done from, as it named itself.",
    "door": "Which of the proxy’s addresses was called.",
    "dropConnections": "Connections that lose this provider instead of getting the new key.",
    "elevatedUntil": "When the elevation ends.",
    "elevation": "Proof that the password was given; sent as X-1Relay-Elevation.",
    "email": "The account’s address.",
    "emailVerified": "Whether the address was confirmed.",
    "end": "The first moment after it.",
    "ended": "How many were ended.",
    "error": "What went wrong.",
    "errorCode": "The error code it ended with; empty if none.",
    "errors": "Calls that ended in an error.",
    "events": "What happened in Link, oldest first.",
    "exitStatus": "Where in Link the person left.",
    "expiresAt": "When it ends by itself.",
    "frameUrl": "The page the Link SDK embeds.",
    "failingSince": "When the first of the latest failures in a row was; null after a success.",
    "grantedKey": "The connection’s key, sealed under the public token.",
    "hasSigningSecret": "Whether there is a secret to sign with; nothing is sent without one.",
    "hasRecovery": "Whether a recovery kit was made.",
    "heldKey": "The connection’s key, sealed under the access token.",
    "heldMicros": "Held for calls under way, in millionths of a US dollar.",
    "httpStatus": "The status it was answered with.",
    "id": "Its id.",
    "immediately": "End the old secret now instead of in 24 hours.",
    "inputTokens": "Tokens sent to models.",
    "items": "The entries of this page.",
    "iterations": "Argon2id’s passes.",
    "kdf": "How the password becomes keys, so that another device can repeat it.",
    "kind": "How it is kept: a cookie of our pages, or a bearer token of a program.",
    "lastUsedAt": "When it was last used; null if never.",
    "latencyMs": "Milliseconds it took.",
    "limits": "Finer limits than the budget; null lifts one.",
    "linkSessionId": "The link session it came from.",
    "linkToken": "What the Link SDK needs to open Link. Give it to your page.",
    "linkUrl": "The page for redirect mode, with the token behind the #.",
    "locksAt": "When the vault locks if nothing more is done.",
    "loginProof": "The device’s signature over the challenge.",
    "loginPublicKey": "What later proofs are checked with.",
    "logoUrl": "The app’s logo; null without one.",
    "lostOrigins": "Origins that did and then failed to; asked again a day later, and not listed any more if they fail then too.",
    "max_tokens": "The most tokens to answer with.",
    "memoryKib": "Argon2id’s memory.",
    "message": "What to do next, in a sentence.",
    "messages": "The conversation, as OpenAI writes it.",
    "minutes": "Minutes without use.",
    "model": "The model’s name at the provider.",
    "models": "The only models that may be used.",
    "name": "A name for people.",
    "needsAttention": "What has to be mended, if anything.",
    "nextAttemptAt": "When it is tried next; null when it is not.",
    "nextCursor": "Send it as `cursor` for the next page; null at the end.",
    "object": "What kind of thing it is, in OpenAI’s words.",
    "origin": "The relay’s own origin, as it names itself.",
    "origins": "The origins Link may be embedded in.",
    "outputTokens": "Tokens models wrote.",
    "ownerGrant": "The person’s own sealed note of what was approved.",
    "parallelism": "Argon2id’s lanes.",
    "period": "The UTC month the numbers are of.",
    "personal": "Whether it is for the person’s own tools.",
    "previousExpiresAt": "When the old secret stops working; null if it has.",
    "priceVersion": "Which price table it was priced with.",
    "provider": "A provider’s id, such as `openai`; /docs/providers lists them.",
    "providers": "Ids of the providers it may use.",
    "outcome": "What calls on it are to come to (spec/sandbox.json).",
    "publicToken": "What Link gave to your page: one exchange, within ten minutes.",
    "publicTokenHash": "SHA-256 of the public token, which was made in the browser.",
    "recoveryPublicKey": "What a recovery’s proofs are checked with.",
    "recoveryVaultKey": "The vault’s key, sealed under the recovery kit.",
    "redirect": "Where the person is sent in redirect mode.",
    "redirectUri": "Where to send the person; one the app has registered, to the letter.",
    "redirectUris": "Addresses that redirect mode may send people to, compared as exact text.",
    "registerProof": "The device’s signature that it holds the login key.",
    "removeProviders": "Providers to take away.",
    "requestedProviders": "Ids of the providers you ask for; the person picks among them.",
    "requestId": "The id to quote when you ask for help.",
    "requests": "How many calls.",
    "requestsPerMinute": "Calls in any UTC minute.",
    "responseMode": "Where the public token stands in the redirect: behind `#` or, where your page can’t run a script, in the query.",
    "role": "Who said it.",
    "salt": "Random, made by the device.",
    "sealedKey": "The provider key, sealed under the connection’s key.",
    "sealedKeys": "Provider keys, each sealed on the device under a connection’s key.",
    "sessionId": "The session’s id.",
    "sessionKey": "Half of what opens the vault that this browser keeps.",
    "sequence": "Counts a connection’s events; null where it is about none.",
    "settledAt": "When its cost was booked.",
    "signingSecret": "What your server verifies webhooks with. Shown only in this answer.",
    "since": "Since when.",
    "spentMicros": "Spent this month, in millionths of a US dollar.",
    "start": "The first moment.",
    "state": "Comes back to you as it is.",
    "status": "How it stands.",
    "stoppedAt": "When the relay stopped sending to the endpoint; null while it sends.",
    "stoppedWhy": "Why it did.",
    "stream": "Answer piece by piece, as server-sent events.",
    "subject": "What it was done to, in words.",
    "subjectId": "What it was done to, by id.",
    "success": "Whether it was done.",
    "testMode": "Whether the app may use only the sandbox.",
    "token": "A token that was handed out.",
    "totals": "The same over all groups.",
    "trial": "One call to see whether a key works; gone within ten minutes.",
    "type": "Which kind it is.",
    "update": "Whether it changes an existing connection.",
    "updatedAt": "When it was last changed.",
    "uri": "The address.",
    "usage": "Tokens used, as OpenAI writes them.",
    "usageSource": "Where the cost comes from: the provider’s own figure, the tokens it reported, or an estimate.",
    "user": "Whose it is.",
    "userAgent": "The browser or program, as it named itself.",
    "verified": "Whether the app has shown that its website is its own.",
    "verifiedOrigins": "Origins that named the app when last asked: daily, and by verify.",
    "webhookUrl": "Where the relay will tell of changes.",
    "websiteUrl": "The app’s website.",
    "why": "Why not, if not.",
    "wrappedVaultKey": "The vault’s key, sealed under the password.",
}

PARAMETERS: dict[str, str] = {
    "Idempotency-Key": "Any text of your own: the same request with it again, within 24 hours, gets the first answer.",
    "event_id": "The event’s id, which webhooks bear as webhook-id.",
    "app_id": "The app’s id.",
    "connection_id": "The connection’s id.",
    "connectionId": "Only this connection’s.",
    "format": "How the answer is written.",
    "group": "Only of this group.",
    "limit": "Entries of a page.",
    "path": "The provider’s own path, slashes and all.",
    "provider": "A provider’s id, such as `openai`.",
    "session_id": "The session’s id.",
    "status": "Only those that stand so.",
}
"""What parameters of addresses and headers mean, where their shape does not say so."""


def explain_parameters(operation: dict[str, Any]) -> None:
    """Put a meaning on each parameter that has none."""
    for parameter in operation.get("parameters", []):
        if "description" not in parameter["schema"] and parameter["name"] in PARAMETERS:
            parameter.setdefault("description", PARAMETERS[parameter["name"]])


def explained(shape: Any) -> Any:
    """The same with a meaning on every member that had none of its own. Shapes are shared: what is given stays as it was."""
    if isinstance(shape, list):
        return [explained(entry) for entry in shape]
    if not isinstance(shape, dict):
        return shape
    made = {name: explained(inner) for name, inner in shape.items()}
    if isinstance(made.get("properties"), dict):
        made["properties"] = {name: _explained_member(name, member) for name, member in made["properties"].items()}
    return made


def _explained_member(name: str, member: dict[str, Any]) -> dict[str, Any]:
    says_nothing = member.get("description") in {None, B64U["description"]}
    return {**member, "description": MEANINGS[name]} if says_nothing and name in MEANINGS else member


def unexplained(shape: Any) -> set[str]:
    """Names of members that nothing explains."""
    if isinstance(shape, list):
        return {name for entry in shape for name in unexplained(entry)}
    if not isinstance(shape, dict):
        return set()
    members = shape.get("properties", {})
    within = {name for inner in shape.values() for name in unexplained(inner)}
    return within | {name for name, member in members.items() if isinstance(member, dict) and not member.get("description")}
