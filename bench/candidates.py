"""What is measured: no gateway at all, nginx, and 1Relay on either database. Each is started here, and ended."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import GATEWAY_CORE, OTHER_CORE, has_ended, running
from bench.programs import BUILD, compiled
from scripts.layout import ROOT, VENV_PYTHON
from scripts.machine import Missing
from scripts.run import relay_command
from scripts.servers import durable_postgres, free_port
from scripts.stages import test_environment

NATIVE_PATH = "/v1/chat/completions"
RELAY_PATH = "/v1/proxy/passthrough/openai" + NATIVE_PATH
_START_SECONDS = 60
_FIRST_CALL = {"model": "gpt-4o-mini", "max_tokens": 16, "messages": [{"role": "user", "content": "@json"}]}


@dataclass(frozen=True)
class Books:
    """What a relay's database says after `calls`: entries in the ledger, holds left, and whether spent is the entries' sum."""

    entries: int
    holds: int
    agree: bool
    calls: int = 0

    @property
    def are_right(self) -> bool:
        """Whether every call was booked, once, and for what was spent."""
        return self.agree and not self.holds and self.entries == self.calls


@dataclass
class Candidate:
    """Something calls can be made through.

    `start` runs the gateway while its block lasts, and yields its process id (None: there is no gateway).
    `tokens` are one a line; `one_token` has the first alone. `database_id` is the database server's process id.
    `calls` were made through it so far; `books` are a relay's, to be looked at once it has stopped.
    """

    name: str
    port: int
    path: str
    tokens: Path
    one_token: Path
    start: Callable[[], AbstractContextManager[int | None]]
    database_id: int | None = None
    process_id: int | None = None
    calls: int = 0
    log: Path | None = None
    books: Callable[[], Books] | None = None


@dataclass(frozen=True)
class Place:
    """Where candidates keep their files, and the provider they call."""

    folder: Path
    provider_port: int
    profile: bool = False


@contextlib.contextmanager
def place(*, profile: bool) -> Iterator[Place]:
    """A folder that goes when the block ends, and a running provider."""
    with tempfile.TemporaryDirectory(prefix="1relay-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o711)  # nginx's worker is another user, if root starts it
        port = free_port()
        with running([str(compiled("provider")), str(port)], os.environ, folder / "provider.log", core=OTHER_CORE):
            yield Place(folder, port, profile)


def direct(here: Place, _stack: contextlib.ExitStack) -> Candidate:
    """The generator calls the provider itself."""
    tokens = here.folder / "no-token"
    tokens.write_text("none\n")
    return Candidate("direct", here.provider_port, NATIVE_PATH, tokens, tokens, lambda: contextlib.nullcontext(None))


def nginx(here: Place, _stack: contextlib.ExitStack) -> Candidate:
    """A plain reverse proxy, one worker, nothing buffered: the floor. Raises Missing where it isn't installed."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise Missing("nginx is missing. Debian, Ubuntu: apt install nginx-light")
    folder, port = here.folder / "nginx", free_port()
    folder.mkdir(mode=0o755)
    (folder / "nginx.conf").write_text(_nginx_settings(folder, port, here.provider_port))
    command = [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    tokens = folder / "no-token"
    tokens.write_text("none\n")

    def start() -> AbstractContextManager[int]:
        return running(command, os.environ, folder / "log", core=GATEWAY_CORE)

    return Candidate("nginx", port, NATIVE_PATH, tokens, tokens, start, log=folder / "log")


def _nginx_settings(folder: Path, port: int, provider_port: int) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "\n  ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    return f"""daemon off; worker_processes 1; pid {folder}/pid; worker_rlimit_nofile 20000;
events {{ worker_connections 10000; }}
http {{
  access_log off; keepalive_requests 1000000000;
  {folders}
  upstream provider {{ server 127.0.0.1:{provider_port}; keepalive 4096; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    }}
  }}
}}
"""


def relay_on_sqlite(here: Place, _stack: contextlib.ExitStack) -> Candidate:
    """1Relay embedded: SQLite in a fresh data folder, synchronous=FULL."""
    return relay_for(here, "1relay-sqlite", {})


def relay_on_postgresql(here: Place, stack: contextlib.ExitStack) -> Candidate:
    """1Relay on a PostgreSQL of its own that forgets nothing (scripts.servers.DURABLE)."""
    address, process_id = stack.enter_context(durable_postgres())
    candidate = relay_for(here, "1relay-postgresql", {"DATABASE_URL": address})
    candidate.database_id = process_id
    return candidate


def relay_for(here: Place, name: str, servers: dict[str, str], seed: str = "bench.seed") -> Candidate:
    """1Relay on a fresh database that the module `seed` has filled; `tokens` is the file it wrote."""
    folder, port = here.folder / name, free_port()
    folder.mkdir(mode=0o700)
    upstream = f"http://127.0.0.1:{here.provider_port}"
    environment = {
        **test_environment(str(folder / "data"), servers),
        "PORT": str(port),
        "RELAY_UPSTREAM_OPENAI": upstream,
        "RELAY_ORIGINS": f"http://localhost:{port},http://127.0.0.1:{port}",
        "PYTHONUNBUFFERED": "1",
    }
    tokens, one_token = folder / "tokens", folder / "one-token"
    for words in ("manage.py migrate --no-input --verbosity 0", f"-m {seed} {tokens}"):
        _run([str(VENV_PYTHON), *words.split()], environment)
    one_token.touch(mode=0o600)
    one_token.write_text(tokens.read_text().split()[0])
    command = relay_command(port)
    if here.profile:
        command[1:1] = ["-m", "cProfile", "-o", str(BUILD / f"{name}.pstats")]

    def start() -> AbstractContextManager[int]:
        return running(command, environment, folder / "log", core=GATEWAY_CORE, stop=signal.SIGINT if here.profile else signal.SIGTERM)

    def books() -> Books:
        return Books(**json.loads(_run([str(VENV_PYTHON), "-m", "bench.books"], environment)))

    return Candidate(name, port, RELAY_PATH, tokens, one_token, start, log=folder / "log", books=books)


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Missing(f"{' '.join(command[1:3])} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


CANDIDATES: dict[str, Callable[[Place, contextlib.ExitStack], Candidate]] = {
    "direct": direct,
    "nginx": nginx,
    "sqlite": relay_on_sqlite,
    "postgresql": relay_on_postgresql,
}


def first_answer_seconds(candidate: Candidate, began: float) -> float:
    """Waits until a call through the candidate is answered with 200; seconds since `began` (time.monotonic())."""
    token = candidate.one_token.read_text().strip()
    while True:
        if _answers(candidate, token):
            return time.monotonic() - began
        ended = candidate.process_id is not None and has_ended(candidate.process_id)
        if ended or time.monotonic() - began > _START_SECONDS:
            last_words = candidate.log.read_text(errors="replace")[-2000:] if candidate.log else ""
            raise RuntimeError(f"{candidate.name} {'has ended' if ended else 'does not answer'}.\n{last_words}")
        time.sleep(0.005)


def _answers(candidate: Candidate, token: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", candidate.port, timeout=10)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", candidate.path, json.dumps(_FIRST_CALL), headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
