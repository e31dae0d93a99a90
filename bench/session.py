"""One benchmark from start to end: what is measured of whom, in which order, and what was found."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bench import measures
from bench.candidates import CANDIDATES, Candidate, Place
from bench.measures import Cost, Effort, Start
from bench.programs import Quantiles
from bench.report import Findings, number
from bench.sampling import sampled
from scripts.machine import Missing

MEASURES = ("start", "json", "one", "streams", "paced", "ttfb", "held", "mixed")


@dataclass
class Session:
    """The measures of `only`, in their own order, of some candidates; `perf`: sample where the time goes."""

    here: Place
    only: Sequence[str]
    effort: Effort
    found: Findings
    perf: bool = False

    def run(self, names: Sequence[str]) -> None:
        """Prepare the candidates, measure them and look at their books; what a machine lacks is noted and left out."""
        with contextlib.ExitStack() as stack:
            chosen = list(self._prepare(names, stack))
            self._measure_starts(chosen)
            self._measure_running(chosen)
            for candidate in chosen:
                if candidate.books is not None:
                    books = replace(candidate.books(), calls=candidate.calls)
                    self.found.books[candidate.name] = books
                    say(f"ledger {candidate.name}: {books}")

    def _prepare(self, names: Sequence[str], stack: contextlib.ExitStack) -> Iterator[Candidate]:
        for name in names:
            say(f"Preparing {name} …")
            try:
                yield CANDIDATES[name](self.here, stack)
            except Missing as missing:
                say(f"{name} is left out. {missing}")
                self.found.skipped.append(f"{name}. {missing}")

    def _measure_starts(self, chosen: Sequence[Candidate]) -> None:
        """All but the last start: that one serves the other measures."""
        if "start" in self.only:
            for candidate in [*chosen] * (self.effort.starts - 1):
                with measures.started(candidate) as start:
                    self._note_start(candidate, start)

    def _measure_running(self, chosen: Sequence[Candidate]) -> None:
        with contextlib.ExitStack() as stack:
            for candidate in chosen:
                self._note_start(candidate, stack.enter_context(measures.started(candidate)))
            for candidate in chosen:
                say(f"Warming up {candidate.name} …")
                measures.warm_up(candidate, self.effort)
            self._measure_costs(chosen)
            if "ttfb" in self.only:
                self._measure_ttfb(chosen)
            if "held" in self.only:
                self._measure_held(chosen)
            if "mixed" in self.only:
                say(f"mixed: {self.effort.mixed_minutes:g} minutes …")
                gateways = [candidate for candidate in chosen if candidate.process_id is not None]
                self.found.mixed = measures.mixed(gateways, self.effort)

    def _measure_costs(self, chosen: Sequence[Candidate]) -> None:
        found, effort = self.found, self.effort
        kinds: dict[str, tuple[dict[str, list[Cost]], Callable[[Candidate], Cost]]] = {
            "json": (found.json, lambda candidate: measures.json_calls(candidate, effort)),
            "one": (found.json_one, lambda candidate: measures.json_calls(candidate, effort, one_connection=True)),
            "streams": (found.streams, lambda candidate: measures.streams(candidate, effort)),
            "paced": (found.paced, lambda candidate: measures.paced(candidate, effort)),
        }
        for name, (costs, measure) in kinds.items():
            for turn in range(1, effort.repeats + 1) if name in self.only else ():
                for candidate in chosen:
                    with sampled(candidate, wanted=self.perf):
                        cost = measure(candidate)
                    costs.setdefault(candidate.name, []).append(cost)
                    rate = cost.load.requests / cost.load.seconds
                    micros, others = number(cost.gateway_micros, 2), f"others {cost.disturbance:.0%}"
                    say(f"{name} {turn} {candidate.name}: {micros} µs, {rate:,.0f}/s, {cost.load.failed} failed, {others}")

    def _measure_ttfb(self, chosen: Sequence[Candidate]) -> None:
        for turn in range(1, self.effort.repeats + 1):
            for candidate in chosen:
                load = measures.one_at_a_time(candidate, self.effort)
                self.found.ttfb.setdefault(candidate.name, []).append(load)
                say(f"ttfb {turn} {candidate.name}: {_quantiles(load.ttfb)}, {load.failed} failed")
            self.found.fdatasync.append(measures.fdatasync_micros(self.here.folder))
            say(f"fdatasync {turn}: p50, p99 {self.found.fdatasync[-1]} µs")

    def _measure_held(self, chosen: Sequence[Candidate]) -> None:
        for candidate in chosen:
            self.found.held[candidate.name] = held = measures.held(candidate, self.effort)
            late = f"late {_quantiles(held.load.lateness)}, opening and ending {_quantiles(held.load.lateness_partly)}"
            say(f"held {candidate.name}: {number(held.kib_each, 1)} KiB each, {late}, {held.load.failed} failed")

    def _note_start(self, candidate: Candidate, start: Start | None) -> None:
        if start is not None and "start" in self.only:
            self.found.starts.setdefault(candidate.name, []).append(start)
            say(f"start {candidate.name}: {start.seconds:.2f} s ({start.cpu_seconds:.2f} s of CPU), {start.rss_kib / 1024:,.0f} MiB")


def _quantiles(found: Quantiles | None) -> str:
    return f"p50 {found.p50:,}, p99 {found.p99:,} µs" if found else "nothing"


def say(line: str) -> None:
    """Tell how far it has come."""
    print(line, flush=True)
