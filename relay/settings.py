"""All settings, read from the environment (docs/configuration.md has a row for each). Embedded on SQLite by default."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from relay.core.middleware import static_headers
from relay.core.secretvalue import SecretValue

env = environ.FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.bool("RELAY_DEBUG", default=False)
PORT = env.int("PORT", default=8000)
RELAY_DATA_DIR = Path(env.str("RELAY_DATA_DIR", default=str(BASE_DIR / "data"))).resolve()
RELAY_DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


def _server_secret() -> SecretValue:
    """RELAY_SECRET_KEY (or …_FILE); without one, 32 random bytes kept in the data folder, mode 0600."""
    given = env.str("RELAY_SECRET_KEY", default="")
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured("RELAY_SECRET_KEY must have at least 32 characters.")
        return SecretValue(given.encode())
    path = RELAY_DATA_DIR / "secret.key"
    if not path.exists():
        fresh = RELAY_DATA_DIR / f".secret-{secrets.token_hex(8)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return SecretValue(path.read_bytes())


RELAY_SERVER_SECRET = _server_secret()
SECRET_KEY = RELAY_SERVER_SECRET.reveal().decode()

RELAY_ORIGINS: tuple[str, ...] = tuple(env.list("RELAY_ORIGINS", default=[f"http://localhost:{PORT}", f"http://127.0.0.1:{PORT}"]))
ALLOWED_HOSTS = sorted({origin.split("://", 1)[1].rsplit(":", 1)[0] for origin in RELAY_ORIGINS})
RELAY_HTTPS = all(origin.startswith("https://") for origin in RELAY_ORIGINS)

_UPSTREAM_PREFIX = "RELAY_UPSTREAM_"
RELAY_UPSTREAMS: dict[str, str] = {
    name.removeprefix(_UPSTREAM_PREFIX).lower().replace("_", "-"): value.rstrip("/")
    for name, value in os.environ.items()
    if name.startswith(_UPSTREAM_PREFIX) and value
}
RELAY_PRICE_OVERRIDES = Path(env.str("RELAY_PRICE_OVERRIDES", default=str(BASE_DIR / "spec" / "price_overrides.json")))

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "relay.core.apps.CoreConfig",
    "accounts",
    "webhooks",
    "usage",
    "linkflow",
    "vault",
]

MIDDLEWARE = [
    "relay.core.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "relay.core.middleware.page_headers",
    "csp.middleware.CSPMiddleware",
    "relay.core.middleware.plain_failures",  # inside what sets headers: its own answers bear them too
    "django.middleware.common.CommonMiddleware",
    "relay.pages.TooManyRequests",  # innermost: what it answers is logged as an answer, not as an exception
]

ROOT_URLCONF = "relay.urls"
ASGI_APPLICATION = "relay.asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{RELAY_DATA_DIR / 'relay.sqlite3'}")
RELAY_EMBEDDED = DATABASE_URL.startswith("sqlite")
DATABASES: dict[str, Any] = {"default": env.db_url_config(DATABASE_URL)}
if RELAY_EMBEDDED:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(RELAY_DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # or the pool hands out what a restart of PostgreSQL has cut
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, Any] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
    ),
    # Django deletes live entries beyond 300: an answer must stay its 24 hours. core.sweep_answers deletes what has expired.
    "durable": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "relay_durable_cache",
        "OPTIONS": {"MAX_ENTRIES": 10**12},
    },
}

_mail = "consolemail://" if DEBUG else f"filemail:///{quote(str(RELAY_DATA_DIR / 'mail'))}"
vars().update(env.email_url_config(env.str("EMAIL_URL", default=_mail)))  # sets EMAIL_BACKEND, EMAIL_HOST and their like
EMAIL_TIMEOUT = 10
_sender = (RELAY_ORIGINS or ("localhost",))[0].split("://", 1)[-1].split(":")[0]
DEFAULT_FROM_EMAIL = env.str("RELAY_MAIL_FROM", default=f"1Relay <no-reply@{_sender}>")

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ADD_HEADERS_FUNCTION = static_headers

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

CSP_DIRECTIVES: dict[str, Any] = {
    "default-src": [NONE],
    "script-src": [SELF, "'wasm-unsafe-eval'"],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "connect-src": [SELF],
    "font-src": [SELF],
    "worker-src": [SELF],
    "manifest-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-src": [NONE],
    "frame-ancestors": [NONE],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": CSP_DIRECTIVES}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if RELAY_HTTPS else 0

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["relay.core.rendering.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["relay.core.rendering.StrictJsonParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "relay.openapi.schema.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "relay.core.rendering.present_exception",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {"TITLE": "1Relay API", "VERSION": "1", "OAS_VERSION": "3.1.0", "COMPONENT_SPLIT_PATCH": False}

DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "relay.core.logging.Redact"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": env.str("RELAY_LOG_LEVEL", default="INFO")},
    # Both repeat what relay.requests says, with the path as it was typed.
    "loggers": {name: {"handlers": ["nowhere"], "propagate": False} for name in ("uvicorn.access", "django.request", "django.security")},
}
