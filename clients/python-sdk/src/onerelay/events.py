"""What webhooks tell of: one class for each type (spec/webhook_events.json; a test compares).

Events of a connection count `sequence` from 1 without a gap. First tries arrive in this order; one that had to be repeated may come later.
The same event may come twice: it has the same `id` then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, TypeAlias

from onerelay._reading import Unreadable, read
from onerelay.types import Limits, Period

EventType = Literal[
    "connection.created",
    "connection.updated",
    "connection.needs_attention",
    "connection.repaired",
    "connection.revoked",
    "connection.expired",
    "budget.threshold_reached",
    "budget.exhausted",
    "budget.reset",
    "key.invalid",
    "link.session_finished",
    "webhook.test",
]
ConnectionState = Literal["active", "paused", "revoked", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event has. `raw` is its data as it came."""

    type: ClassVar[str]
    id: str
    timestamp: datetime
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionEvent(Event):
    """What every event of a connection tells of it, as it was then."""

    connection_id: str
    sequence: int
    client_user_id: str | None
    status: ConnectionState
    providers: Sequence[str]
    budget_cents: int
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCreated(ConnectionEvent):
    """A public token was exchanged: the connection can be used. Its access token is in the answer of the exchange alone."""

    type: ClassVar[str] = "connection.created"
    link_session_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionUpdated(ConnectionEvent):
    """Its person changed the connection, in their dashboard or in an update link session, or paused or resumed it."""

    type: ClassVar[str] = "connection.updated"
    changed: Sequence[Literal["status", "providers", "budgetCents", "limits"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionNeedsAttention(ConnectionEvent):
    """Calls with one of its keys fail until its person mends it: open an update link session for them. More codes may come."""

    type: ClassVar[str] = "connection.needs_attention"
    provider: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRepaired(ConnectionEvent):
    """A key that needed attention was renewed, or its provider was removed."""

    type: ClassVar[str] = "connection.repaired"
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRevoked(ConnectionEvent):
    """The connection has ended for good. Forget its access token."""

    type: ClassVar[str] = "connection.revoked"
    reason: Literal["user", "app", "no_key_left", "app_deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionExpired(ConnectionEvent):
    """The time its person had given the connection is over. Ask them to connect again."""

    type: ClassVar[str] = "connection.expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetThresholdReached(ConnectionEvent):
    """The month’s spending has reached 80 % of the connection’s budget."""

    type: ClassVar[str] = "budget.threshold_reached"
    percent: int
    spent_micros: int
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetExhausted(ConnectionEvent):
    """The month’s budget is spent: calls are refused with `budget_exceeded` until it is raised or resets."""

    type: ClassVar[str] = "budget.exhausted"
    percent: int
    spent_micros: int
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReset(ConnectionEvent):
    """A new month has begun for a connection whose budget had reached a threshold."""

    type: ClassVar[str] = "budget.reset"
    spent_micros: int
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInvalid(ConnectionEvent):
    """The provider refuses the person’s key. They can mend it in an update link session. More codes may come."""

    type: ClassVar[str] = "key.invalid"
    provider: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSessionFinished(Event):
    """A link session has ended. An authorised one still waits for its public token to be exchanged, unless it was an update."""

    type: ClassVar[str] = "link.session_finished"
    link_session_id: str
    outcome: Literal["authorized", "exited", "expired"]
    update: bool
    connection_id: str | None
    sequence: int | None
    client_user_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTest(Event):
    """You asked for it: the dashboard’s button, or `POST /v1/webhooks/test`."""

    type: ClassVar[str] = "webhook.test"
    app_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent(Event):
    """An event that a newer relay tells of. Answer it with 200, as any other."""

    type: str  # type: ignore[misc]  # of this class alone it is each event's own


WebhookEvent: TypeAlias = (
    ConnectionCreated
    | ConnectionUpdated
    | ConnectionNeedsAttention
    | ConnectionRepaired
    | ConnectionRevoked
    | ConnectionExpired
    | BudgetThresholdReached
    | BudgetExhausted
    | BudgetReset
    | KeyInvalid
    | LinkSessionFinished
    | WebhookTest
    | UnknownEvent
)

_CLASSES: Final[tuple[type[Event], ...]] = (
    ConnectionCreated,
    ConnectionUpdated,
    ConnectionNeedsAttention,
    ConnectionRepaired,
    ConnectionRevoked,
    ConnectionExpired,
    BudgetThresholdReached,
    BudgetExhausted,
    BudgetReset,
    KeyInvalid,
    LinkSessionFinished,
    WebhookTest,
)
BY_TYPE: Final[Mapping[str, type[Any]]] = {one.type: one for one in _CLASSES}


def read_event(event_id: str, body: dict[str, Any] | None) -> WebhookEvent:
    """The event of a body whose signature is right. Raises Unreadable."""
    told = body or {}
    name, data = told.get("type"), told.get("data")
    if not isinstance(name, str) or not isinstance(data, dict):
        raise Unreadable
    kind = BY_TYPE.get(name, UnknownEvent)
    event: WebhookEvent = read(kind, {**data, "id": event_id, "timestamp": told.get("timestamp"), "type": name})
    object.__setattr__(event, "raw", data)
    return event
