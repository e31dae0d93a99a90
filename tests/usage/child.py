"""A process of its own that makes calls: `python -m tests.usage.child '{"connection_id": …}'`; says what it did in JSON.

`mode` is "settle" (every call ends), "hang" (calls stay open until the process is killed) or "deaf" (as "hang", without
a beat, as a process that is stuck).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from datetime import UTC, datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay.settings")

import django

django.setup()

from tests.usage.calls import Held, Subject, ask, in_process, outcome  # noqa: E402 (models need Django set up)
from usage import runtime, settling  # noqa: E402


async def work(order: dict[str, object]) -> None:
    """Make the calls, all at once, and end them or hang."""
    subjects = [Subject(*pair) for pair in order["subjects"]]  # type: ignore[attr-defined]
    worst, calls = int(str(order["worst"])), int(str(order["calls"]))
    now = datetime.fromisoformat(str(order["now"])) if order.get("now") else datetime.now(UTC)
    answers = await asyncio.gather(*(ask(random.choice(subjects), worst, now=now) for _ in range(calls)))
    held = [answer for answer in answers if isinstance(answer, Held)]
    report = {"process": runtime.current().process_id, "admitted": [one.hold_id for one in held]}
    if order["mode"] == "settle":
        for one in held:
            settling.settle(outcome(one, worst))
            await asyncio.sleep(random.random() / 100)
        await settling.flush()
    print(json.dumps(report), flush=True)
    if order["mode"] == "hang":
        await asyncio.sleep(600)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    in_process(lambda: work(given))
