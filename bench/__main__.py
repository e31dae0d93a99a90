"""What a call through 1Relay costs, beside nginx and no gateway at all. `make bench`; bench/README.md says how it measures."""

from __future__ import annotations

import argparse
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from scripts.machine import Missing

if not sys.platform.startswith("linux"):
    sys.exit("Benchmarks need Linux: epoll, /proc and pinning to cores.")

from bench import report
from bench.candidates import CANDIDATES, place
from bench.measures import QUICK, Effort
from bench.processes import OTHER_CORE, end_descendants, stay_on
from bench.programs import compiled
from bench.report import Findings
from bench.session import MEASURES, Session


def run(arguments: argparse.Namespace, effort: Effort) -> int:
    """Take the measures asked for, print the tables, and write them into the page if asked to; the exit status."""
    _end_orderly_on_signals()
    _allow_many_files()
    for program in ("provider", "generator"):
        compiled(program)
    stay_on(OTHER_CORE)
    found = Findings()
    with place(profile=arguments.profile) as here:
        Session(here, arguments.only, effort, found, arguments.perf).run(arguments.candidates)
        text = report.markdown(found, effort, here.folder)
    print(f"\n{text}", flush=True)
    status = _verdict(found)
    if arguments.write and status == 0:
        report.write(text)
    return status


def _verdict(found: Findings) -> int:
    """Says what makes the numbers useless, if anything does; the exit status."""
    failed, wrong = report.failed(found), [name for name, books in found.books.items() if not books.are_right]
    if failed:
        print(f"\n{failed} calls failed: the numbers above are not to be used.", file=sys.stderr)
    if wrong:
        print(f"\nThe books of {', '.join(wrong)} are wrong: not every call was booked, or not for what was spent.", file=sys.stderr)
    return 1 if failed or wrong else 0


def _end_orderly_on_signals() -> None:
    """The first signal to stop unwinds everything, and so ends what was started; further ones don't disturb that."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def leave(number: int, _frame: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for each in signals:
        signal.signal(each, leave)


def _allow_many_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _chosen(allowed: Sequence[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in allowed]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose among {', '.join(allowed)}")
        return names

    return parse


def main() -> int:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(prog="python3 -m bench", description=__doc__)
    parser.add_argument("--only", type=_chosen(MEASURES), default=list(MEASURES), help=",".join(MEASURES))
    parser.add_argument("--candidates", type=_chosen(tuple(CANDIDATES)), default=list(CANDIDATES), help=",".join(CANDIDATES))
    parser.add_argument("--quick", action="store_true", help="less of everything, for development")
    parser.add_argument("--minutes", type=float, help="of mixed load")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--profile", action="store_true", help="run the relay under cProfile, into build/bench/NAME.pstats")
    parser.add_argument("--perf", action="store_true", help="sample the gateway with perf, into build/bench/NAME.perf.txt")
    arguments = parser.parse_args()
    effort = QUICK if arguments.quick else Effort()
    if arguments.minutes is not None:
        effort = replace(effort, mixed_minutes=arguments.minutes)
    try:
        return run(arguments, effort)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    finally:
        end_descendants()


if __name__ == "__main__":
    sys.exit(main())
