"""Where the gateway's CPU time goes, by function and by library: perf samples it while a block lasts."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator

from bench.candidates import Candidate
from bench.processes import tree
from bench.programs import BUILD
from scripts.machine import Missing

_HERTZ = 1999  # of time on the processor: virtual machines seldom count instructions


@contextlib.contextmanager
def sampled(candidate: Candidate, *, wanted: bool) -> Iterator[None]:
    """Samples a candidate's processes, if that is wanted, and writes build/bench/NAME.perf.txt. Raises Missing without perf."""
    if not wanted or candidate.process_id is None:
        yield
        return
    program = shutil.which("perf")
    if program is None:
        raise Missing("perf is missing. Debian: apt install linux-perf; Ubuntu: apt install linux-tools-generic")
    data, text = BUILD / f"{candidate.name}.perf", BUILD / f"{candidate.name}.perf.txt"
    ids = ",".join(str(process_id) for process_id in tree(candidate.process_id))
    record = [program, "record", "--quiet", "--freq", str(_HERTZ), "--event", "cpu-clock", "--pid", ids, "--output", str(data)]
    with subprocess.Popen(record, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
    show = [
        program,
        "report",
        "--input",
        str(data),
        "--stdio",
        "--sort",
        "dso,symbol",
        "--fields",
        "overhead,dso,symbol",
        "--percent-limit",
        "0.3",
    ]
    with text.open("w") as output:
        subprocess.run(show, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, check=True)
    print(f"sampled {candidate.name}: {text}", flush=True)
