"""Times as api.md writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from datetime import datetime


@overload
def rfc3339(at: datetime) -> str: ...
@overload
def rfc3339(at: None) -> None: ...
def rfc3339(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with whole seconds and Z; None stays None."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
