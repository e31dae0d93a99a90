"""Shapes of what usage takes and answers; camelCase lives here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from relay.core.errors import InvalidRequest
from relay.core.fields import WholeNumberField
from relay.core.ids import is_id
from relay.core.money import NANOS_PER_CENT, micros_up
from relay.core.times import rfc3339
from usage.export import CSV, MEDIA
from usage.periods import midnight, month_bounds
from usage.reports import GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from usage.reports import Report, Sums
    from usage.services import Balance

MOST_CENTS = 100_000_000
LATEST = datetime(2201, 1, 1, tzinfo=UTC)
"""Later ones come too near to where dates end."""
LONGEST_REPORT = timedelta(days=800)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")


class UserCapBody(serializers.Serializer[Any]):
    """PUT /v1/budget; null lifts the cap."""

    budgetCents = WholeNumberField(min_value=0, max_value=MOST_CENTS, allow_null=True)


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """The parameters of GET /v1/usage: calls admitted from `start` to before `end`."""

    start: datetime
    end: datetime
    groups: tuple[str, ...]
    connection_id: str | None


def read_usage_query(parameters: Mapping[str, str], now: datetime) -> UsageQuery:
    """The checked parameters; by default the present UTC month, ungrouped.

    `from` and `to` are RFC 3339 times or days; a day as `to` is included. Raises InvalidRequest with `details.fields`.
    """
    fields: dict[str, list[str]] = {}
    for name in parameters.keys() - {"from", "to", "groupBy", "connectionId"}:
        fields[name] = ["Is not a parameter of this call."]
    start = _moment(parameters, "from", month_bounds(now)[0], fields)
    end = _moment(parameters, "to", now + timedelta(seconds=1), fields)
    if not fields and not start < end:
        fields["to"] = ["Must be after from."]
    if not fields and end - start > LONGEST_REPORT:
        fields["from"] = [f"Must be at most {LONGEST_REPORT.days} days before to."]
    groups = tuple(parameters["groupBy"].split(",")) if parameters.get("groupBy") else ()
    if len(set(groups)) != len(groups) or not set(groups) <= GROUPS.keys():
        fields["groupBy"] = [f"Must be any of {', '.join(GROUPS)}, each once, with commas between."]
    connection_id = parameters.get("connectionId")
    if connection_id is not None and not is_id("con", connection_id):
        fields["connectionId"] = ["Must be the id of a connection."]
    if fields:
        raise InvalidRequest(fields=fields)
    return UsageQuery(start, end, groups, connection_id)


def read_ledger_form(parameters: Mapping[str, str]) -> str:
    """The `format` of GET /v1/ledger. Raises InvalidRequest."""
    fields = {name: ["Is not a parameter of this call."] for name in parameters.keys() - {"format"}}
    form = parameters.get("format", CSV)
    if form not in MEDIA:
        fields["format"] = [f"Must be one of {', '.join(MEDIA)}."]
    if fields:
        raise InvalidRequest(fields=fields)
    return form


def present_report(report: Report) -> dict[str, Any]:
    """`items`, one a group, sorted by it; and `totals`."""
    ordered = sorted(report.items.items(), key=lambda item: [str(value) for value in item[0]])
    items = [{**_present_key(report.groups, key), **_present_sums(sums)} for key, sums in ordered]
    return {"items": items, "totals": _present_sums(report.totals)}


def present_user_cap(balance: Balance) -> dict[str, Any]:
    """A person's cap and what of it is used in the present month."""
    return {
        "budgetCents": None if balance.limit_nanos is None else balance.limit_nanos // NANOS_PER_CENT,
        "spentMicros": micros_up(balance.spent_nanos),
        "heldMicros": micros_up(balance.held_nanos),
        "period": {"start": rfc3339(balance.period_start), "end": rfc3339(balance.period_end)},
    }


def _moment(parameters: Mapping[str, str], name: str, default: datetime, fields: dict[str, list[str]]) -> datetime:
    text = parameters.get(name)
    if text is None:
        return default
    moment = None
    try:
        if _DAY.fullmatch(text):
            moment = midnight(date.fromisoformat(text)) + timedelta(days=1 if name == "to" else 0)
        elif _MOMENT.fullmatch(text):
            moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    if moment is None:
        fields[name] = ["Must be an RFC 3339 time or a day, such as 2026-11-23T04:56:01Z or 2026-11-23."]
        return default
    if moment > LATEST:
        fields[name] = [f"Must not be after the year {LATEST.year - 1}."]
    return moment


def _present_key(groups: tuple[str, ...], key: tuple[Any, ...]) -> dict[str, Any]:
    """A group's values by the names they were asked for; a personal connection's app is null."""
    values = (value.isoformat() if isinstance(value, date) else value for value in key)
    return {group: (value or None) if group == "app" else value for group, value in zip(groups, values, strict=True)}


def _present_sums(sums: Sums) -> dict[str, int]:
    return {
        "requests": sums.requests,
        "errors": sums.errors,
        "inputTokens": sums.input_tokens,
        "outputTokens": sums.output_tokens,
        "cachedInputTokens": sums.cached_input_tokens,
        "costMicros": micros_up(sums.cost_nanos),
    }
