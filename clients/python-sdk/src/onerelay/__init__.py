"""1Relay for Python: call AI models from your server with your users’ own keys.

    from onerelay import OneRelay

    client = OneRelay(client_id="1r_cid_…", client_secret="1r_cs_…", base_url="https://relay.example")

`onerelay.types` has what is answered, `onerelay.params` what is taken, `onerelay.events` what webhooks tell of, `onerelay.errors` what is
raised. `onerelay.user` is the other side: a person’s own vault and connections.
"""

from onerelay import errors, events, params, sandbox, types, webhooks
from onerelay._version import __version__
from onerelay.async_client import AsyncOneRelay
from onerelay.client import OneRelay
from onerelay.errors import (
    ApiError,
    AuthenticationError,
    BudgetError,
    CallTimeoutError,
    ConflictError,
    ConnectionEndedError,
    ConnectionFailedError,
    InvalidRequestError,
    NotFoundError,
    OneRelayError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    ServerError,
    UsageError,
    WebhookVerificationError,
)
from onerelay.streaming import AsyncChatStream, ChatStream
from onerelay.types import Limits

__all__ = [
    "ApiError",
    "AsyncChatStream",
    "AsyncOneRelay",
    "AuthenticationError",
    "BudgetError",
    "CallTimeoutError",
    "ChatStream",
    "ConflictError",
    "ConnectionEndedError",
    "ConnectionFailedError",
    "InvalidRequestError",
    "Limits",
    "NotFoundError",
    "OneRelay",
    "OneRelayError",
    "PermissionDeniedError",
    "ProviderError",
    "RateLimitError",
    "ServerError",
    "UsageError",
    "WebhookVerificationError",
    "__version__",
    "errors",
    "events",
    "params",
    "sandbox",
    "types",
    "webhooks",
]
