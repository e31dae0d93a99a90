"""Calls as accounting sees them: subjects with a budget, admissions by a guard of the tests' own, and the invariants."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connections
from django.db.models import Count, Sum

from relay.core.ids import mint_id
from usage import admission, process, services, settling
from usage.guard import Guard
from usage.models import Budget, Hold, LedgerEntry, Window
from usage.services import BudgetLimits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relay.core.errors import ApiError
    from usage.admission import Standing

Result = TypeVar("Result")

NOW = datetime(2026, 11, 23, 4, 56, 1, tzinfo=UTC)
CENT = 10_000_000

_CALLER = """SELECT CAST(%(connection_id)s AS text) AS connection_id, CAST(%(user_id)s AS text) AS user_id,
CAST('' AS text) AS app_id, CAST(%(usable)s AS boolean) AS usable"""
_PARAMS = {"connection_id": "text", "user_id": "text", "usable": "boolean"}
GUARD = Guard({"postgresql": _CALLER, "sqlite": _CALLER}, ("connection_id", "user_id", "app_id", "usable"), _PARAMS)


@dataclass(frozen=True, slots=True)
class Subject:
    """A connection and its user, as plain ids."""

    connection_id: str
    user_id: str


def make_subject(limits: BudgetLimits | None = None, user_id: str | None = None, now: datetime = NOW) -> Subject:
    """A connection with a budget; 10 cents a month unless told otherwise."""
    subject = Subject(mint_id("con"), user_id or mint_id("usr"))
    services.open_budget(subject.connection_id, subject.user_id, limits or BudgetLimits(monthly_cents=10), now)
    return subject


@dataclass(frozen=True, slots=True)
class Held:
    """An admission that was granted."""

    hold_id: str
    standing: Standing


def wanted_for(subject: Subject, hold_id: str, worst: int, wanted: int, floor: int, parts: int = 1) -> dict[str, Any]:
    """What the guard is asked: amounts in nano-dollars."""
    return {
        "connection_id": subject.connection_id,
        "user_id": subject.user_id,
        "usable": True,
        "hold_id": hold_id,
        "request_id": mint_id("req"),
        "provider": "sandbox",
        "model": "sandbox-small",
        "door": "chat",
        "worst": worst,
        "wanted": wanted,
        "floor": floor,
        "parts": parts,
        "price_version": "test",
    }


async def ask(
    subject: Subject, worst: int, floor: int | None = None, now: datetime = NOW, *, wanted: int | None = None, parts: int = 1
) -> Held | ApiError:
    """Ask the guard for a hold; `floor` is `worst`, and `wanted` is `floor`, unless told otherwise."""
    least = worst if floor is None else floor
    hold_id = admission.new_hold_id()
    request = wanted_for(subject, hold_id, worst, least if wanted is None else wanted, least, parts)
    answer = await admission.ask(GUARD, request, now, subject)
    assert answer is not None
    assert answer.standing is not None
    if not answer.standing.admitted:
        return admission.refusal(answer.standing, now)
    return Held(hold_id, answer.standing)


async def hold(subject: Subject, worst: int, floor: int | None = None, now: datetime = NOW) -> Held:
    """A hold that must be granted."""
    held = await ask(subject, worst, floor, now)
    assert isinstance(held, Held), held
    return held


def outcome(held: Held, cost: int | None, **over: Any) -> settling.Outcome:
    """How the call ended: status 200, 3 tokens in and 5 out, and this cost."""
    fields: dict[str, Any] = {
        "hold_id": held.hold_id,
        "http_status": 200,
        "input_tokens": 3,
        "output_tokens": 5,
        "cached_input_tokens": 1,
        "cost_nanos": cost,
        "usage_source": "provider_usage",
        "latency_ms": 12,
        **over,
    }
    return settling.Outcome(**fields)


def in_process(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run `work` in an event loop with accounting started, and stop it in an orderly way."""

    async def whole() -> Result:
        await process.start()
        try:
            return await work()
        finally:
            await process.stop()

    try:
        return asyncio.run(whole())
    finally:
        connections.close_all()


async def in_thread(function: Callable[..., Result], *arguments: Any) -> Result:
    """Run a database function beside the event loop, and give its connection back."""

    def closing() -> Result:
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return await asyncio.to_thread(closing)


def month(subject_id: str, on: datetime = NOW) -> Window:
    """A subject's window of that month."""
    return Window.objects.get(subject_id=subject_id, kind=Window.MONTH, starts_on=on.date().replace(day=1))


def check_invariants(*, lowered: bool = False) -> None:
    """Invariants (a) to (c) of usage.models, from the rows as they are committed now."""
    open_holds: dict[tuple[str, str, object], int] = {}
    open_calls: dict[str, int] = {}
    for held in Hold.objects.all():
        for key in _windows_of(held.connection_id, held.user_id, held.month_on, held.day_on):
            open_holds[key] = open_holds.get(key, 0) + held.granted_nanos
        open_calls[held.connection_id] = open_calls.get(held.connection_id, 0) + 1
    spent: dict[tuple[str, str, object], int] = {}
    for entry in LedgerEntry.objects.all():
        day = entry.admitted_at.date()
        for key in _windows_of(entry.connection_id, entry.user_id, day.replace(day=1), day):
            spent[key] = spent.get(key, 0) + entry.cost_nanos
    for window in Window.objects.all():
        key = (window.subject_id, window.kind, window.starts_on)
        assert window.held_nanos == open_holds.get(key, 0), key
        assert window.spent_nanos == spent.get(key, 0), key
        if window.limit_nanos is not None and not lowered:
            assert window.spent_nanos + window.held_nanos <= window.limit_nanos, key
            assert window.bound_nanos == window.limit_nanos, key
    for budget in Budget.objects.all():
        assert budget.open_calls == open_calls.get(budget.subject_id, 0), budget.subject_id
    assert not LedgerEntry.objects.values("hold_id").annotate(n=Count("hold_id")).filter(n__gt=1)
    assert not Hold.objects.filter(id__in=LedgerEntry.objects.values("hold_id"))


def _windows_of(connection_id: str, user_id: str, month_on: object, day_on: object) -> list[tuple[str, str, object]]:
    return [(connection_id, "month", month_on), (connection_id, "day", day_on), (user_id, "month", month_on)]


def ledger_cost() -> int:
    """What all ended calls cost, by the ledger."""
    return int(LedgerEntry.objects.aggregate(total=Sum("cost_nanos"))["total"] or 0)
