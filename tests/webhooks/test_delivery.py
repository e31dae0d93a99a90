"""Delivering over real sockets: signatures, order, retries, what stops an endpoint, what is bounded, what is refused."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core import mail as mailbox
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from accounts.models import Activity, User
from accounts.services import mail
from relay.core import egress
from relay.crypto.errors import CannotOpen
from relay.crypto.webhook_secrets import open_webhook_secret
from tests.factories import make_app
from tests.webhooks.conftest import NOW, Told
from tests.webhooks.receiver import OK, Got, Receiver, Reply
from webhooks.models import Attempt, Endpoint, Event
from webhooks.services import deliveries, delivery, endpoints, outbox, retention, schedule, sending
from webhooks.services.delivery import deliver_due

Answer = Callable[[Got], Reply]


def says(*replies: Reply) -> Answer:
    """These replies in turn, the last one from then on."""
    left = list(replies)
    return lambda got: left.pop(0) if len(left) > 1 else left[0]


def test_the_reference_library_verifies_ours(told: Told) -> None:
    event = told.record(note="ünï")
    assert deliver_due(datetime.now(tz=NOW.tzinfo)) == 1
    (got,) = told.receiver.got
    assert Webhook(told.secret).verify(got.raw, got.headers) == got.body
    assert (got.id, got.headers["content-type"]) == (event.pk, "application/json")
    assert got.raw.decode() == event.body
    assert got.body["data"] == {"connectionId": "con_0000000000000000000000", "sequence": 1, "note": "ünï"}
    with pytest.raises(WebhookVerificationError):
        Webhook(told.secret).verify(got.raw + b" ", got.headers)
    event.refresh_from_db()
    assert (event.due_at, event.attempts, event.tries.get().answer) == (None, 1, "taken")
    assert event.delivered_at is not None


def test_both_secrets_sign_during_a_rotation_and_the_old_one_no_longer(told: Told) -> None:
    now = datetime.now(tz=NOW.tzinfo)
    fresh = endpoints.rotate_secret(told.product.app, immediately=False, now=now).secret
    told.record()
    deliver_due(now)
    for secret in (told.secret, fresh):
        Webhook(secret).verify(told.receiver.got[0].raw, told.receiver.got[0].headers)
    Endpoint.objects.update(previous_until=now)
    retention.sweep(now)
    assert Endpoint.objects.get().previous_secret is None
    told.record()
    deliver_due(now)
    Webhook(fresh).verify(told.receiver.got[1].raw, told.receiver.got[1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(told.secret).verify(told.receiver.got[1].raw, told.receiver.got[1].headers)
    newest = endpoints.rotate_secret(told.product.app, immediately=True, now=now).secret
    told.record()
    deliver_due(now)
    assert len(told.receiver.got[2].headers["webhook-signature"].split()) == 1
    Webhook(newest).verify(told.receiver.got[2].raw, told.receiver.got[2].headers)


def test_a_secret_is_kept_sealed_for_its_app_and_named_by_no_log(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint = Endpoint.objects.get()
    raw = endpoints.signing_secrets(endpoint, NOW)[0]
    assert told.secret not in endpoint.secret
    with pytest.raises(CannotOpen):
        open_webhook_secret(b"another server's secret " * 2, endpoint.pk, endpoint.secret)
    told.receiver.answer = says((500, {}, b"no"), OK)
    told.record()
    deliver_due(NOW)
    deliver_due(NOW + timedelta(minutes=1))
    assert len(told.receiver.got) == 2
    for text in (caplog.text, repr(endpoints.rotate_secret(told.product.app, immediately=True, now=NOW))):
        assert told.secret.removeprefix("whsec_") not in text
        assert raw.hex() not in text


def test_first_attempts_of_a_connection_keep_their_order_and_a_failing_one_blocks_none(told: Told) -> None:
    def answer(got: Got) -> Reply:
        time.sleep(random.uniform(0, 0.03))
        return (500, {}, b"") if got.sequence % 3 == 0 else OK

    told.receiver.answer = answer
    connections = [f"con_{number:022}" for number in range(5)]
    for _ in range(8):
        for connection in connections:
            told.record(connection)
    assert deliver_due(NOW) == 40
    for connection in connections:
        mine = [got.sequence for got in told.receiver.got if got.body["data"]["connectionId"] == connection]
        assert mine == list(range(1, 9))
    assert Event.objects.filter(delivered_at__isnull=True).count() == 10
    told.receiver.answer = lambda got: OK
    assert deliver_due(NOW + timedelta(minutes=1)) == 10
    assert not Event.objects.filter(due_at__isnull=False).exists()


def test_a_number_waits_for_the_first_attempt_of_the_one_before(told: Told) -> None:
    first, _ = told.record(), told.record()
    Event.objects.filter(pk=first.pk).update(due_at=NOW + delivery.LEASE)  # under way elsewhere
    assert deliver_due(NOW) == 0
    assert deliver_due(NOW + delivery.LEASE) == 2  # whoever had it has died
    assert [got.sequence for got in told.receiver.got] == [1, 2]


def test_it_is_tried_again_on_the_published_schedule_with_jitter(told: Told) -> None:
    told.receiver.answer = lambda got: (503, {}, b"later")
    event, at = told.record(), NOW
    for attempt, wait in enumerate(schedule.WAITS, start=1):
        assert deliver_due(at) == 1
        event.refresh_from_db()
        assert event.due_at is not None
        assert event.attempts == attempt
        assert wait <= event.due_at - at <= wait * (1 + schedule.JITTER) + timedelta(seconds=30)
        assert deliver_due(event.due_at - timedelta(seconds=1)) == 0
        at = event.due_at
    assert deliver_due(at) == 1
    event.refresh_from_db()
    assert (event.due_at, event.delivered_at, event.attempts) == (None, None, 10)
    assert len({got.id for got in told.receiver.got}) == 1
    assert len({got.headers["webhook-signature"] for got in told.receiver.got}) == 10


def test_an_answer_that_asks_for_time_gets_it(told: Told) -> None:
    told.receiver.answer = lambda got: (429, {"Retry-After": "600"}, b"")
    event = told.record()
    deliver_due(NOW)
    event.refresh_from_db()
    assert event.due_at is not None
    assert timedelta(minutes=10) <= event.due_at - NOW <= timedelta(minutes=12)


def test_three_days_without_a_success_stop_an_endpoint_and_mail_its_developer(told: Told) -> None:
    User.objects.filter(pk=told.bob.user.pk).update(email_verified_at=NOW)
    told.receiver.answer = lambda got: (500, {}, b"")
    for _ in range(12):
        told.record()
    deliver_due(NOW)
    assert Endpoint.objects.get().failures == 12
    assert Endpoint.objects.get().disabled_at is None
    late = NOW + schedule.GIVEN_UP_AFTER + timedelta(hours=1)
    deliver_due(late)
    endpoint = Endpoint.objects.get()
    assert endpoint.disabled_at is not None
    assert Activity.objects.filter(kind="app_webhooks_disabled", user=told.bob.user).count() == 1
    assert mail.send_due(late + timedelta(minutes=1)) == 1
    assert f"/apps/{told.product.app.pk}/webhooks" in str(mailbox.outbox[0].body)
    sent = len(told.receiver.got)
    told.record()
    assert deliver_due(late + timedelta(days=2)) == 0
    endpoints.enable(told.product.app, late)
    told.receiver.answer = lambda got: OK
    assert deliver_due(late + timedelta(minutes=1)) == len(told.receiver.got) - sent == 13  # not when each was to be tried again
    assert Endpoint.objects.get().failures == 0


def test_410_stops_an_endpoint_at_once_and_a_success_forgives_failures(told: Told) -> None:
    told.receiver.answer = says((500, {}, b""), OK, (410, {}, b"gone"))
    told.record()
    deliver_due(NOW)
    assert Endpoint.objects.get().failing_since is not None
    told.record()
    deliver_due(NOW)
    assert (Endpoint.objects.get().failures, Endpoint.objects.get().failing_since) == (0, None)
    told.record()
    deliver_due(NOW)
    assert Endpoint.objects.get().disabled_why == "The endpoint answered 410 Gone"


@pytest.mark.parametrize(
    "address", ["10.0.0.8", "169.254.169.254", "127.0.0.1", "::1", "::ffff:10.0.0.8", "fd00::1", "64:ff9b::a9fe:a9fe", "0.0.0.0"]
)
def test_addresses_inside_this_network_are_refused(told: Told, settings: Settings, address: str) -> None:
    settings.RELAY_ORIGINS = ("https://relay.example",)
    told.product.app.webhook_url = told.receiver.url.replace("127.0.0.1", "hooks.example")
    told.product.app.save(update_fields=["webhook_url"])
    told.record()
    assert deliver_due(NOW, resolve=lambda host, port: ["93.184.216.34", address]) == 1
    assert told.receiver.got == []
    assert Attempt.objects.get().why == "Its name leads to an address that is not on the public internet."


def test_loopback_is_for_relays_on_this_machine_alone_and_rebinding_changes_nothing(told: Told, settings: Settings) -> None:
    settings.RELAY_ORIGINS = ("https://relay.example",)
    told.record()
    deliver_due(NOW)
    assert told.receiver.got == []
    settings.RELAY_ORIGINS = ("http://localhost:8000",)
    asked: list[str] = []

    def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return egress.resolve(host, port)

    deliver_due(NOW + timedelta(minutes=1), resolve=once)
    assert (len(told.receiver.got), asked) == (1, ["127.0.0.1"])


def test_slow_huge_and_redirecting_answers_are_bounded_failures(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.5)

    def slow(got: Got) -> Reply:
        time.sleep(1.5)
        return OK

    answers = [slow, says((200, {}, b"x" * 100_000)), says((302, {"Location": told.receiver.url}, b""))]
    told.receiver.answer = lambda got: answers[got.sequence - 1](got)
    for _ in answers:
        told.record()
    started = time.monotonic()
    assert deliver_due(NOW) == 3
    assert time.monotonic() - started < 5
    assert len(told.receiver.got) == 3
    said = list(Attempt.objects.order_by("pk").values_list("why", flat=True))
    assert said == [
        "It did not answer within 0 seconds.",
        "It answers with more than 64 KiB.",
        "It answered 302: redirects are not followed.",
    ]
    assert Event.objects.filter(due_at__isnull=False).count() == 3
    told.receiver.answer = lambda got: (200, {}, b"\0" + b"y" * 5000)
    deliver_due(NOW + timedelta(minutes=1))
    assert {len(answer) for answer in Attempt.objects.filter(status=200).values_list("answer", flat=True)} == {sending.MOST_KEPT_BYTES}


def test_a_slow_app_leaves_room_for_the_others(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "RUN_SECONDS", 1.0)
    other = make_app(told.bob.user, webhook_url=told.receiver.url)
    endpoints.rotate_secret(other.app, immediately=False, now=NOW)

    def answer(got: Got) -> Reply:
        if got.body["type"] == "connection.updated":
            time.sleep(1.5)
        return OK

    told.receiver.answer = answer
    for number in range(40):
        told.record(f"con_{number:022}")
    deliveries.send_test(other.app, NOW + timedelta(milliseconds=1))
    deliver_due(NOW + timedelta(milliseconds=2))
    assert told.receiver.types.count("connection.updated") == delivery.AT_ONCE_PER_APP
    assert told.receiver.types.count("webhook.test") == 1


def test_slow_apps_with_much_to_be_told_never_keep_another_waiting(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "RUN_SECONDS", 1.0)
    slow = [told.product.app, *(make_app(told.bob.user, webhook_url=told.receiver.url).app for _ in range(3))]
    other = make_app(told.bob.user, webhook_url=told.receiver.url).app
    for app in (*slow[1:], other):
        endpoints.rotate_secret(app, immediately=False, now=NOW)

    def answer(got: Got) -> Reply:
        time.sleep(1.5 if got.body["type"] == "connection.updated" else 0)
        return OK

    told.receiver.answer = answer
    for number in range(20):
        for place, app in enumerate(slow):
            outbox.record(app, "connection.updated", {}, NOW, connection_id=f"con_{place}{number:021}")
    deliveries.send_test(other, NOW + timedelta(seconds=1))
    deliver_due(NOW + timedelta(seconds=2))
    assert told.receiver.types.count("webhook.test") == 1


def test_what_becomes_due_while_slower_attempts_are_under_way_goes_out(told: Told) -> None:
    other = make_app(told.bob.user, webhook_url=told.receiver.url).app
    endpoints.rotate_secret(other, immediately=False, now=NOW)
    ended: list[str] = []

    def answer(got: Got) -> Reply:
        time.sleep(3 if got.body["type"] == "connection.updated" else 0)
        ended.append(got.body["type"])
        return OK

    told.receiver.answer = answer
    told.record()
    deliveries.send_test(other, NOW + timedelta(milliseconds=300))
    deliver_due(NOW)
    assert ended == ["webhook.test", "connection.updated"]


def test_old_events_go_in_batches_and_nothing_else(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    old = [told.record().pk for _ in range(5)]
    kept = told.record()
    Event.objects.filter(pk__in=old).update(created_at=NOW - retention.KEPT - timedelta(seconds=1))
    assert retention.sweep(NOW) == 5
    assert list(Event.objects.all()) == [kept]
    assert told.record().sequence == 7


def test_an_app_without_an_endpoint_is_told_nothing_and_one_without_a_secret_later(told: Told, hook: Receiver) -> None:
    Endpoint.objects.all().delete()
    told.record()
    assert deliver_due(NOW) == 0
    secret = endpoints.rotate_secret(told.product.app, immediately=False, now=NOW).secret
    assert deliver_due(datetime.now(tz=NOW.tzinfo)) == 1
    Webhook(secret).verify(hook.got[0].raw, hook.got[0].headers)
    told.product.app.webhook_url = ""
    with pytest.raises(AssertionError):
        told.record()
    told.product.app.webhook_url = hook.url
    assert told.record().sequence == 2
