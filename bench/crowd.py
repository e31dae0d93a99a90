"""Fills a fresh database with somebody who has a thousand connections and a million calls, and prints who into a file.

python -m bench.crowd FILE, with the environment of the relay to be measured. The person is the developer of the app as well.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

CONNECTIONS = 1_000
CALLS = 1_000_000
_DAYS = 90
_SERIES = {
    "postgresql": "SELECT n FROM generate_series(0, %(calls)s - 1) AS s(n)",
    "sqlite": "SELECT n FROM (WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < %(calls)s - 1) SELECT n FROM s)",
}
_AT = {
    "postgresql": "CAST(%(now)s AS timestamptz) - n * CAST(%(apart)s AS interval)",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', %(now)s, '-' || (n * %(seconds)s) || ' seconds')",
}
_LEDGER = """INSERT INTO usage_ledgerentry (hold_id, request_id, user_id, app_id, connection_id, provider, model, door, granted_nanos,
  price_version, admitted_at, settled_at, http_status, error_code, latency_ms, usage_source, input_tokens, output_tokens,
  cached_input_tokens, cost_nanos)
SELECT 'hld_' || n, 'req_bench' || n, %(user)s, %(app)s, c.id,
  CASE c.place %% 3 WHEN 0 THEN 'openai' WHEN 1 THEN 'anthropic' ELSE 'groq' END, 'model-' || (c.place %% 7), 'passthrough',
  4000000, 'bench',
  {at}, {at}, CASE WHEN n %% 50 = 0 THEN 429 ELSE 200 END, CASE WHEN n %% 50 = 0 THEN 'provider_429' ELSE '' END, 900 + n %% 700,
  'provider_usage', 300 + n %% 900, 50 + n %% 300, 0, 1000 * (n %% 2000)
FROM ({series}) s JOIN (SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS place FROM linkflow_connection) c
  ON c.place = n %% %(connections)s"""


def seed(file: Path) -> None:
    """Make them by the real services, but for the calls, which are written into the ledger and rolled up."""
    from django.db import connection  # noqa: PLC0415 (needs Django set up)

    from accounts.models import UserSession  # noqa: PLC0415
    from accounts.services import sessions  # noqa: PLC0415
    from tests.factories import make_app, make_connection, make_person  # noqa: PLC0415
    from usage import rollups  # noqa: PLC0415
    from usage.models import Closed, Rollup  # noqa: PLC0415

    now, person = datetime.now(UTC), make_person()
    product = make_app(person.user)
    made = [make_connection(person, product) for _ in range(CONNECTIONS)]
    vendor = connection.vendor
    seconds = _DAYS * 86_400 / CALLS
    values: dict[str, Any] = {"calls": CALLS, "connections": CONNECTIONS, "user": person.user.pk, "app": product.app.pk, "seconds": seconds}
    stamp = now if vendor == "postgresql" else now.strftime("%Y-%m-%d %H:%M:%S.%f")
    with connection.cursor() as cursor:
        text = _LEDGER.format(at=_AT[vendor], series=_SERIES[vendor])
        cursor.execute(text, {**values, "now": stamp, "apart": f"{seconds} seconds"})
        cursor.execute("ANALYZE")
    rollups.catch_up(Rollup.DAY, now)
    # Summed hour by hour as they come, on a relay that runs: three days of them are enough for the pages to find.
    Closed.objects.create(kind=Rollup.HOUR, until=now - timedelta(days=3))
    rollups.catch_up(Rollup.HOUR, now)
    opened = sessions.open_session(person.user, UserSession.COOKIE, "bench", now)
    who = {"cookie": opened.token, "app": product.app.pk, "connection": made[0].connection.pk, "request": "req_bench4711"}
    file.touch(mode=0o600)
    file.write_text(json.dumps(who))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay.settings")
    django.setup()
    seed(Path(sys.argv[1]))
