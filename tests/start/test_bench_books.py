"""What a benchmark puts into a relay's database, and how it audits what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import books, seed
from linkflow.models import Connection
from relay.crypto import tokens
from tests.factories import make_connection
from usage.models import LedgerEntry, Window

pytestmark = pytest.mark.django_db


def test_a_seeded_relay_has_connections_that_can_pay(tmp_path: Path) -> None:
    seed.seed(tmp_path / "tokens")
    given = (tmp_path / "tokens").read_text().split()
    made = Connection.objects.filter(access_token_hash__in=[tokens.digest_token(token) for token in given])
    assert {connection.status for connection in made} == {"active"}
    assert (len(given), made.count(), made.values("user_id").distinct().count()) == (16, 16, 4)
    assert all(connection.budget_cents >= 1_000_000 for connection in made)


def test_books_that_do_not_add_up_are_noticed() -> None:
    connection, now = make_connection().connection, datetime.now(UTC)
    LedgerEntry.objects.create(
        hold_id="hld_1",
        request_id="req_1",
        user_id=connection.user_id,
        connection_id=connection.id,
        provider="openai",
        door="chat",
        granted_nanos=900,
        admitted_at=now,
        settled_at=now,
        usage_source=LedgerEntry.PROVIDER_USAGE,
        input_tokens=1,
        output_tokens=1,
        cached_input_tokens=0,
        cost_nanos=700,
    )
    Window.objects.update_or_create(
        subject_id=connection.id, kind=Window.MONTH, starts_on=now.date().replace(day=1), defaults={"spent_nanos": 700, "held_nanos": 0}
    )
    month = Window.objects.filter(subject_id=connection.id, kind=Window.MONTH)
    assert books.audit() == {"entries": 1, "holds": 0, "agree": True}
    month.update(spent_nanos=701)
    assert not books.audit()["agree"]
    month.update(spent_nanos=700, held_nanos=1)
    assert not books.audit()["agree"]
