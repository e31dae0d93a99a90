"""The tables of a run, in Markdown, and their place in docs/performance.md."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.candidates import Books
from bench.measures import EVENTS, PACE_MS, Cost, Effort, Held, Mixed, Start
from bench.programs import Load, Quantiles
from scripts.layout import ROOT, VENV_PYTHON
from scripts.machine import find_postgres
from scripts.servers import DURABLE

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
_FLOOR = "nginx"
_MUCH_DISTURBANCE = 0.05


@dataclass
class Findings:
    """Everything that was measured, by candidate."""

    names: list[str] = field(default_factory=list)
    starts: dict[str, list[Start]] = field(default_factory=dict)
    json: dict[str, list[Cost]] = field(default_factory=dict)
    json_one: dict[str, list[Cost]] = field(default_factory=dict)
    streams: dict[str, list[Cost]] = field(default_factory=dict)
    paced: dict[str, list[Cost]] = field(default_factory=dict)
    ttfb: dict[str, list[Load]] = field(default_factory=dict)
    fdatasync: list[tuple[int, int]] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)
    mixed: dict[str, Mixed] = field(default_factory=dict)
    books: dict[str, Books] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def costs(self) -> list[Cost]:
        """Every run whose CPU time was counted."""
        kinds = (self.json, self.json_one, self.streams, self.paced)
        return [run for kind in kinds for runs in kind.values() for run in runs]


def median(values: Sequence[float | None]) -> float | None:
    """The median of those there are."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def spread(values: Sequence[float | None], digits: int = 0) -> str:
    """Median and range: `214 (209–223)`."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    middle, low, high = (f"{value:,.{digits}f}" for value in (statistics.median(known), min(known), max(known)))
    return middle if low == high else f"{middle} ({low}–{high})"


def markdown(found: Findings, effort: Effort, folder: Path) -> str:
    """All tables, after a paragraph on when and where."""
    sections = (_starts, _json, _json_one, _streams, _paced, _ttfb, _held, _mixed, _books)
    tables = [text for section in sections if (text := section(found, effort))]
    notes = [f"Not measured: {line}" for line in found.skipped]
    if (share := max([run.disturbance for run in found.costs()], default=0.0)) > _MUCH_DISTURBANCE:
        notes.append(f"**Not quiet:** the gateway's core worked for others up to {share:.0%} of the time, so these numbers are too high.")
    return "\n\n".join([_circumstances(folder), *notes, *tables])


def write(text: str) -> None:
    """Put the tables between the markers of docs/performance.md. Raises ValueError where it has none."""
    page = PAGE.read_text()
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{PAGE.name} lacks {BEGIN} and {END}.")
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}")


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]
    return "\n".join([f"**{title}**", "", *lines])


def _starts(found: Findings, _effort: Effort) -> str:
    rows = [
        [
            name,
            spread([start.seconds for start in starts], 2),
            spread([start.cpu_seconds for start in starts], 2),
            spread([start.rss_kib / 1024 for start in starts]),
        ]
        for name, starts in found.starts.items()
        if starts
    ]
    return _table("Start", ["", "seconds to the first answered call", "CPU seconds of these", "idle RSS, MiB"], rows)


def _json(found: Findings, effort: Effort) -> str:
    return _costs(f"JSON, 600 bytes, 16 at a time, {effort.requests:,} calls (16 connections of 4 users)", found.json)


def _json_one(found: Findings, _effort: Effort) -> str:
    return _costs("The same, all on one connection", found.json_one)


def _costs(title: str, costs: dict[str, list[Cost]]) -> str:
    floor = median([cost.gateway_micros for cost in costs.get(_FLOOR, [])])
    rows = []
    for name, runs in costs.items():
        micros = median([run.gateway_micros for run in runs])
        rows.append(
            [
                name,
                spread([run.gateway_micros for run in runs], 1),
                f"{micros / floor:.1f}" if micros and floor else "–",
                spread([run.database_micros for run in runs], 1),
                spread([run.load.requests / run.load.seconds for run in runs]),
                *_quantiles([run.load.took for run in runs]),
                str(sum(run.load.failed for run in runs)),
            ]
        )
    heads = ["", "CPU µs / request", "× nginx", "PostgreSQL's CPU µs / request", "requests/s", "p50 µs", "p99 µs", "failed"]
    return _table(title, heads, rows)


def _streams(found: Findings, effort: Effort) -> str:
    title = f"Streams of {EVENTS} events without delay, 16 at a time, {effort.streams:,} streams"
    return _events(title, found.streams, found)


def _paced(found: Findings, effort: Effort) -> str:
    title = f"The same with {PACE_MS} ms between events, so that each goes through alone, {effort.paced_streams:,} streams"
    return _events(title, found.paced, found)


def _events(title: str, costs: dict[str, list[Cost]], found: Findings) -> str:
    rows = []
    for name, runs in costs.items():
        request = median([cost.gateway_micros for cost in found.json.get(name, [])])
        micros = [run.gateway_micros for run in runs]
        net = [None if each is None or request is None else each - request / EVENTS for each in micros]
        rows.append(
            [
                name,
                spread(micros, 2),
                spread(net, 2),
                spread([run.load.events / run.load.seconds for run in runs]),
                spread([run.load.events / max(1, run.load.reads_of_streams) for run in runs], 1),
                str(sum(run.load.failed for run in runs)),
            ]
        )
    heads = ["", "CPU µs / event", "less the request's share", "events/s", "events a read of the caller's", "failed"]
    return _table(title, heads, rows)


def _ttfb(found: Findings, effort: Effort) -> str:
    if not found.ttfb:
        return ""
    direct = median([load.ttfb.p50 for load in found.ttfb.get("direct", []) if load.ttfb])
    sync = median([p50 for p50, _ in found.fdatasync])
    rows = []
    for name, runs in found.ttfb.items():
        p50 = median([load.ttfb.p50 for load in runs if load.ttfb])
        added = None if p50 is None or direct is None else p50 - direct
        beyond = added - sync if added is not None and sync is not None and name.startswith("1relay") else None
        shown = ["–" if value is None else f"{value:,.0f}" for value in (added, beyond)]
        rows.append([name, *_quantiles([load.ttfb for load in runs]), *shown, str(sum(load.failed for load in runs))])
    rows.append(["*append 4 KiB + fdatasync*", *(spread([pair[at] for pair in found.fdatasync]) for at in (0, 1)), "", "", ""])
    heads = ["", "p50 µs", "p99 µs", "added to direct, p50", "added beyond one fdatasync", "failed"]
    return _table(f"Time to the first byte of a stream, one at a time, {effort.single_calls:,} calls", heads, rows)


def _quantiles(found: Sequence[Quantiles | None]) -> list[str]:
    return [spread([None if one is None else one.p50 for one in found]), spread([None if one is None else one.p99 for one in found])]


def _held(found: Findings, effort: Effort) -> str:
    rows = []
    for name, one in found.held.items():
        held, partly = one.load.lateness, one.load.lateness_partly
        rows.append(
            [
                name,
                number(one.kib_each, 1),
                number(one.micros_an_event, 1),
                number(held.p50 / 1000 if held else None, 2),
                number(held.p99 / 1000 if held else None, 2),
                number(partly.p99 / 1000 if partly else None, 2),
                str(one.load.failed),
            ]
        )
    late = ["lateness p50, ms", "p99, ms", "p99 while opening and ending, ms"]
    heads = ["", "growth, KiB each (PSS)", "CPU µs / event", *late, "failed"]
    return _table(f"{effort.held_streams:,} streams of one event a second for {effort.held_seconds} s", heads, rows)


def _mixed(found: Findings, effort: Effort) -> str:
    rows = [
        [
            name,
            *(f"{pick(one):,.0f}" for pick in (_first_mib, _last_mib)),
            f"{one.slope_kib_a_minute:+,.0f}",
            f"{one.load.requests:,}" if one.load else "–",
            str(one.load.failed) if one.load else "–",
        ]
        for name, one in found.mixed.items()
        if one.samples
    ]
    heads = ["", "RSS after a third, MiB", "RSS at the end, MiB", "slope over the last two thirds, KiB a minute", "calls", "failed"]
    title = f"Memory in {effort.mixed_minutes:g} minutes of JSON, streams, callers that leave, errors and broken answers"
    return _table(title, heads, rows)


def _books(found: Findings, _effort: Effort) -> str:
    lines = [
        f"Ledger of {name} after {books.calls:,} calls: {books.entries:,} entries, {books.holds} holds left, "
        f"spent {'is' if books.agree else '**is not**'} the entries' sum."
        for name, books in found.books.items()
    ]
    return "  \n".join(lines)


_first_mib: Callable[[Mixed], float] = lambda one: one.samples[len(one.samples) // 3][1] / 1024  # noqa: E731
_last_mib: Callable[[Mixed], float] = lambda one: one.samples[-1][1] / 1024  # noqa: E731


def number(value: float | None, digits: int) -> str:
    """The number with thousands apart, or a dash."""
    return "–" if value is None else f"{value:,.{digits}f}"


def _circumstances(folder: Path) -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_said(['git', 'rev-parse', '--short', 'HEAD']) or 'unknown'}; {_processor()}, "
        f"{os.cpu_count()} cores, Linux {platform.release()}, {_file_system(folder)}. {_versions()}. "
        f"PostgreSQL: {', '.join(DURABLE)}. SQLite: WAL, synchronous=FULL. Median (range) of the runs."
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _file_system(folder: Path) -> str:
    return f"databases on {_said(['df', '--output=fstype', str(folder)]).split()[-1]}"


def _versions() -> str:
    code = (
        "import sys, sqlite3, importlib.metadata as m; print('Python', sys.version.split()[0], *(', '+n+' '+m.version(n) for n in "
        "('Django','uvicorn','uvloop','aiohttp','psycopg')), ', SQLite '+sqlite3.sqlite_version, sep='')"
    )
    found = [_said([str(VENV_PYTHON), "-c", code]).replace("Python", "Python ", 1)]
    if programs := find_postgres():
        found.append(_said([str(programs / "postgres"), "--version"]).replace("postgres (PostgreSQL)", "PostgreSQL"))
    found.append(_said(["nginx", "-v"]).replace("nginx version: nginx/", "nginx "))
    return ", ".join(line for line in found if line)


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def failed(found: Findings) -> int:
    """How many calls failed, of all that were made."""
    runs = [run.load for run in found.costs()]
    runs += [load for loads in found.ttfb.values() for load in loads]
    runs += [one.load for one in found.held.values()]
    runs += [one.load for one in found.mixed.values() if one.load is not None]
    return sum(load.failed for load in runs)
