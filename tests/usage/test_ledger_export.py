"""GET /v1/ledger: everything of one person and nothing of another's, as it is in the ledger, in bounded memory."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext

from accounts.models import Activity
from tests import factories
from tests.usage.test_rollups import _entry
from usage import export

# The file is written outside of any transaction, and gives its connection back after every part.
pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime.now(UTC).replace(microsecond=0)


def parts_of(person: factories.Person, query: str = "?format=csv") -> tuple[Any, list[bytes]]:
    """The answer, and its body in the parts it was written in."""

    async def read() -> tuple[Any, list[bytes]]:
        headers = {"Authorization": f"Bearer {person.token}"}
        response: Any = await AsyncClient().get(f"/v1/ledger{query}", headers=headers)
        if not response.streaming:
            return response, [response.content]
        assert hasattr(response.streaming_content, "__aiter__")
        return response, [part async for part in response.streaming_content]

    answered: tuple[Any, list[bytes]] = async_to_sync(read)()
    return answered


def test_it_is_a_csv_file_with_a_head_and_exact_costs() -> None:
    alice = factories.make_person()
    _entry(NOW - timedelta(days=40), 1_234_567, user_id=alice.user.pk, request_id="req_first", model='a, "quoted" one')
    _entry(NOW - timedelta(days=1), 7, user_id=alice.user.pk, app_id="", http_status=None, error_code="provider_timeout", model="=1+1")
    _entry(NOW - timedelta(days=1), 99_000, user_id="usr_somebody")
    response, parts = parts_of(alice)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="1relay-ledger.csv"'
    assert response["Cache-Control"] == "no-store"
    first, second = csv.DictReader(io.StringIO(b"".join(parts).decode()))
    assert list(first) == list(export.COLUMNS)
    assert (first["requestId"], first["costNanos"], first["model"]) == ("req_first", "1234567", 'a, "quoted" one')
    assert first["admittedAt"] == f"{NOW - timedelta(days=40):%Y-%m-%dT%H:%M:%SZ}"
    assert (second["httpStatus"], second["errorCode"], second["appId"]) == ("", "provider_timeout", "")
    assert second["model"] == "'=1+1", "a spreadsheet would run it"


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-origin", 200), ("none", 200)])
def test_another_sites_link_makes_no_file_and_no_activity(site: str, status: int) -> None:
    alice = factories.make_person()
    headers: dict[str, Any] = {"Sec-Fetch-Site": site}
    answer = alice.call("GET", "/v1/ledger", **headers)
    assert answer.status_code == status
    assert Activity.objects.filter(kind="exported").count() == (status == 200)


def test_json_lines_say_the_same() -> None:
    alice = factories.make_person()
    _entry(NOW, 5, user_id=alice.user.pk, app_id="")
    _entry(NOW - timedelta(hours=1), 6, user_id=alice.user.pk)
    response, parts = parts_of(alice, "?format=jsonl")
    assert response["Content-Type"] == "application/x-ndjson"
    older, newer = [json.loads(line) for line in b"".join(parts).splitlines()]
    assert (older["costNanos"], newer["costNanos"], newer["appId"]) == (6, 5, None)
    assert list(newer) == list(export.COLUMNS)


def test_an_account_without_calls_gets_a_head() -> None:
    _, parts = parts_of(factories.make_person())
    assert b"".join(parts).decode().strip().split(",") == list(export.COLUMNS)


def test_it_is_read_by_keyset_a_chunk_at_a_time_and_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "CHUNK_ROWS", 4)
    alice = factories.make_person()
    # More of one moment than a chunk holds: the tie is broken by the hold's id.
    made = {_entry(NOW - timedelta(minutes=row // 6), user_id=alice.user.pk, request_id=f"req_{row:08d}").request_id for row in range(18)}
    with CaptureQueriesContext(connection) as queries:
        _, parts = parts_of(alice, "?format=jsonl")
    rows = [json.loads(line) for line in b"".join(parts).splitlines()]
    assert len(rows) == 18
    assert {row["requestId"] for row in rows} == made
    assert [row["admittedAt"] for row in rows] == sorted(row["admittedAt"] for row in rows)
    assert [part.count(b"\n") for part in parts] == [4, 4, 4, 4, 2]
    reads = [query["sql"] for query in queries if "usage_ledgerentry" in query["sql"]]
    assert len(reads) == 6
    assert all("LIMIT 4" in sql and "OFFSET" not in sql for sql in reads)


def test_it_is_written_down_in_the_activity() -> None:
    alice = factories.make_person()
    parts_of(alice)
    written = Activity.objects.get(user=alice.user, kind="exported")
    assert (written.subject, written.session_id) == ("Every call, as csv", alice.session.pk)


@pytest.mark.parametrize(("query", "field"), [("?format=xls", "format"), ("?format=", "format"), ("?limit=1", "limit")])
def test_a_bad_parameter_is_named(query: str, field: str) -> None:
    response, parts = parts_of(factories.make_person(), query)
    assert response.status_code == 400
    assert list(json.loads(parts[0])["error"]["details"]["fields"]) == [field]
    assert not Activity.objects.filter(kind="exported").exists()
