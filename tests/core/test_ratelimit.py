"""Rate limits: counted in windows, failing open when the cache is away."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from relay.core import ratelimit
from relay.core.errors import RateLimited

NOON = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
LIMIT = ratelimit.Limit("test", 3, 60)


def test_it_counts_in_windows_and_by_subject() -> None:
    for _ in range(3):
        ratelimit.check(LIMIT, "ada", NOON)
    ratelimit.check(LIMIT, "bob", NOON)
    with pytest.raises(RateLimited) as refused:
        ratelimit.check(LIMIT, "ada", NOON)
    assert refused.value.headers == {
        "Retry-After": "50",
        "RateLimit": '"test";r=0;t=50',
        "RateLimit-Policy": '"test";q=3;w=60',
    }
    ratelimit.check(LIMIT, "ada", NOON + timedelta(seconds=50))


def test_it_fails_open_and_says_so(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {**settings.CACHES, "default": away}
    for _ in range(10):
        ratelimit.check(LIMIT, "ada", NOON)
    assert "rate limit test not applied: ConnectionError" in caplog.text
