"""A budget that somebody keeps locked stops its own calls, and nobody else's."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from django.db import connection, connections, transaction

from relay.core.errors import ServiceUnavailable
from tests.usage.calls import CENT, Held, ask, check_invariants, in_process, in_thread, make_subject
from usage import postgres_pool
from usage.models import Budget

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer and no row locks")
def test_calls_of_others_are_admitted_beside_a_locked_budget() -> None:
    locked, others = make_subject(), [make_subject() for _ in range(6)]
    is_locked, may_go = threading.Event(), threading.Event()

    def keep_locked() -> None:
        try:
            with transaction.atomic():
                Budget.objects.select_for_update().get(subject_id=locked.connection_id)
                is_locked.set()
                may_go.wait(20)
        finally:
            connections.close_all()

    async def work() -> None:
        keeper = threading.Thread(target=keep_locked)
        keeper.start()
        try:
            await in_thread(is_locked.wait)
            began = time.monotonic()
            asked = await asyncio.gather(
                *(ask(subject, CENT) for subject in [others[0], locked, *others[1:3], locked, *others[3:]]), return_exceptions=True
            )
            assert time.monotonic() - began < 10
        finally:
            may_go.set()
            keeper.join()
        held = [answer for answer in asked if isinstance(answer, Held)]
        assert len(held) == 6
        assert all(isinstance(answer, ServiceUnavailable) for answer in asked if not isinstance(answer, Held))
        assert isinstance(await ask(locked, CENT), Held)

    in_process(work)
    check_invariants()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer and no row locks")
def test_a_call_whose_budget_is_locked_for_a_second_is_admitted_after_it() -> None:
    locked, other = make_subject(), make_subject()
    is_locked, may_go = threading.Event(), threading.Event()

    def keep_locked() -> None:
        try:
            with transaction.atomic():
                Budget.objects.select_for_update().get(subject_id=locked.connection_id)
                is_locked.set()
                may_go.wait(20)
        finally:
            connections.close_all()

    async def work() -> None:
        keeper = threading.Thread(target=keep_locked)
        keeper.start()
        try:
            await in_thread(is_locked.wait)
            waiting = asyncio.create_task(ask(locked, CENT))
            await asyncio.sleep(1.0)  # twice what an admission waits for a lock
            assert isinstance(await ask(other, CENT), Held)
        finally:
            may_go.set()
            keeper.join()
        assert isinstance(await waiting, Held)

    in_process(work)
    check_invariants()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer and no row locks")
def test_a_call_that_comes_while_a_batch_waits_for_a_lock_does_not_wait_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_pool, "_IMPATIENT", "-c lock_timeout=8000")
    locked, other = make_subject(), make_subject()
    is_locked, may_go = threading.Event(), threading.Event()

    def keep_locked() -> None:
        try:
            with transaction.atomic():
                Budget.objects.select_for_update().get(subject_id=locked.connection_id)
                is_locked.set()
                may_go.wait(20)
        finally:
            connections.close_all()

    async def work() -> None:
        await ask(other, CENT)  # the sessions are open and know the function
        keeper = threading.Thread(target=keep_locked)
        keeper.start()
        try:
            await in_thread(is_locked.wait)
            waiting = asyncio.create_task(ask(locked, CENT))
            await asyncio.sleep(0.1)
            assert isinstance(await ask(other, CENT), Held)
            assert not waiting.done()
        finally:
            may_go.set()
            keeper.join()
        await waiting

    in_process(work)
    check_invariants()
