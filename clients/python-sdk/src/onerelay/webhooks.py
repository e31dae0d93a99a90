"""Webhooks: is this one from the relay, and what does it tell? By Standard Webhooks (HMAC-SHA256 over id, time and body)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from onerelay._answers import parse_object
from onerelay._reading import Unreadable
from onerelay.errors import OneRelayError, UsageError, WebhookVerificationError
from onerelay.events import WebhookEvent, read_event

TOLERANCE_SECONDS: Final = 300


def verify(body: bytes | str, headers: Mapping[str, str] | Iterable[tuple[str, str]], secret: str | Sequence[str]) -> WebhookEvent:
    """The event, if its signature is that of `secret` (`whsec_…`; while you rotate it, a list of both).

    Give the body exactly as it came, before any JSON parser, and all headers. Raises WebhookVerificationError; UsageError for a secret
    that can’t be one.
    """
    exact = body.encode() if isinstance(body, str) else bytes(body)
    given = _lower(headers)
    problem = _problem(exact, given, [secret] if isinstance(secret, str) else secret)
    del secret  # so that no traceback shows it with its locals
    if problem:
        raise problem
    return _event(given["webhook-id"], exact)


def _problem(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> OneRelayError | None:
    """What is wrong; None if nothing is. It is raised where no frame holds a secret."""
    keys = [_key(secret) for secret in secrets or ()]
    if not keys or None in keys:
        return UsageError("secret must be the whole whsec_… string that 1Relay gave you, or a list of them.")
    name, at, signatures = (headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (name and at and signatures):
        return WebhookVerificationError("The headers webhook-id, webhook-timestamp and webhook-signature are not all there.")
    if not _is_timely(at):
        return WebhookVerificationError("webhook-timestamp is more than five minutes from now. Check this machine’s clock.")
    if not _is_signed(f"{name}.{at}.".encode() + body, signatures, [key for key in keys if key]):
        return WebhookVerificationError("No signature fits this body and secret. The body must be the exact bytes that came.")
    return None


class Webhooks:
    """`client.webhooks`. Verifying needs no client: `onerelay.webhooks.verify` is the same."""

    verify = staticmethod(verify)


def _key(secret: str) -> bytes | None:
    """The raw key; None for what can’t be one."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError, AttributeError, TypeError):
        return None
    return key if secret.startswith("whsec_") and len(key) >= 16 else None


def _lower(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return {name.lower(): value for name, value in pairs}


def _is_signed(content: bytes, signatures: str, keys: Sequence[bytes]) -> bool:
    """Whether one of the signatures is of one of the keys. All are compared, each in constant time."""
    expected = [base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()) for key in keys]
    given = [value.encode() for version, _, value in (one.partition(",") for one in signatures.split(" ")) if version == "v1"]
    return any(hmac.compare_digest(one, other) for one in given for other in expected)


def _is_timely(at: str) -> bool:
    sent = int(at) if at.isascii() and at.isdecimal() and len(at) <= 12 else 0
    return abs(time.time() - sent) <= TOLERANCE_SECONDS


def _event(event_id: str, body: bytes) -> WebhookEvent:
    try:
        return read_event(event_id, parse_object(body))
    except Unreadable:
        pass
    raise WebhookVerificationError("The webhook is signed, but it is not one of 1Relay’s.")
