"""Labels are those of the protocol's text, on both sides, and the floor stays free of Django."""

import re
import subprocess
import sys
from pathlib import Path

from relay.crypto import labels
from tests.crypto.vectors import SPEC

ROOT = SPEC.parent
QUOTED = re.compile(r'"(1relay/v1/[a-z-]+)"')
ALL = {name: value for name, value in vars(labels).items() if name.isupper()}
OF_THE_RELAY_ALONE = {labels.CSRF, labels.IDEMPOTENT_ANSWER, labels.VERIFY_EMAIL, labels.WEBHOOK_SECRET}


def test_labels_are_those_of_the_protocol() -> None:
    text = (SPEC / "protocol.md").read_text("utf-8")
    of_macs = set(re.findall(r'HMAC-SHA-256\(server secret, "([a-z]+)"', text))
    assert of_macs == {"challenge", "prelogin"}
    assert set(ALL.values()) - OF_THE_RELAY_ALONE == set(QUOTED.findall(text)) | of_macs


def test_no_label_is_written_twice() -> None:
    assert len(set(ALL.values())) == len(ALL)


def test_labels_of_the_browser_are_ours() -> None:
    theirs = (ROOT / "clients/core/src/crypto/labels.ts").read_text("utf-8")
    assert set(QUOTED.findall(theirs)) == {value for value in ALL.values() if "/" in value} - OF_THE_RELAY_ALONE


def test_labels_are_written_in_one_file() -> None:
    folders = ("relay", "accounts", "usage", "linkflow", "vault", "proxy")
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert [path.name for path in sources if QUOTED.search(path.read_text("utf-8"))] == ["labels.py"]


def test_floor_loads_without_django() -> None:
    modules = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in Path(ROOT / "relay/crypto").rglob("*.py")
        if path.stem != "__init__"
    )
    script = f"import sys, {', '.join(modules)}; print([m for m in sys.modules if m.split('.')[0] == 'django'])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
