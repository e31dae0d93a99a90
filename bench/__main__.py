"""What a call through 1Relay costs, beside nginx and no gateway at all. `make bench`; bench/README.md says how it measures."""

from __future__ import annotations

import argparse
import contextlib
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench import measures, report
from bench.candidates import CANDIDATES, Candidate, Place, place
from bench.measures import QUICK, Cost, Effort
from bench.processes import OTHER_CORE, stay_on
from bench.programs import compiled
from bench.report import Findings, spread
from scripts.machine import Missing

MEASURES = ("start", "json", "one", "streams", "paced", "ttfb", "held", "mixed")


def run(arguments: argparse.Namespace, effort: Effort) -> int:
    """Take the measures asked for, print the tables, and write them into the page if asked to; 1 if any call failed."""
    _allow_many_files()
    compiled("provider")
    compiled("generator")
    stay_on(OTHER_CORE)
    found = Findings()
    with place(profile=arguments.profile) as here, contextlib.ExitStack() as stack:
        chosen = _prepare(arguments.candidates, here, stack, found)
        _measure(chosen, arguments.only, effort, found, here)
        text = report.markdown(found, effort, here.folder)
    print(f"\n{text}", flush=True)
    if arguments.write:
        report.write(text)
    return _verdict(found)


def _verdict(found: Findings) -> int:
    """Says what makes the numbers useless, if anything does; the exit status."""
    failed, wrong = report.failed(found), [name for name, books in found.books.items() if books.holds or not books.agree]
    if failed:
        print(f"\n{failed} calls failed: the numbers above are not to be used.", file=sys.stderr)
    if wrong:
        print(f"\nThe books of {', '.join(wrong)} are wrong: calls were not settled, or not for what was spent.", file=sys.stderr)
    return 1 if failed or wrong else 0


def _prepare(names: Sequence[str], here: Place, stack: contextlib.ExitStack, found: Findings) -> list[Candidate]:
    chosen = []
    for name in names:
        _say(f"Preparing {name} …")
        try:
            chosen.append(CANDIDATES[name](here, stack))
        except Missing as missing:
            _say(f"{name} is left out. {missing}")
            found.skipped.append(f"{name}. {missing}")
    return chosen


def _measure(chosen: list[Candidate], only: Sequence[str], effort: Effort, found: Findings, here: Place) -> None:
    if "start" in only:
        for candidate in chosen * (effort.starts - 1):
            with measures.started(candidate) as start:
                _note_start(candidate, start, found)
    with contextlib.ExitStack() as stack:
        for candidate in chosen:
            start = stack.enter_context(measures.started(candidate))
            if "start" in only:
                _note_start(candidate, start, found)
        for candidate in chosen:
            _say(f"Warming up {candidate.name} …")
            measures.warm_up(candidate, effort)
        _measure_running(chosen, only, effort, found, here)
    for candidate in chosen:
        if candidate.books is not None:
            found.books[candidate.name] = candidate.books()
            _say(f"ledger {candidate.name}: {found.books[candidate.name]}")


def _measure_running(chosen: list[Candidate], only: Sequence[str], effort: Effort, found: Findings, here: Place) -> None:
    rounds: dict[str, tuple[dict[str, list[Cost]], Callable[[Candidate], Cost]]] = {
        "json": (found.json, lambda candidate: measures.json_calls(candidate, effort)),
        "one": (found.json_one, lambda candidate: measures.json_calls(candidate, effort, one_connection=True)),
        "streams": (found.streams, lambda candidate: measures.streams(candidate, effort)),
        "paced": (found.paced, lambda candidate: measures.paced(candidate, effort)),
    }
    for name, (costs, measure) in rounds.items():
        if name in only:
            _repeat_costs(name, chosen, effort.repeats, costs, measure)
    if "ttfb" in only:
        _measure_ttfb(chosen, effort, found, here)
    if "held" in only:
        for candidate in chosen:
            found.held[candidate.name] = held = measures.held(candidate, effort)
            _say(f"held {candidate.name}: {report.number(held.kib_each, 1)} KiB each, {held.load.lateness}, {held.load.failed} failed")
    if "mixed" in only:
        gateways = [candidate for candidate in chosen if candidate.process_id is not None]
        _say(f"mixed: {effort.mixed_minutes:g} minutes …")
        found.mixed = measures.mixed(gateways, effort)


def _repeat_costs(
    name: str, chosen: list[Candidate], repeats: int, costs: dict[str, list[Cost]], measure: Callable[[Candidate], Cost]
) -> None:
    for number in range(repeats):
        for candidate in chosen:
            cost = measure(candidate)
            costs.setdefault(candidate.name, []).append(cost)
            rate = cost.load.requests / cost.load.seconds
            micros = "–" if cost.gateway_micros is None else f"{cost.gateway_micros:.2f}"
            _say(f"{name} {number + 1}/{repeats} {candidate.name}: {micros} µs, {rate:,.0f} requests/s, {cost.load.failed} failed")


def _measure_ttfb(chosen: list[Candidate], effort: Effort, found: Findings, here: Place) -> None:
    for number in range(effort.repeats):
        for candidate in chosen:
            load = measures.one_at_a_time(candidate, effort)
            found.ttfb.setdefault(candidate.name, []).append(load)
            _say(f"ttfb {number + 1}/{effort.repeats} {candidate.name}: {load.ttfb}, {load.failed} failed")
        found.fdatasync.append(measures.fdatasync_micros(here.folder))
        _say(f"fdatasync p50, p99: {found.fdatasync[-1]} µs")


def _note_start(candidate: Candidate, start: measures.Start | None, found: Findings) -> None:
    if start is not None:
        found.starts.setdefault(candidate.name, []).append(start)
        _say(f"start {candidate.name}: {start.seconds:.2f} s, {spread([start.rss_kib / 1024])} MiB")


def _allow_many_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _say(line: str) -> None:
    print(line, flush=True)


def _chosen(allowed: Sequence[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in allowed]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose among {', '.join(allowed)}")
        return names

    return parse


def main() -> int:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", type=_chosen(MEASURES), default=list(MEASURES), help=",".join(MEASURES))
    parser.add_argument("--candidates", type=_chosen(tuple(CANDIDATES)), default=list(CANDIDATES), help=",".join(CANDIDATES))
    parser.add_argument("--quick", action="store_true", help="less of everything, for development")
    parser.add_argument("--minutes", type=float, help="of mixed load")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--profile", action="store_true", help="run the relay under cProfile, into build/bench/NAME.pstats")
    arguments = parser.parse_args()
    effort = QUICK if arguments.quick else Effort()
    if arguments.minutes is not None:
        effort = replace(effort, mixed_minutes=arguments.minutes)
    try:
        return run(arguments, effort)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
