"""OpenRouter: OpenAI's chat format, and what it charged, in dollars.

Sources, read 2026-11-23: OpenRouterTeam/typescript-sdk 1.2.54 (ChatUsage, CostDetails, ChatStreamChunk: usage always comes);
openrouter.ai/docs/use-cases/usage-accounting and /docs/api_reference/streaming (stored copies): the last message bears the
usage, comments keep the connection open.
"""

from __future__ import annotations

from relay.providers.prices import TokenUsage
from tests.proxy.dialects.case import HELLO, Case

_CHUNK = (
    b'{"id":"gen-1763904000-abc","provider":"OpenAI","model":"openai/gpt-4o-mini","object":"chat.completion.chunk","created":1763904000,'
)
_PAGE = "openrouter.ai/docs/use-cases/usage-accounting (stored copy, read 2026-11-23)"

CHAT = Case(
    provider_id="openrouter",
    path="/api/v1/chat/completions",
    model="openai/gpt-4o-mini",
    page=_PAGE,
    body={"messages": HELLO},
    said=b'{"id":"gen-1","object":"chat.completion","created":1763904000,"model":"openai/gpt-4o-mini","choices":[{"index":0,'
    b'"finish_reason":"stop","native_finish_reason":"stop","message":{"role":"assistant","content":"\\"cost\\": 99"}}],'
    b'"usage":{"prompt_tokens":194,"completion_tokens":2,"total_tokens":196,"cost":0.00003030000001,"is_byok":false,'
    b'"prompt_tokens_details":{"cached_tokens":100},"completion_tokens_details":{"reasoning_tokens":0},'
    b'"cost_details":{"upstream_inference_cost":19,"upstream_inference_prompt_cost":0.00002,"upstream_inference_completions_cost":0.00001}}}',
    usage=TokenUsage(194, 2, 100),
    # $0.00003030000001 = 30,300.00001 nano-dollars, rounded up; our own prices would say 94 × 150 + 100 × 75 + 2 × 600 = 22,800
    nanos=30_301,
    source="provider_cost",
)

STREAM = Case(
    provider_id="openrouter",
    path="/api/v1/chat/completions",
    model="openai/gpt-4o-mini",
    page="openrouter.ai/docs/api_reference/streaming (stored copy, read 2026-11-23)",
    body={"messages": HELLO, "stream": True},
    said=b": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"
    b"data: " + _CHUNK + b'"choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}\n\n'
    b": OPENROUTER PROCESSING\n\n"
    b"data: " + _CHUNK + b'"choices":[{"index":0,"delta":{"role":"assistant","content":"lo"},"finish_reason":"stop","native_finish_reason":"stop"}]}\n\n'
    b"data: " + _CHUNK + b'"choices":[],"usage":{"prompt_tokens":14,"completion_tokens":163,"total_tokens":177,"cost":1.014e-4,'
    b'"is_byok":false,"cost_details":{"upstream_inference_cost":null}}}\n\n'
    b"data: [DONE]\n\n",
    usage=TokenUsage(14, 163),
    # $1.014e-4 = 101,400 nano-dollars
    nanos=101_400,
    source="provider_cost",
)  # fmt: skip

OWN_KEY = Case(
    provider_id="openrouter",
    path="/api/v1/chat/completions",
    model="openai/gpt-4o-mini",
    page="OpenRouterTeam/typescript-sdk 1.2.54, ChatUsage: is_byok, CostDetails: upstream_inference_cost, read 2026-11-23",
    body={"messages": HELLO},
    said=b'{"id":"gen-2","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{'
    b'"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"cost":0.0000105,"is_byok":true,'
    b'"cost_details":{"upstream_inference_cost":0.00021,"upstream_inference_prompt_cost":0.00015,"upstream_inference_completions_cost":0.00006}}}',
    usage=TokenUsage(1000, 100),
    # the fee of $0.0000105, and the $0.00021 that the user's own provider key is charged: 10,500 + 210,000
    nanos=220_500,
    source="provider_cost",
)

EMBEDDINGS = Case(
    provider_id="openrouter",
    path="/api/v1/embeddings",
    model="openai/text-embedding-3-small",
    page="OpenRouterTeam/typescript-sdk 1.2.54, /embeddings, read 2026-11-23",
    body={"input": "Hello"},
    said=b'{"object":"list","data":[{"object":"embedding","embedding":[0.1],"index":0}],"model":"openai/text-embedding-3-small",'
    b'"usage":{"prompt_tokens":500,"total_tokens":500,"cost":0.00001}}',
    usage=TokenUsage(500),
    # $0.00001
    nanos=10_000,
    source="provider_cost",
)

CASES = {
    "openrouter": CHAT,
    "openrouter stream": STREAM,
    "openrouter through the user's own provider key": OWN_KEY,
    "openrouter embeddings": EMBEDDINGS,
}
