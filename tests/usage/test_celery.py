"""Celery for real: a worker of its own, over the broker of this configuration, does what was queued."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kombu.connection import Connection

from relay import embedded_broker
from relay.celery import app
from tests.usage.calls import CENT, Held, ask, in_process, make_subject
from tests.usage.processes import ROOT, database_url
from usage.models import Hold, LedgerEntry

QUEUED = ["usage.sweep", "usage.roll_up_hour", "usage.roll_up_day", "usage.roll_over"]


def _broker(folder: Path) -> Connection:
    options = embedded_broker.options(folder)
    return Connection("filesystem://localhost//", transport=embedded_broker.Transport, transport_options=options)  # type: ignore[no-untyped-call]


def test_messages_of_several_writers_are_all_read_whole(tmp_path: Path) -> None:
    def write(number: int) -> None:
        with _broker(tmp_path) as broker:
            queue = broker.SimpleQueue("letters")
            for count in range(50):
                queue.put({"from": number, "count": count, "padding": "x" * 5000})
            queue.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    seen: list[tuple[int, int]] = []
    with _broker(tmp_path) as broker:
        queue = broker.SimpleQueue("letters")
        while len(seen) < 200:
            message = queue.get(timeout=20)
            seen.append((message.payload["from"], message.payload["count"]))
            message.ack()
        queue.close()
    for writer in writers:
        writer.join()
    assert sorted(seen) == [(number, count) for number in range(4) for count in range(50)]
    assert not list((tmp_path / "messages").iterdir())


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_what_is_queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    subject = make_subject(now=now)

    async def lose_a_call() -> None:
        held = await ask(subject, CENT, now=now)
        assert isinstance(held, Held)
        from tests.usage.calls import in_thread

        await in_thread(lambda: Hold.objects.update(owner_id="prc_gone"))

    in_process(lose_a_call)
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "RELAY_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "relay.settings",
    }
    command = [sys.executable, "-m", "celery", "-A", "relay.celery", "worker", "--pool", "solo", "--without-gossip", "--without-mingle"]
    with (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _queue_everything(environment)
        _wait_until_swept(worker)
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0, (tmp_path / "worker.log").read_text()
    entry = LedgerEntry.objects.get()
    assert (entry.cost_nanos, entry.error_code) == (CENT, "owner_lost")
    assert "Traceback" not in (tmp_path / "worker.log").read_text()


def _queue_everything(environment: dict[str, str]) -> None:
    text = f"import django; django.setup(); from relay.celery import app; [app.send_task(name) for name in {QUEUED}]"
    subprocess.run([sys.executable, "-c", text], cwd=ROOT, env=environment, check=True, timeout=60)


def _wait_until_swept(worker: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while Hold.objects.exists() or not LedgerEntry.objects.exists():
        assert worker.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] in app.tasks, name
        assert app.tasks[entry["task"]].ignore_result, name
