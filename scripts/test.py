"""Runs everything, stage by stage, and says how long each took. `make test`; stops at the first stage that fails."""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from scripts.children import running
from scripts.layout import ROOT
from scripts.machine import Missing
from scripts.packages import require_programs
from scripts.servers import postgres_and_redis
from scripts.setup import set_up
from scripts.stages import LONG_STAGES, STAGES, Stage, test_environment

_INSTALL_SHARE_MINUTES = 4
_SHARES_TO_LIMIT = 3  # a stage that takes three times its share hangs


@dataclass(frozen=True)
class Outcome:
    """How one stage ended; without seconds it was not run."""

    name: str
    share_minutes: int
    passed: bool = False
    seconds: float | None = None


def run_stages(stages: Sequence[Stage], *, keep_going: bool) -> list[Outcome]:
    """Install, then run `stages` in order; after a failure the rest is not run, unless `keep_going`."""
    outcomes = [_timed("install", _INSTALL_SHARE_MINUTES, partial(_install, stages))]
    for stage in stages:
        if outcomes[0].passed and (keep_going or all(outcome.passed for outcome in outcomes)):
            outcomes.append(_timed(stage.name, stage.share_minutes, partial(_run_stage, stage)))
        else:
            outcomes.append(Outcome(stage.name, stage.share_minutes))
    return outcomes


def _timed(name: str, share_minutes: int, work: Callable[[], bool]) -> Outcome:
    print(f"\n=== {name}", flush=True)
    start = time.monotonic()
    try:
        passed = work()
    except Missing as missing:
        print(missing, file=sys.stderr, flush=True)
        passed = False
    return Outcome(name, share_minutes, passed, time.monotonic() - start)


def _install(stages: Sequence[Stage]) -> bool:
    require_programs({program for stage in stages for program in stage.programs})
    set_up(dev=True)
    return True


def _run_stage(stage: Stage) -> bool:
    with contextlib.ExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="1relay-test-", ignore_cleanup_errors=True))
        servers = stack.enter_context(postgres_and_redis()) if stage.servers else {}
        environment = test_environment(data_dir, servers)
        deadline = time.monotonic() + stage.share_minutes * 60 * _SHARES_TO_LIMIT
        run = _run_at_once if stage.at_once else _run_in_order
        return run(stage.commands, environment, deadline)


def _run_in_order(commands: Sequence[Sequence[str]], environment: dict[str, str], deadline: float) -> bool:
    for command in commands:
        print(_shown(command), flush=True)
        with running(command, environment) as process:
            if not _passes(process, deadline):
                return False
    return True


def _run_at_once(commands: Sequence[Sequence[str]], environment: dict[str, str], deadline: float) -> bool:
    """Starts all commands, then shows each one's output in one piece; every one is waited for, whichever fails."""
    with contextlib.ExitStack() as stack:
        started = []
        for command in commands:
            output = stack.enter_context(tempfile.TemporaryFile("w+"))
            started.append((command, output, stack.enter_context(running(command, environment, output))))
        passed = True
        for command, output, process in started:
            passed = _passes(process, deadline) and passed
            output.seek(0)
            print(f"{_shown(command)}\n{output.read()}", flush=True)
    return passed


def _passes(process: subprocess.Popen[str], deadline: float) -> bool:
    try:
        return process.wait(max(0.0, deadline - time.monotonic())) == 0
    except subprocess.TimeoutExpired:
        print("Stopped: this took three times its stage's share of the time.", file=sys.stderr, flush=True)
        return False


def _shown(command: Sequence[str]) -> str:
    return "$ " + " ".join(command).replace(f"{ROOT}/", "")


def _table(outcomes: Sequence[Outcome]) -> str:
    lines = [f"\n{'stage':12}{'seconds':>9}{'share':>8}  result"]
    for outcome in outcomes:
        seconds = "-" if outcome.seconds is None else f"{outcome.seconds:.1f}"
        result = "not run" if outcome.seconds is None else "passed" if outcome.passed else "FAILED"
        lines.append(f"{outcome.name:12}{seconds:>9}{outcome.share_minutes * 60:>8}  {result}")
    total = sum(outcome.seconds or 0 for outcome in outcomes)
    return "\n".join([*lines, f"{'total':12}{total:9.1f}"])


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Test from the command line."""
    parser = argparse.ArgumentParser(prog="make test", description="Run every check and test; see scripts/stages.py.")
    names = [stage.name for stage in (*STAGES, *LONG_STAGES)]
    parser.add_argument("--only", action="append", choices=names, metavar="STAGE", help=f"one of: {', '.join(names)}")
    parser.add_argument("--keep-going", action="store_true", help="run the other stages after a failure as well")
    parser.add_argument("--all", action="store_true", help="run the long stages as well")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    try:
        offered = (*STAGES, *LONG_STAGES) if options.all or options.only else STAGES
        chosen = [stage for stage in offered if options.only is None or stage.name in options.only]
        outcomes = run_stages(chosen, keep_going=options.keep_going)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    print(_table(outcomes))
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
