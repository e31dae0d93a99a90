"""The servers of docs/site/webhooks.md take what the relay sends, once each, and refuse everything else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from tests.docs.blocks import ROOT, blocks
from tests.factories import make_app, make_person
from webhooks.models import Event
from webhooks.services import deliveries, endpoints
from webhooks.services.delivery import deliver_due

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]
SERVERS = {block.fence.file: block.code for block in blocks() if block.source == "docs/site/webhooks.md" and block.fence.run_by}


@pytest.mark.parametrize("name", ["server.mjs", "server.py"])
def test_the_pages_servers_verify(name: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    app = make_app(make_person().user, webhook_url=url).app
    secret = endpoints.rotate_secret(app, immediately=False, now=datetime.now(UTC)).secret
    (tmp_path / name).write_text(SERVERS[name])
    (tmp_path / "node_modules" / "@1relay").mkdir(parents=True)
    (tmp_path / "node_modules" / "@1relay" / "node-sdk").symlink_to(ROOT / "clients/node-sdk")
    program = sys.executable if name.endswith(".py") else shutil.which("node") or "node"
    environment = {**os.environ, "PORT": str(port), "ONERELAY_WEBHOOK_SECRET": secret}
    with subprocess.Popen([program, name], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            _await(url)
            event = deliveries.send_test(app, datetime.now(UTC))
            assert deliver_due(datetime.now(UTC)) == 1
            deliveries.replay(app, event.pk, datetime.now(UTC))
            assert deliver_due(datetime.now(UTC)) == 1
            assert list(Event.objects.get().tries.values_list("status", flat=True)) == [204, 204]
            assert requests.post(url, data=event.body, timeout=5).status_code == 400
        finally:
            server.terminate()
        assert server.stdout is not None
        assert server.stdout.read().count("webhook.test") == 1


def _await(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            requests.post(url, data=b"", timeout=5)
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return
