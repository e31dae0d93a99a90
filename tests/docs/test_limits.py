"""The limits page says every number as the code has it: rows and constants are the same set."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

import accounts
import linkflow
import usage
import vault
import webhooks
from accounts.serializers import AppBody
from accounts.services import apps, sessions
from linkflow.serializers import MOST_CENTS, LimitsBody, LinkSessionBody, PersonalBody
from linkflow.services import authorize, personal, sandbox
from linkflow.services import sessions as link_sessions
from onerelay import _calls as python_sdk
from proxy import pipeline, request, sse, upstream
from relay import bounded_http
from relay.core import bodies, idempotency, pagination, ratelimit, strictjson
from relay.crypto.challenges import CHALLENGE_LIFETIME_MS
from relay.crypto.encoding import _PROVIDER_KEY
from usage import waiting
from usage.serializers import LONGEST_REPORT

PAGE = (settings.BASE_DIR / "docs" / "site" / "limits.md").read_text(encoding="utf-8")
NODE = "".join((settings.BASE_DIR / "clients" / "node-sdk" / "src" / name).read_text() for name in ("appCalls.ts", "client.ts"))
TRANSPORT = (settings.BASE_DIR / "clients" / "node-sdk" / "src" / "transport.ts").read_text()
PASSWORDS = (settings.BASE_DIR / "clients" / "core" / "src" / "crypto" / "passwordRules.ts").read_text()
TOKEN = (settings.BASE_DIR / "clients" / "link-sdk" / "src" / "token.ts").read_text()
FRAME = (settings.BASE_DIR / "clients" / "link-sdk" / "src" / "frame.ts").read_text()


def in_ts(source: str, name: str) -> int:
    """A number that a script states."""
    found = re.search(rf"const {name} = ([\d_]+);", source)
    assert found, name
    return int(found[1].replace("_", ""))


def size(count: int) -> str:
    """Bytes in words."""
    return f"{count // 2**20} MiB" if count >= 2**20 else f"{count // 2**10} KiB"


def words(time: timedelta | float) -> str:
    """A time in its largest whole unit."""
    seconds = time.total_seconds() if isinstance(time, timedelta) else time
    for unit, length, least in (("day", 86_400, 2), ("hour", 3600, 1), ("minute", 60, 2), ("second", 1, 1)):
        if seconds % length == 0 and seconds / length >= least:
            return f"{seconds / length:.0f} {unit}{'' if seconds == length else 's'}"
    raise AssertionError(time)


def field(body: Any, name: str) -> Any:
    """A field of a serializer, whose bounds hold."""
    return body().fields[name]


def bound(body: Any, name: str, attribute: str) -> str:
    """A bound of a field, with commas."""
    return f"{getattr(field(body, name), attribute):,}"


RATES = {
    "auth-address": "Sign-up, sign-in and recovery, from one address",
    "auth-email-address": "Sign-in and recovery, one email from one address",
    "auth-email": "Sign-in and recovery, one email from anywhere",
    "registrations": "Sign-ups, from one address",
    "unlocks": "Unlocking, one session",
    "security-changes": "Changing the password or the recovery key, one person",
    "account-deletions": "Deleting the account, one session",
    "link-events": "Events of one link session",
    "sandbox": "Sandbox connections and events, one app",
    "webhooks": "Test events and replays of webhooks, one app",
    "verify-mails": "Mail that asks to confirm an address, one person",
    "verify-origin": "Checks of an app’s origins, one developer",
    "usage-files": "Usage files of apps, one developer",
}
SAID = {
    "Body of an API call": size(settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
    "Body of a proxied call": size(request.MAX_BODY_BYTES),
    "Answer of a provider that is read whole": size(upstream.MAX_ANSWER_BYTES),
    "One event of a stream": size(sse.MAX_EVENT_BYTES),
    "Headers of a request": size(bounded_http.MAX_HEAD_BYTES),
    "Number of headers": str(bounded_http.MAX_HEADERS),
    "Depth of JSON in API calls": str(strictjson.MAX_DEPTH),
    "A request’s headers to arrive": words(bounded_http.HEAD_SECONDS),
    "A request’s body to arrive": f"{request.BODY_SECONDS:.0f} seconds" if request.BODY_SECONDS == bodies.BODY_SECONDS else "differ",
    "A client that reads nothing of its answer": f"{bounded_http.UNREAD_SECONDS:.0f} seconds",
    "Connecting to a provider": words(upstream.CONNECT_SECONDS),
    "A provider’s first byte": words(pipeline.FIRST_BYTE_SECONDS),
    "A provider’s next byte of a stream": words(pipeline.IDLE_SECONDS),
    "A call waiting for budget that other calls hold": words(waiting.PATIENCE_SECONDS),
    "Node SDK, API calls": words(in_ts(NODE, "API_TIMEOUT_MS") / 1000),
    "Node SDK, chats": words(in_ts(NODE, "CHAT_TIMEOUT_MS") / 1000),
    "Node SDK, the longest `Retry-After` it waits by itself": words(in_ts(TRANSPORT, "LONGEST_PAUSE_SECONDS")),
    "Python SDK, API calls": words(python_sdk.API_TIMEOUT),
    "Python SDK, chats": words(python_sdk.CHAT_TIMEOUT),
    "Python SDK, the longest `Retry-After` it waits by itself": words(python_sdk.LONGEST_PAUSE),
    "Link SDK, the modal to answer": words(in_ts(FRAME, "HELLO_TIMEOUT_MS") / 1000),
    "Link SDK, your link token to come": words(in_ts(TOKEN, "TOKEN_TIMEOUT_MS") / 1000),
    "Link token": f"{words(link_sessions.LIFETIME)}, one approval",
    "Public token": f"{words(authorize.PUBLIC_TOKEN_LIFETIME)}, one exchange",
    "Access token": "until revoked, or the connection’s end date",
    "Client secret": f"until rotated; the old one {apps.OVERLAP.total_seconds() / 3600:.0f} hours more",
    "Session, unused": words(sessions.SLIDING),
    "Session, used": words(sessions.AT_MOST),
    "Fresh proof of the password (elevation)": words(sessions.ELEVATION),
    "Challenge to sign": f"{words(CHALLENGE_LIFETIME_MS / 1000)}, one use",
    "Trial connection": words(personal.TRIAL_LIFETIME),
    "Connection of the sandbox’s test user": words(sandbox.LIFETIME),
    "Live connections of a sandbox’s test user": str(sandbox.MOST_LIVE),
    "Answer kept for an `Idempotency-Key`": f"{idempotency.KEPT.total_seconds() / 3600:.0f} hours",
    "Answer with a secret kept for an `Idempotency-Key`": words(idempotency.SECRET_KEPT),
    "What came of a link session": words(link_sessions.KEPT),
    "Monthly and daily budgets": f"${MOST_CENTS // 100:,}",
    "Entries of a page of a list": f"{pagination.MAX_LIMIT}, {pagination.DEFAULT_LIMIT} unless asked",
    "Allowed origins of an app": bound(AppBody, "allowedOrigins", "max_length"),
    "Redirect addresses of an app": bound(AppBody, "redirectUris", "max_length"),
    "Name of an app or a personal connection": f"{bound(AppBody, 'name', 'max_length')} characters",
    "`clientUserId`": f"{bound(LinkSessionBody, 'clientUserId', 'max_length')} characters",
    "`state`": f"{bound(LinkSessionBody, 'state', 'max_length')} characters",
    "`Idempotency-Key`": f"{idempotency._KEY.pattern[idempotency._KEY.pattern.index(',') + 1 : -1]} characters",
    "Models a connection may be limited to": bound(LimitsBody, "models", "max_length"),
    "`requestsPerMinute`": bound(LimitsBody, "requestsPerMinute", "max_value"),
    "`concurrency`": bound(LimitsBody, "concurrency", "max_value"),
    "Time a usage report covers": words(LONGEST_REPORT),
    "Events of one link session that are kept": str(link_sessions.MOST_EVENTS),
    "Master password": f"at least {in_ts(PASSWORDS, 'SHORTEST_PASSWORD')} characters",
    "Provider key": "{} to {} characters".format(*re.findall(r"\d+", _PROVIDER_KEY.pattern.partition("{")[2])),
}


def rate(limit: ratelimit.Limit) -> str:
    """A rate in words."""
    within = {60: "a minute", 3600: "an hour"}.get(limit.seconds) or f"in {limit.seconds // 60} minutes"
    return f"{limit.count:,} {within}"


def rates_in_code() -> dict[str, str]:
    """Every rate limit that a module of ours keeps, by name."""
    found = {}
    for package in (accounts, linkflow, usage, vault, webhooks):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" in module.name or ".management" in module.name:
                continue
            for _, value in inspect.getmembers(importlib.import_module(module.name)):
                if isinstance(value, ratelimit.Limit):
                    found[value.name] = rate(value)
    return found


def rows() -> dict[str, str]:
    """First and second cells of the page's tables."""
    cells = re.findall(r"^\| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    return {what: said for what, said in cells if what != "what"}


def test_every_number_is_as_the_code_has_it() -> None:
    code = rates_in_code()
    assert code.keys() == RATES.keys(), "a rate limit without a row in docs/site/limits.md and here"
    said = {**SAID, **{RATES[name]: in_words for name, in_words in code.items()}}
    assert rows() == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(60.0, "60 seconds"), (600.0, "10 minutes"), (timedelta(hours=12), "12 hours"), (timedelta(days=30), "30 days")]
)
def test_times_in_words(seconds: timedelta | float, said: str) -> None:
    assert words(seconds) == said


def test_personal_connections_are_named_as_apps_are() -> None:
    assert bound(PersonalBody, "name", "max_length") == bound(AppBody, "name", "max_length")
