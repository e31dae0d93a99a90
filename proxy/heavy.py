"""Bodies that take long to read: their callers are looked up before, and they are worked on beside the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

LIGHT_BYTES: Final = 64 * 1024
_LIGHT_BRACKETS: Final = 1000


def is_heavy(body: bytes) -> bool:
    """Whether reading the body could keep other calls waiting for more than some milliseconds."""
    return len(body) > LIGHT_BYTES or body.count(b"{") + body.count(b"[") > _LIGHT_BRACKETS


async def work_on(heavy: bool, function: Callable[Parameters, Result], *given: Parameters.args, **named: Parameters.kwargs) -> Result:
    """What `function` answers; in a thread where it works through something heavy."""
    if heavy:
        return await asyncio.to_thread(function, *given, **named)
    return function(*given, **named)
