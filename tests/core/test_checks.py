"""Every unsafe combination of settings is named by a system check."""

import re
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from relay.core.checks import check_settings

ROOT = Path(__file__).resolve().parents[2]


def ids() -> list[str | None]:
    return [message.id for message in check_settings()]


def test_the_defaults_are_safe(settings: Settings) -> None:
    settings.RELAY_EMBEDDED = True  # the test run may be on PostgreSQL
    assert ids() == []


SMTP = {
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_HOST_PASSWORD": "x",
    "EMAIL_USE_TLS": False,
    "EMAIL_USE_SSL": False,
}
UNSAFE: list[tuple[dict[str, Any], str]] = [
    ({"RELAY_ORIGINS": ("http://relay.example",)}, "relay.E001"),
    ({"RELAY_ORIGINS": ("https://relay.example/",)}, "relay.E001"),
    ({"RELAY_ORIGINS": ("https://Relay.example",)}, "relay.E001"),
    ({"RELAY_ORIGINS": ()}, "relay.E002"),
    ({"DEBUG": True, "RELAY_ORIGINS": ("https://relay.example",)}, "relay.E003"),
    ({"DEBUG": True, "RELAY_ORIGINS": ("https://relay.example", "http://localhost:8000")}, "relay.E003"),
    ({"RELAY_ORIGINS": ("https://relay.example", "http://localhost:8000")}, "relay.E007"),
    ({"RELAY_UPSTREAMS": {"acme": "https://acme.example"}}, "relay.E004"),
    ({"RELAY_UPSTREAMS": {"openai": "http://10.0.0.1:9100"}}, "relay.E005"),
    ({"RELAY_UPSTREAMS": {"openai": "http://127.0.0.1.evil.example"}}, "relay.E005"),
    ({"RELAY_UPSTREAMS": {"openai": "https://user:x@api.example"}}, "relay.E005"),
    ({"RELAY_UPSTREAMS": {"openai": "ftp://127.0.0.1"}}, "relay.E005"),
    ({**SMTP, "EMAIL_HOST": "mail.example"}, "relay.E008"),
    ({**SMTP, "EMAIL_HOST": "127.0.0.1.evil.example"}, "relay.E008"),
    ({"RELAY_ORIGINS": ("https://relay.example",)}, "relay.W002"),
    ({"RELAY_EMBEDDED": False, "REDIS_URL": "redis://localhost"}, "relay.E006"),
    ({"RELAY_EMBEDDED": False, "REDIS_URL": ""}, "relay.W001"),
]


@pytest.mark.parametrize(("changes", "expected"), UNSAFE, ids=str)
def test_it_names(changes: dict[str, Any], expected: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELAY_SECRET_KEY", raising=False)
    monkeypatch.delenv("RELAY_SECRET_KEY_FILE", raising=False)
    for name, value in changes.items():
        setattr(settings, name, value)
    assert expected in ids()


def test_debug_on_loopback_passes(settings: Settings) -> None:
    settings.DEBUG = True
    settings.RELAY_ORIGINS = ("http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000")
    assert not {"relay.E003", "relay.E007"} & set(ids())


@pytest.mark.parametrize(
    "over",
    [
        {"EMAIL_HOST": "mail.example", "EMAIL_USE_TLS": True},
        {"EMAIL_HOST": "mail.example", "EMAIL_USE_SSL": True},
        {"EMAIL_HOST": "127.0.0.1"},
    ],
)
def test_mail_servers_reached_safely_pass(over: dict[str, Any], settings: Settings) -> None:
    settings.RELAY_ORIGINS = ("https://relay.example",)
    for name, value in {**SMTP, **over}.items():
        setattr(settings, name, value)
    assert not {"relay.E008", "relay.W002"} & set(ids())


@pytest.mark.parametrize("base", ["http://127.0.0.1:9100", "http://[::1]:9100", "http://localhost:1", "https://proxy.example"])
def test_safe_upstreams_pass(base: str, settings: Settings) -> None:
    settings.RELAY_UPSTREAMS = {"openai": base}
    assert "relay.E005" not in ids()


def test_docs_have_a_row_for_each_setting_and_check() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    source = (ROOT / "relay" / "settings.py").read_text()
    names = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source)) | {"RELAY_UPSTREAM_<PROVIDER>"}
    documented = set(re.findall(r"^\| `([A-Z_<>]+)`", page, re.MULTILINE))
    assert documented == names
    checks = set(re.findall(r'id="(relay\.[EW]\d+)"', (ROOT / "relay" / "core" / "checks.py").read_text()))
    assert set(re.findall(r"^\| `(relay\.[EW]\d+)`", page, re.MULTILINE)) == checks
