"""Amounts, times and states as people read them, and money as they type it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import click

_MOST_CENTS = 100_000_000


class Dollars(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # generic since click 8.3
    """An amount such as 5 or 0.50, as whole cents."""

    name = "dollars"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Cents; refuses fractions of a cent and what is no amount."""
        if isinstance(value, int):
            return value
        try:
            cents = Decimal(str(value).removeprefix("$")) * 100
        except InvalidOperation:
            self.fail(f"{value!r} is no amount in dollars, like 5 or 0.50.", param, ctx)
        if not cents.is_finite() or cents != cents.to_integral_value() or not 0 <= cents <= _MOST_CENTS:
            self.fail(f"{value!r} is no amount in dollars and whole cents, like 5 or 0.50.", param, ctx)
        return int(cents)


def dollars(cents: float) -> str:
    """1000 → $10.00"""
    return f"${cents / 100:,.2f}"


def counted(number: int, of: str) -> str:
    """1 connection, 2 connections."""
    return f"{number} {of}" if number == 1 else f"{number} {of}s"


def spent(micros: int) -> str:
    """Millionths of a dollar, with more digits where there is little: $0.0042."""
    amount = micros / 1_000_000
    return f"${amount:,.4f}" if 0 < amount < 1 else f"${amount:,.2f}"


def when(time: str | None) -> str:
    """A time of the relay's in this machine's zone: 2026-11-23 14:05."""
    if time is None:
        return "never"
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")


def name_of(connection: dict[str, Any]) -> str:
    """What a connection is called: its app, or the name of a personal one."""
    app = connection.get("app")
    return str(app["name"] if app else connection.get("name") or "Personal")
