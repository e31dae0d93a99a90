"""The measures. Each is taken of every candidate in turn, several times over, so that a noisy minute hits all alike."""

from __future__ import annotations

import contextlib
import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.candidates import Candidate, first_answer_seconds
from bench.processes import GATEWAY_CORE, busy_seconds, cpu_seconds, memory
from bench.programs import Load, load

AT_ONCE = 16
EVENTS = 200
MIX = "json,json,stream:50:20,json,leave:50:20:10,error,json,cut:10:5,stream:200:0,leave:200:0:20"
MIX_AT_ONCE = 32
PACE_MS = 2
_SETTLE_SECONDS = 0.5
_SAMPLE_SECONDS = 2.0
_HELD_AT = 0.6
_APPEND_BYTES = 4096


@dataclass(frozen=True)
class Effort:
    """How much of everything."""

    repeats: int = 3
    requests: int = 10_000
    light_requests: int = 60_000
    streams: int = 1_500
    paced_streams: int = 400
    single_calls: int = 1_000
    held_streams: int = 2_000
    held_seconds: int = 20
    mixed_minutes: float = 10.0
    starts: int = 3

    def requests_of(self, candidate: Candidate) -> int:
        """More where a request costs little: CPU time is counted in hundredths of a second."""
        return self.requests if candidate.name.startswith("1relay") else self.light_requests


QUICK = Effort(
    requests=3_000,
    light_requests=20_000,
    streams=300,
    paced_streams=100,
    single_calls=300,
    held_streams=500,
    held_seconds=8,
    mixed_minutes=1.0,
    starts=1,
)


@dataclass(frozen=True)
class Cost:
    """What one run cost: CPU microseconds of the gateway and of the database server a request (or event), and the run.

    `disturbance` is the share of the time that the gateway's core worked for others: with much of it, numbers are too high.
    """

    gateway_micros: float | None
    database_micros: float | None
    disturbance: float
    load: Load


def json_calls(candidate: Candidate, effort: Effort, *, one_connection: bool = False) -> Cost:
    """JSON, 16 at a time; CPU a request."""
    return _cost(candidate, "json", effort.requests_of(candidate), 1, one_connection=one_connection)


def streams(candidate: Candidate, effort: Effort) -> Cost:
    """Streams of 200 events without delay, 16 at a time; CPU an event, the request's share included."""
    return _cost(candidate, f"stream:{EVENTS}:0", effort.streams, EVENTS)


def paced(candidate: Candidate, effort: Effort) -> Cost:
    """The same with 2 ms between events, so that each goes through alone and not several at a time."""
    return _cost(candidate, f"stream:{EVENTS}:{PACE_MS}", effort.paced_streams, EVENTS)


def warm_up(candidate: Candidate, effort: Effort) -> None:
    """Calls of all kinds, unmeasured."""
    many = effort.requests_of(candidate) // 5
    for calls, requests in (("json", many), (f"stream:{EVENTS}:0", many // 20)):
        _load(candidate, calls, at_once=AT_ONCE, requests=requests)


def _load(candidate: Candidate, calls: str, *, one_connection: bool = False, **amount: Any) -> Load:
    tokens = candidate.one_token if one_connection else candidate.tokens
    seen = load(candidate.port, candidate.path, tokens, calls, **amount)
    candidate.calls += seen.requests
    return seen


def _cost(candidate: Candidate, calls: str, requests: int, parts: int, *, one_connection: bool = False) -> Cost:
    began, before, busy = time.monotonic(), _used(candidate), busy_seconds(GATEWAY_CORE)
    seen = _load(candidate, calls, at_once=AT_ONCE, requests=requests, one_connection=one_connection)
    time.sleep(_SETTLE_SECONDS)  # settling is part of a call
    gateway, database = (None if was is None or now is None else now - was for was, now in zip(before, _used(candidate), strict=True))
    others = busy_seconds(GATEWAY_CORE) - busy - (gateway or 0)
    gateway_micros, database_micros = (None if used is None else used * 1e6 / (requests * parts) for used in (gateway, database))
    return Cost(gateway_micros, database_micros, min(1.0, max(0.0, others) / (time.monotonic() - began)), seen)


def _used(candidate: Candidate) -> tuple[float | None, float | None]:
    ids = (candidate.process_id, candidate.database_id)
    gateway, database = (None if process_id is None else cpu_seconds(process_id) for process_id in ids)
    return gateway, database


def one_at_a_time(candidate: Candidate, effort: Effort) -> Load:
    """Short streams, one at a time: what counts is the time to the first byte of the body."""
    return _load(candidate, "stream:3:0", at_once=1, requests=effort.single_calls)


def fdatasync_micros(folder: Path, times: int = 300) -> tuple[int, int]:
    """p50 and p99 of appending 4 KiB to a file and having it on the disk, in microseconds."""
    path, block, took = folder / "appended", os.urandom(_APPEND_BYTES), []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for _ in range(times):
            began = time.perf_counter_ns()
            os.write(file, block)
            os.fdatasync(file)
            took.append((time.perf_counter_ns() - began) // 1000)
    finally:
        os.close(file)
        path.unlink()
    took.sort()
    return took[times // 2], took[times * 99 // 100]


@dataclass(frozen=True)
class Held:
    """Many slow streams at once: memory that each adds (KiB of PSS), CPU an event, the generator's counts."""

    kib_each: float | None
    micros_an_event: float | None
    load: Load


def held(candidate: Candidate, effort: Effort) -> Held:
    """Streams of one event a second, begun evenly over the first quarter of the time: opening them is no part of holding them."""
    root = candidate.process_id
    empty, full = (memory(root).pss_kib if root else 0), [0]

    def look() -> None:
        full[0] = memory(root).pss_kib if root else 0

    timer = threading.Timer(effort.held_seconds * _HELD_AT, look)
    before, _ = _used(candidate)
    timer.start()
    calls, many = f"stream:{effort.held_seconds}:1000", effort.held_streams
    seen = _load(candidate, calls, at_once=many, requests=many, spread_ms=effort.held_seconds * 250)
    timer.join()
    time.sleep(_SETTLE_SECONDS)
    after, _ = _used(candidate)
    if before is None or after is None:
        return Held(None, None, seen)
    return Held((full[0] - empty) / many, (after - before) * 1e6 / max(1, seen.events), seen)


@dataclass
class Mixed:
    """Memory under everything at once: (minutes since the start, KiB of RSS), and the generator's counts."""

    samples: list[tuple[float, int]] = field(default_factory=list)
    load: Load | None = None

    @property
    def slope_kib_a_minute(self) -> float:
        """Least squares over the last two thirds; the first is warming up."""
        kept = self.samples[len(self.samples) // 3 :]
        if len(kept) < 2:
            return 0.0
        return statistics.linear_regression([at for at, _ in kept], [float(kib) for _, kib in kept]).slope


def mixed(candidates: Sequence[Candidate], effort: Effort) -> dict[str, Mixed]:
    """JSON, streams, callers that leave, errors and broken answers, in turn; all candidates at the same time."""
    found = {candidate.name: Mixed() for candidate in candidates}
    seconds = effort.mixed_minutes * 60

    def run(candidate: Candidate) -> None:
        found[candidate.name].load = _load(candidate, MIX, at_once=MIX_AT_ONCE, seconds=seconds, spread_ms=1000)

    threads = [threading.Thread(target=run, args=[candidate]) for candidate in candidates]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for candidate in candidates:
            if candidate.process_id is not None and time.monotonic() - began < seconds:
                sample = ((time.monotonic() - began) / 60, memory(candidate.process_id).rss_kib)
                found[candidate.name].samples.append(sample)
        time.sleep(_SAMPLE_SECONDS)
    for thread in threads:
        thread.join()
    return found


@dataclass(frozen=True)
class Start:
    """Seconds from the process to the first call answered with 200, CPU seconds of these, and the RSS a second later."""

    seconds: float
    cpu_seconds: float
    rss_kib: int


@contextlib.contextmanager
def started(candidate: Candidate) -> Iterator[Start | None]:
    """Runs the candidate while the block lasts; None where there is nothing to start."""
    began = time.monotonic()
    with candidate.start() as process_id:
        candidate.process_id = process_id
        seconds = first_answer_seconds(candidate, began)
        candidate.calls += 1
        if process_id is None:
            yield None
        else:
            used = cpu_seconds(process_id)
            time.sleep(1)
            yield Start(seconds, used, memory(process_id).rss_kib)
        candidate.process_id = None
