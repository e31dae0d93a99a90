"""How long pages take for somebody with a thousand connections and a million calls, on both databases.

python3 -m bench.pages [--write]: the second puts the table into docs/performance.md. `make bench` runs it after the rest.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Final

from bench.candidates import Candidate, place, relay_for
from bench.crowd import CALLS, CONNECTIONS
from bench.processes import OTHER_CORE, stay_on
from bench.report import PAGE
from scripts.servers import durable_postgres

BEGIN, END = "<!-- pages:begin -->", "<!-- pages:end -->"
_TURNS: Final = 15
_START_SECONDS: Final = 60
_COOKIE: Final = "1relay_session"
PAGES: Final = (
    "/overview",
    "/connections",
    "/connections/{connection}",
    "/activity",
    "/keys",
    "/apps/{app}",
    "/apps/{app}/connections",
    "/apps/{app}/usage",
    "/apps/{app}/requests",
    "/apps/{app}/requests?q={request}",
    "/v1/connections",
    "/v1/usage?groupBy=day,provider",
)


@dataclass(frozen=True)
class Seen:
    """One page: how often it was asked for, in milliseconds, and its size."""

    millis: list[float]
    kib: float


def main() -> int:
    """Measure, print, and write if asked to."""
    stay_on(OTHER_CORE)
    found = {}
    with place(profile=False) as here:
        for name in ("sqlite", "postgresql"):
            with contextlib.ExitStack() as stack:
                servers = {"DATABASE_URL": stack.enter_context(durable_postgres())[0]} if name == "postgresql" else {}
                print(f"Filling {name} …", flush=True)
                relay = relay_for(here, name, servers, "bench.crowd")
                process_id = stack.enter_context(relay.start())
                assert process_id is not None
                found[name] = _times(relay)
    text = _table(found)
    print(text)
    if "--write" in sys.argv:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    return 0


def _times(relay: Candidate) -> dict[str, Seen]:
    who = json.loads(relay.tokens.read_text())
    _wait_for(relay)
    return {path: _time(relay, path.format(**who), who["cookie"]) for path in PAGES}


def _time(relay: Candidate, path: str, cookie: str) -> Seen:
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=60)
    millis, size = [], 0
    for turn in range(_TURNS + 1):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"{_COOKIE}={cookie}"})
        answer = connection.getresponse()
        size = len(answer.read())
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
        if turn:  # the first one fills caches
            millis.append((time.perf_counter() - began) * 1000)
    connection.close()
    return Seen(millis, size / 1024)


def _wait_for(relay: Candidate) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=10)
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise SystemExit(f"{relay.name} does not answer")


def _table(found: dict[str, dict[str, Seen]]) -> str:
    lines = [f"**Pages with {CONNECTIONS:,} connections and {CALLS:,} calls, one at a time, ms: median (slowest of {_TURNS})**", ""]
    lines += [f"|  | {' | '.join(found)} | KiB |", f"| --- |{' --- |' * (len(found) + 1)}"]
    for path in PAGES:
        times = [seen[path].millis for seen in found.values()]
        cells = [f"{statistics.median(millis):.0f} ({max(millis):.0f})" for millis in times]
        size = next(iter(found.values()))[path].kib
        lines.append(f"| {path} | {' | '.join(cells)} | {size:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
