"""Processes of a benchmark: on which core they run, what they have used, and their end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.layout import ROOT

_ALLOWED_CORES = sorted(os.sched_getaffinity(0))
GATEWAY_CORE = _ALLOWED_CORES[0]
OTHER_CORE = _ALLOWED_CORES[-1]
"""For everything but the gateway; the same one where there is but one."""
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_STOP_SECONDS = 15


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process tree; `pss_kib` counts what processes share once."""

    rss_kib: int
    pss_kib: int


def stay_on(core: int) -> None:
    """Pin this thread, and so everything it starts from now on, to one core."""
    os.sched_setaffinity(0, {core})


@contextlib.contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path, *, core: int, stop: int = signal.SIGTERM) -> Iterator[int]:
    """Runs `command` on one core while the block lasts, output to `log`; yields its process id and ends it by that.

    Raises RuntimeError, with the end of the log, if it ended before the block did.
    """
    own = os.sched_getaffinity(0)
    stay_on(core)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    os.sched_setaffinity(0, own)
    try:
        yield process.pid
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended by itself: {log.read_text(errors='replace')[-2000:]}")
    finally:
        process.send_signal(stop)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_descendants() -> None:
    """Kill whatever this process has started and not ended, as when it was stopped in the middle of starting it."""
    for process_id in reversed(tree(os.getpid())[1:]):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)


def has_ended(process_id: int) -> bool:
    """Whether a process has ended, be it that nobody has asked how."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


def tree(root: int) -> list[int]:
    """The ids of a process and of all that descend from it."""
    found = [root]
    for process_id in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{process_id}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def cpu_seconds(root: int) -> float:
    """User and system time that a process tree has used, its ended children's included."""
    ticks = 0
    for process_id in tree(root):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICKS_A_SECOND


def busy_seconds(core: int) -> float:
    """What a core has worked so far, for whomever."""
    lines = Path("/proc/stat").read_text().splitlines()
    user, nice, system, _idle, _waiting, irq, soft_irq, stolen = next(
        [int(field) for field in line.split()[1:9]] for line in lines if line.startswith(f"cpu{core} ")
    )
    return (user + nice + system + irq + soft_irq + stolen) / _TICKS_A_SECOND


def memory(root: int) -> Memory:
    """What a process tree holds in memory now."""
    sums = {"Rss:": 0, "Pss:": 0}
    for process_id in tree(root):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines():
                name, *rest = line.split()
                if name in sums:
                    sums[name] += int(rest[0])
    return Memory(sums["Rss:"], sums["Pss:"])
