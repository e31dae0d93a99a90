"""docs/site/webhooks.md says what the code does: its schedule, its types, its bounds."""

import re
from datetime import timedelta

from tests.docs.blocks import ROOT
from tests.webhooks.test_spec import EVENTS
from webhooks.services import delivery, retention, schedule, sending

TEXT = (ROOT / "docs/site/webhooks.md").read_text("utf-8")
UNITS = {"s": "seconds", "min": "minutes", "h": "hours"}


def test_the_schedule_is_the_published_one() -> None:
    (row,) = [line for line in TEXT.splitlines() if line.startswith("| after |")]
    said = [timedelta(**{UNITS[unit]: int(count)}) for count, unit in re.findall(r"(\d+) (s|min|h)\b", row)]
    assert tuple(said) == schedule.WAITS
    assert (0.1, timedelta(days=3), 10) == (schedule.JITTER, schedule.GIVEN_UP_AFTER, schedule.LEAST_FAILURES)
    assert (10, timedelta(days=30)) == (sending.SECONDS, retention.KEPT)
    assert delivery.LEASE.total_seconds() > sending.SECONDS + delivery.RUN_SECONDS


def test_every_type_is_there() -> None:
    assert re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", TEXT, re.M) == [event["type"] for event in EVENTS["events"]]
