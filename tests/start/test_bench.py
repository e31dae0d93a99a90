"""Benchmarks count what they should: every wrong answer is a failure, and memory, CPU and slopes are of the right things.

How long anything takes is asserted nowhere.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("benchmarks need Linux", allow_module_level=True)

from bench import candidates, measures, processes, programs, report
from bench.candidates import Books
from bench.measures import QUICK, Mixed, Start
from bench.programs import Load, load
from bench.report import Findings
from bench.session import Session
from scripts.layout import ROOT
from scripts.servers import free_port
from tests.fake_provider import Answer, FakeProvider, chat_stream, stream, whole

pytestmark = pytest.mark.skipif(not (shutil.which("gcc") or shutil.which("cc")), reason="needs a C compiler: apt install gcc")

CALLS = 50


@pytest.fixture(scope="module")
def place() -> Iterator[candidates.Place]:
    """The compiled provider, running."""
    with candidates.place(profile=False) as here:
        yield here


@pytest.fixture
def direct(place: candidates.Place) -> candidates.Candidate:
    """No gateway between generator and provider."""
    candidate = candidates.direct(place, contextlib.ExitStack())
    assert candidates.first_answer_seconds(candidate, time.monotonic())
    return candidate


@pytest.mark.parametrize("calls", ["json", "stream:20:0", "stream:3:5", "leave:50:5:4", "error", "cut:5:1"])
def test_every_kind_of_call_succeeds_without_a_gateway(direct: candidates.Candidate, calls: str) -> None:
    seen = load(direct.port, direct.path, direct.tokens, calls, at_once=8, requests=CALLS)
    assert (seen.requests, seen.failed) == (CALLS, 0)
    kind, _, rest = calls.partition(":")
    events = int(rest.split(":")[0]) if rest else 0
    if kind != "leave":
        assert seen.events == CALLS * events
    counted = [late.count for late in (seen.lateness, seen.lateness_partly) if late is not None]
    assert sum(counted) == seen.events
    assert seen.connects >= 8


def test_the_mix_succeeds_for_as_long_as_it_is_given(direct: candidates.Candidate) -> None:
    seen = load(direct.port, direct.path, direct.tokens, measures.MIX, at_once=20, seconds=1.0, spread_ms=50)
    assert seen.requests > 20
    assert seen.failed == 0


def test_calls_spread_over_time_are_all_made(direct: candidates.Candidate) -> None:
    seen = load(direct.port, direct.path, direct.tokens, "json", at_once=5, seconds=0.3, spread_ms=100)
    assert (seen.connects, seen.failed) == (5, 0)


def test_a_call_that_does_not_end_in_time_failed(direct: candidates.Candidate) -> None:
    seen = load(direct.port, direct.path, direct.tokens, "stream:1000:1000", at_once=3, requests=3, seconds=0.2)
    assert seen.failures == {"connect": 0, "status": 0, "length": 0, "broken": 0, "unfinished": 3}


@pytest.mark.parametrize(
    ("answer", "calls", "reason"),
    [
        (whole(b"x" * 599), "json", "length"),
        (whole(b"x" * 601), "json", "length"),
        (whole(b"x" * 600, status=201), "json", "status"),
        (whole(b"x" * 600, status=503), "error", "status"),
        (Answer((b"x" * 300, "half-close"), length=600), "json", "broken"),
        (chat_stream("a", "b"), "stream:2:0", "length"),
        (stream(b'data: {"x":"@0000000000000000001"}\n\n'), "stream:1:0", "length"),
        (stream(b'data: {"x":"@0000000000000000001"}\n\ndata: [DONE]\n\n', "reset"), "stream:1:0", "broken"),
        (stream(b'data: {"x":"@0000000000000000001"}\n\ndata: [DONE]\n\n'), "cut:1:0", "broken"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_failed(tmp_path: Path, answer: Answer, calls: str, reason: str) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("one\ntwo\n")
    with FakeProvider() as provider:
        provider.will(answer)
        seen = load(int(provider.base.rpartition(":")[2]), "/v1/x", tokens, calls, at_once=2, requests=4)
        credentials = {received.headers["authorization"] for received in provider.received}
    assert (seen.failures[reason], seen.failed) == (4, 4)
    assert credentials == {"Bearer one", "Bearer two"}


def test_a_refused_connection_failed(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("one\n")
    seen = load(free_port(), "/v1/x", tokens, "json", at_once=1, requests=2)
    assert seen.failures["connect"] == 2


def test_cpu_and_memory_are_those_of_the_whole_tree(tmp_path: Path) -> None:
    work = "import sys; block = bytearray(50_000_000); sum(range(20_000_000)); print(flush=True); sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert len(processes.tree(process.pid)) == 2
        assert processes.cpu_seconds(process.pid) > 0.02
        assert processes.memory(process.pid).pss_kib > 48_000
        process.communicate()
    assert processes.memory(process.pid).rss_kib == 0


def test_a_slope_is_that_of_the_last_two_thirds() -> None:
    rising = [(at / 10, 1_000_000 - at * 50_000) for at in range(10)] + [(at / 10, 5_000 + at) for at in range(10, 30)]
    assert Mixed(rising).slope_kib_a_minute == pytest.approx(10)


def test_tables_take_the_place_between_the_markers_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    monkeypatch.setattr(report, "PAGE", page)
    found = Findings(
        starts={"nginx": [Start(0.5, 0.4, 2048), Start(0.7, 0.4, 4096), Start(0.6, 0.4, 4096)]}, skipped=["perl. It is missing."]
    )
    report.write(report.markdown(found, QUICK, tmp_path))
    text = page.read_text()
    assert text.startswith(f"before\n{report.BEGIN}\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "old" not in text
    assert "| nginx | 0.60 (0.50–0.70) | 0.40 | 4 (2–4) |" in text
    assert "Not measured: perl. It is missing." in text


def test_failures_of_every_measure_are_counted() -> None:
    failing = Load(1, 1.0, 0, 0, 1, {"status": 1}, None, None, None, None)
    cost, held, mixed = measures.Cost(1.0, None, 0.0, failing), measures.Held(None, None, failing), Mixed([], failing)
    runs = {"nginx": [cost]}
    found = Findings(
        json=runs, json_one=runs, streams=runs, paced=runs, ttfb={"nginx": [failing]}, held={"nginx": held}, mixed={"nginx": mixed}
    )
    assert report.failed(found) == 7


@pytest.mark.parametrize(
    ("books", "are_right"),
    [
        (Books(entries=9, holds=0, agree=True, calls=9), True),
        (Books(entries=8, holds=0, agree=True, calls=9), False),
        (Books(entries=10, holds=0, agree=True, calls=9), False),
        (Books(entries=9, holds=1, agree=True, calls=9), False),
        (Books(entries=9, holds=0, agree=False, calls=9), False),
    ],
)
def test_books_are_right_only_if_every_call_was_booked_once(books: Books, are_right: bool) -> None:
    assert books.are_right == are_right


def test_a_gateway_that_is_not_installed_is_left_out_and_named(
    place: candidates.Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_given, **_more: None)
    found = Findings()
    Session(place, [], QUICK, found).run(["nginx"])
    assert found.skipped == ["nginx. nginx is missing. Debian, Ubuntu: apt install nginx-light"]
    assert "nginx is left out." in capsys.readouterr().out


def test_a_process_that_dies_is_noticed_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no money')"]
    with pytest.raises(RuntimeError, match="no money"):
        wait_for_end(command, tmp_path / "log")


def wait_for_end(command: list[str], log: Path) -> None:
    """Run a command until it ends by itself."""
    with processes.running(command, os.environ, log, core=processes.OTHER_CORE) as process_id:
        while not processes.has_ended(process_id):
            time.sleep(0.01)


def test_a_benchmark_that_is_stopped_ends_what_it_started(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--candidates", "direct", "--only", "held", "--quick"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        while "Warming up" not in process.stdout.readline():
            assert process.poll() is None
        started = processes.tree(process.pid)[1:]
        assert started
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
    assert all(processes.has_ended(each) for each in started)
    assert not [*tmp_path.iterdir()]


def test_programs_are_compiled_into_a_folder_that_git_ignores() -> None:
    program = programs.compiled("generator")
    assert program.is_file()
    ignored = subprocess.run(["git", "check-ignore", "-q", program], cwd=program.parent, check=False)
    assert ignored.returncode in {0, 128}  # 128: no checkout, but a copy
