"""What the relay finds by itself: each budget's thresholds and each failing key are told once, to their owner alone."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as outbox
from django.db import connection

from accounts.models import Activity, Mail, User
from accounts.services import mail
from linkflow import tasks
from linkflow.models import Connection, SealedKey
from linkflow.services import connections, notices
from relay.crypto.device import connections as device
from tests.contracts import samples
from tests.contracts.world import make_world
from tests.factories import SANDBOX_KEY, Person, Product, make_app, make_connection, make_person
from tests.usage.calls import CENT
from usage.models import Window
from usage.services import set_user_cap

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


def ada_with_tern() -> tuple[Person, Product]:
    ada = make_person()
    User.objects.filter(pk=ada.user.pk).update(email_verified_at=NOW)
    ada.user.refresh_from_db()
    return ada, make_app(make_person().user, name="Tern")


def spend(subject_id: str, cents: int) -> None:
    Window.objects.filter(subject_id=subject_id, kind="month").update(spent_nanos=cents * CENT)


def fail(connection_id: str, code: str = "key_invalid", at: datetime = NOW) -> None:
    """As the proxy marks it (linkflow.grants.mark_needs_attention)."""
    SealedKey.objects.filter(connection_id=connection_id).update(attention_code=code, attention_at=at)


def found(person: Person) -> list[tuple[str, str, str, str]]:
    rows = Activity.objects.filter(user=person.user).exclude(kind="connection_approved").order_by("at", "pk")
    return [(row.kind, row.subject, row.detail, row.device) for row in rows]


def test_a_budget_is_told_at_eighty_and_at_a_hundred_per_cent() -> None:
    ada, product = ada_with_tern()
    linked = make_connection(ada, product, budget_cents=500)
    Mail.objects.all().delete()
    spend(linked.connection.pk, 402)
    for _ in range(2):
        tasks.tell()
    spend(linked.connection.pk, 500)
    for _ in range(2):
        tasks.tell()
    month = f"{NOW:%B}"
    assert found(ada) == [
        ("budget_threshold", "Tern", f"$4.02 of $5.00 in {month}", ""),
        ("budget_exhausted", "Tern", f"$5.00 of $5.00 in {month}", ""),
    ]
    for _ in range(2):
        mail.send_due(datetime.now(UTC))
    assert [message.subject for message in outbox.outbox] == ["Tern has used 80 % of its budget", "Tern has used up its budget"]
    assert f"“Tern” has used $4.02 of $5.00 in {month}." in str(outbox.outbox[0].body).replace("\u2060", "")


def test_the_cap_is_told_without_an_apps_name() -> None:
    ada, product = ada_with_tern()
    make_connection(ada, product)
    set_user_cap(ada.user.pk, 1000, NOW)
    Mail.objects.all().delete()
    spend(ada.user.pk, 800)
    assert notices.tell_of_budgets(NOW) == 1
    assert found(ada) == [("budget_threshold", "", f"$8.00 of $10.00 in {NOW:%B}", "")]
    mail.send_due(datetime.now(UTC))
    assert outbox.outbox[0].subject == "80 % of your monthly cap is used"


def test_connections_that_are_over_and_key_checks_are_not_told() -> None:
    world = make_world()
    body = {**samples.personal(world), "trial": True}
    assert world.ada.call("POST", "/v1/connections", body, elevated=True).status_code == 201
    revoked = make_connection(world.ada, world.chat)
    connections.revoke(world.ada.user, revoked.connection.pk, NOW)
    for connection_id in (body["id"], revoked.connection.pk):
        Window.objects.filter(subject_id=connection_id).update(spent_nanos=150 * CENT, limit_nanos=150 * CENT, bound_nanos=150 * CENT)
    assert notices.tell_of_budgets(NOW) == 0
    fail(body["id"])
    assert notices.tell_of_failing_keys(NOW) == 0


def test_one_key_that_fails_in_many_connections_is_told_once() -> None:
    ada, product = ada_with_tern()
    linked = [make_connection(ada, product) for _ in range(3)]
    Mail.objects.all().delete()
    fail(linked[0].connection.pk)
    for _ in range(2):
        tasks.tell()
    fail(linked[1].connection.pk)
    fail(linked[0].connection.pk, at=NOW + timedelta(minutes=1))  # each failing call says so again
    tasks.tell()
    assert found(ada) == [("key_failing", "Sandbox", "Sandbox refused the key.", "")]
    assert Mail.objects.count() == 1
    assert not SealedKey.objects.filter(attention_at__isnull=False, attention_told_at__isnull=True).exists()


def test_another_reason_is_another_notice() -> None:
    ada, product = ada_with_tern()
    first, second = make_connection(ada, product), make_connection(ada, product)
    fail(first.connection.pk)
    fail(second.connection.pk, "key_quota_exhausted")
    assert notices.tell_of_failing_keys(NOW) == 2


def test_a_key_that_was_replaced_and_fails_again_is_told_again() -> None:
    ada, product = ada_with_tern()
    linked = make_connection(ada, product)
    fail(linked.connection.pk)
    assert notices.tell_of_failing_keys(NOW) == 1
    seal = device.seal_key(linked.connection_key, linked.connection.pk, "sandbox", SANDBOX_KEY)
    change = connections.Change(sealed_keys={"sandbox": seal})
    connections.change(ada.user, linked.connection.pk, change, NOW, elevated=True)
    assert notices.tell_of_failing_keys(NOW) == 0
    fail(linked.connection.pk)
    assert notices.tell_of_failing_keys(NOW) == 1


def test_people_hear_of_their_own_keys_alone() -> None:
    ada, product = ada_with_tern()
    bob = make_person()
    linked = make_connection(ada, product)
    make_connection(bob, product)
    fail(linked.connection.pk)
    assert notices.tell_of_failing_keys(NOW) == 1
    assert found(bob) == []


def test_nothing_found_asks_little() -> None:
    assert notices.failing_keys() == []
    assert notices.tell_of_budgets(NOW) == 0
    assert Connection.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_tell_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, product = ada_with_tern()
    linked = make_connection(ada, product, budget_cents=500)
    spend(linked.connection.pk, 450)
    fail(linked.connection.pk)
    both = threading.Barrier(2, timeout=10)
    facts = notices.failing_keys()

    def at_once() -> list[notices.FailingKey]:
        both.wait()
        return facts

    monkeypatch.setattr(notices, "failing_keys", at_once)
    counts = []

    def work() -> None:
        counts.append(notices.tell_of_failing_keys(NOW))
        both.wait()
        counts.append(notices.tell_of_budgets(NOW))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(counts) == [0, 0, 1, 1]
    assert sorted(kind for kind, _, _, _ in found(ada)) == ["budget_threshold", "key_failing"]
