"""System checks: combinations of settings that would be unsafe, each with an id (docs/configuration.md lists them)."""

from __future__ import annotations

import ipaddress
import os
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 (Django's name)

from relay.providers import registry

from .fields import is_own_serialised_origin


def check_settings(**_: Any) -> list[CheckMessage]:
    """Everything that is wrong with the settings; an error keeps the relay from starting."""
    return [*_origins(), *_upstreams(), *_mail(), *_beyond_one_machine()]


def _origins() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for origin in settings.RELAY_ORIGINS:
        if not is_own_serialised_origin(origin):
            hint = "Write scheme://host[:port] in lower case, default port left out; https, or http on loopback."
            found.append(Error(f"RELAY_ORIGINS: {origin!r} is not an origin that is safe to serve.", hint=hint, id="relay.E001"))
    if not settings.RELAY_ORIGINS:
        found.append(Error("RELAY_ORIGINS is empty.", hint="Name the address people reach this relay at.", id="relay.E002"))
    if len({origin.partition("://")[0] for origin in settings.RELAY_ORIGINS}) > 1:
        hint = "One relay is served over https alone, or over http on loopback alone. Run a second one for the other."
        found.append(Error("RELAY_ORIGINS mixes https and http.", hint=hint, id="relay.E007"))
    if settings.DEBUG and not all(_is_on_loopback(origin) for origin in settings.RELAY_ORIGINS):
        hint = "Debug pages show what a process holds in memory. Unset RELAY_DEBUG."
        found.append(Error("RELAY_DEBUG is on at a public origin.", hint=hint, id="relay.E003"))
    return found


def _upstreams() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for provider, base in settings.RELAY_UPSTREAMS.items():
        if registry.provider(provider) is None:
            hint = "Use RELAY_UPSTREAM_ and an id of spec/providers.json in capitals."
            found.append(Error(f"RELAY_UPSTREAM names no provider: {provider!r}.", hint=hint, id="relay.E004"))
        if not _is_safe_upstream(base):
            hint = "Provider keys would travel in clear. Use https, or http to this machine."
            found.append(Error(f"RELAY_UPSTREAM for {provider!r} is not safe.", hint=hint, id="relay.E005"))
    return found


def _mail() -> list[CheckMessage]:
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        if all(_is_on_loopback(origin) for origin in settings.RELAY_ORIGINS):
            return []
        hint = "Nobody gets the mail that confirms an address or warns of a new device. Set EMAIL_URL."
        return [Warning("Mail is not sent: it is written to a file, the console or nowhere.", hint=hint, id="relay.W002")]
    in_clear = not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)
    if in_clear and settings.EMAIL_HOST_PASSWORD and not _is_loopback(settings.EMAIL_HOST or "localhost"):
        hint = "Write smtp+tls:// (STARTTLS) or smtp+ssl:// in EMAIL_URL."
        return [Error("EMAIL_URL would send its password in clear.", hint=hint, id="relay.E008")]
    return []


def _beyond_one_machine() -> list[CheckMessage]:
    if settings.RELAY_EMBEDDED:
        return []
    found: list[CheckMessage] = []
    if not (os.environ.get("RELAY_SECRET_KEY") or os.environ.get("RELAY_SECRET_KEY_FILE")):
        hint = "Processes on other machines must share it: challenges made by one are checked by another."
        found.append(Error("PostgreSQL without RELAY_SECRET_KEY.", hint=hint, id="relay.E006"))
    if not settings.REDIS_URL:
        hint = "Rate limits would count for each process alone, and tasks would need one shared folder. Set REDIS_URL."
        found.append(Warning("PostgreSQL without REDIS_URL.", hint=hint, id="relay.W001"))
    return found


def _is_safe_upstream(base: str) -> bool:
    try:
        parts = urlsplit(base)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_on_loopback(origin: str) -> bool:
    try:
        return _is_loopback(urlsplit(origin).hostname or "")
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
