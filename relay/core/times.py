"""Times as api.md writes them, and as people say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from datetime import datetime

_SPANS = (
    ("year", timedelta(days=365)),
    ("month", timedelta(days=30)),
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time and how long ago it was, for templates/parts/moment.html."""

    at: datetime
    words: str

    @classmethod
    def of(cls, at: datetime, now: datetime) -> Moment:
        """The moment as seen at `now`."""
        return cls(at, ago(at, now))


@overload
def rfc3339(at: datetime) -> str: ...
@overload
def rfc3339(at: None) -> None: ...
def rfc3339(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with whole seconds and Z; None stays None."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def ago(at: datetime, now: datetime) -> str:
    """How long before or after `now`, in one word and a number: 3 days ago, in 2 hours, just now."""
    span = abs(now - at)
    for name, length in _SPANS:
        count = span // length
        if count:
            words = f"{count} {name}{'' if count == 1 else 's'}"
            return f"{words} ago" if at < now else f"in {words}"
    return "just now"
