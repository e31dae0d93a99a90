"""Fixed-window rate limits in the default cache. When the cache is away they fail open and say so in the log."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache
from redis.exceptions import RedisError

from .errors import RateLimited

if TYPE_CHECKING:
    from datetime import datetime

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` calls in any window of `seconds`."""

    name: str
    count: int
    seconds: int


def check(limit: Limit, subject: str, now: datetime) -> None:
    """Count one call of `subject` (an address, an email; hashed in the cache). Raises RateLimited with Retry-After."""
    at = int(now.timestamp())
    window = at // limit.seconds
    digest = hashlib.sha256(subject.encode()).hexdigest()[:32]
    key = f"limit:{limit.name}:{window}:{digest}"
    try:
        cache.add(key, 0, timeout=limit.seconds + 1)
        used = cache.incr(key)
    except (RedisError, OSError, ValueError) as error:
        log.warning("rate limit %s not applied: %s", limit.name, type(error).__name__)
        return
    if used > limit.count:
        wait = (window + 1) * limit.seconds - at
        raise RateLimited(
            headers={
                "Retry-After": str(wait),
                "RateLimit": f'"{limit.name}";r=0;t={wait}',
                "RateLimit-Policy": f'"{limit.name}";q={limit.count};w={limit.seconds}',
            }
        )
