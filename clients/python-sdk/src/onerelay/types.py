"""What the relay answers, as Python names it: times are aware datetimes, lists are tuples.

Money: budgets in US cents, spending in millionths of a dollar (`micros`). Members that a newer relay adds are ignored here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

Item = TypeVar("Item")
UsageGroup = Literal["day", "app", "provider", "model", "connection"]
ConnectionStatus = Literal["pending", "active", "paused", "revoked", "expired"]
DeliveryState = Literal["delivered", "pending", "failed"]
SandboxOutcome = Literal[
    "works", "slow", "cut", "unreachable", "stream-error", "invalid", "dies", "forbidden", "refused", "quota", "rate-limited",
    "server-error", "overloaded", "budget",
]  # fmt: skip
"""What calls on a sandbox connection come to (/docs/sandbox of your relay)."""
LinkSessionState = Literal["open", "authorized", "exchanged", "exited", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds a person can set beside the monthly budget; None: not set."""

    daily_cents: int | None = None
    requests_per_minute: int | None = None
    concurrency: int | None = None
    models: Sequence[str] | None = None
    expires_at: datetime | None = None
    allow_unpriced: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSession:
    """One attempt to ask a person. Give `link_token` to your page, or `link_url` to the person."""

    id: str
    link_token: str = field(repr=False)
    link_url: str = field(repr=False)
    frame_url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEvent:
    """What happened in a link session; names are those of the Link SDK’s events."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSessionStatus:
    """How far a link session has come."""

    id: str
    status: LinkSessionState
    events: Sequence[LinkEvent]
    connection_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A lasting permission. Keep `access_token` on your server, with the person it belongs to; nobody can show it again."""

    access_token: str = field(repr=False)
    connection_id: str
    link_session_id: str
    client_user_id: str | None
    providers: Sequence[str]
    budget_cents: int
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLink:
    """What `client.sandbox.link` made. Exchange `public_token` as one that your page got from Link."""

    public_token: str = field(repr=False)
    connection_id: str
    link_session_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAttempt:
    """One try at sending a webhook, and what your server answered."""

    at: datetime
    http_status: int | None
    why: str | None
    latency_ms: int
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """A webhook and what came of sending it. `body` is as it is sent."""

    id: str
    type: str
    connection_id: str | None
    sequence: int | None
    status: DeliveryState
    body: str
    attempts: Sequence[WebhookAttempt]
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedApp:
    """The app a connection belongs to."""

    name: str
    client_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsAttention:
    """A key of the connection fails until its person mends it."""

    code: str
    provider: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A budget’s month, UTC: from `start`, up to but without `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A person’s permission for your app."""

    id: str
    app: ConnectedApp | None
    personal: bool
    status: ConnectionStatus
    needs_attention: NeedsAttention | None
    providers: Sequence[str]
    budget_cents: int
    limits: Limits
    spent_micros: int
    held_micros: int
    period: Period
    created_at: datetime
    last_used_at: datetime | None
    name: str | None = None
    client_user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a list. Give `next_cursor` as `cursor` to read on; None at the end."""

    items: Sequence[Item]
    next_cursor: str | None

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageNumbers:
    """Sums over calls."""

    requests: int
    errors: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cost_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow(UsageNumbers):
    """The sums of one group; of day, app, provider, model and connection those are set that you grouped by."""

    day: date | None = None
    app: str | None = None
    provider: str | None = None
    model: str | None = None
    connection: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """What your app’s connections used and cost."""

    items: Sequence[UsageRow]
    totals: UsageNumbers


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """What the relay adds to an answer; None where it does not know (yet)."""

    request_id: str | None = None
    cost_micros: int | None = None
    budget_remaining_micros: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens as the provider counts them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """The function a model wants called; `arguments` is JSON, in a stream a piece of it."""

    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call of a tool. In a stream its pieces share an `index`."""

    index: int = 0
    id: str | None = None
    type: str | None = None
    function: Function = field(default_factory=Function)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the model said, or in a stream a piece of it. Put it back into `messages` as it is to go on talking.

    `raw` is the message as it came, with what providers add.
    """

    role: str | None = None
    content: str | None = None
    tool_calls: Sequence[ToolCall] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers (there is one, unless you asked for more with `n`)."""

    index: int = 0
    message: Message = field(default_factory=Message)
    finish_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkChoice:
    """A piece of one of the answers."""

    index: int = 0
    delta: Message = field(default_factory=Message)
    finish_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCompletion:
    """An answer in OpenAI’s format, whichever provider gave it. `raw` is the answer as it came."""

    id: str = ""
    model: str = ""
    created: int = 0
    choices: Sequence[Choice] = ()
    usage: TokenUsage | None = None
    relay: CallReport = field(default_factory=CallReport)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def text(self) -> str:
        """What the first choice says; empty if it calls tools instead."""
        return (self.choices[0].message.content or "") if self.choices else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCompletionChunk:
    """A piece of a streamed answer. `raw` is the piece as it came."""

    id: str = ""
    model: str = ""
    created: int = 0
    choices: Sequence[ChunkChoice] = ()
    usage: TokenUsage | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def text(self) -> str:
        """What the first choice says in this piece; empty if nothing."""
        return (self.choices[0].delta.content or "") if self.choices else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """The vector of one input."""

    index: int = 0
    embedding: Sequence[float] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embeddings:
    """Vectors in OpenAI’s format. `raw` is the answer as it came."""

    model: str = ""
    data: Sequence[Embedding] = ()
    usage: TokenUsage | None = None
    relay: CallReport = field(default_factory=CallReport)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
