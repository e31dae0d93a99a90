"""OpenAI: chat completions, Responses, embeddings.

Sources, read 2026-11-23: openai-python 3.54.0 (types/chat/chat_completion_chunk.py, types/completion_usage.py,
types/responses/response_usage.py, types/create_embedding_response.py); platform.openai.com/docs/api-reference/chat-streaming
(stored copy).
"""

from __future__ import annotations

from relay.providers.prices import TokenUsage
from tests.proxy.dialects.case import HELLO, Case

_CHUNK = b'{"id":"chatcmpl-123","object":"chat.completion.chunk","created":1694268190,"model":"gpt-4.1-mini-2025-04-14",'
_USAGE = (
    b'"usage":{"prompt_tokens":1210,"completion_tokens":310,"total_tokens":1520,'
    b'"prompt_tokens_details":{"cached_tokens":1024,"audio_tokens":0},'
    b'"completion_tokens_details":{"reasoning_tokens":128,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}'
)
_USAGE_CHUNK = b"data: " + _CHUNK + b'"service_tier":"default","system_fingerprint":"fp_44709d6fcb","choices":[],' + _USAGE + b"}\n\n"

CHAT = Case(
    provider_id="openai",
    path="/v1/chat/completions",
    model="gpt-4.1-mini",
    page="openai-python 3.54.0, types/chat/chat_completion.py, read 2026-11-23",
    body={"messages": HELLO},
    said=b"""{
  "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
  "object": "chat.completion",
  "created": 1741569952,
  "model": "gpt-4.1-mini-2025-04-14",
  "choices": [
    {"index": 0, "message": {"role": "assistant", "content": "Hello! How can I \\"usage\\": {} help?", "refusal": null, "annotations": []},
     "logprobs": null, "finish_reason": "stop"}
  ],
  "usage": {
    "prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
  },
  "service_tier": "default"
}
""",
    usage=TokenUsage(19, 10),
    # 19 in × $0.40 and 10 out × $1.60 a million = 19 × 400 + 10 × 1,600 nano-dollars = 7,600 + 16,000
    nanos=23_600,
)

STREAM = Case(
    provider_id="openai",
    path="/v1/chat/completions",
    model="gpt-4.1-mini",
    page="openai-python 3.54.0, types/chat/chat_completion_chunk.py: `usage` null but in the last chunk, read 2026-11-23",
    body={"messages": HELLO, "stream": True},
    said=b"data: " + _CHUNK + b'"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}\n\n'
    b"data: " + _CHUNK + '"choices":[{"index":0,"delta":{"content":"Grüße, 世界"},"finish_reason":null}],"usage":null}\n\n'.encode()
    + b"data: " + _CHUNK + b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}\n\n'
    + _USAGE_CHUNK
    + b"data: [DONE]\n\n",
    unseen=_USAGE_CHUNK,
    usage=TokenUsage(1210, 310, 1024),
    # (1,210 - 1,024) × 400 + 1,024 cached × 100 + 310 × 1,600 = 74,400 + 102,400 + 496,000; reasoning is within the 310
    nanos=672_800,
)  # fmt: skip

_RESPONSE = (
    b'"response":{"id":"resp_67c9","object":"response","created_at":1741290958,"status":"%s","error":null,"incomplete_details":null,'
    b'"model":"gpt-4.1-mini-2025-04-14","output":[],"service_tier":"%s","usage":%s}'
)

RESPONSES = Case(
    provider_id="openai",
    path="/v1/responses",
    model="gpt-4.1-mini",
    page="openai-python 3.54.0, types/responses/response_stream_event.py and response_usage.py, read 2026-11-23",
    body={"input": "Hello", "stream": True},
    said=b'event: response.created\ndata: {"type":"response.created","sequence_number":0,'
    + _RESPONSE % (b"in_progress", b"auto", b"null")
    + b'}\n\nevent: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1",'
    b'"output_index":0,"content_index":0,"delta":"Hi","logprobs":[],"obfuscation":"a9Xk"}\n\n'
    b'event: response.completed\ndata: {"type":"response.completed","sequence_number":2,'
    + _RESPONSE % (
        b"completed", b"default",
        b'{"input_tokens":2006,"input_tokens_details":{"cached_tokens":1920,"cache_write_tokens":0},"output_tokens":300,'
        b'"output_tokens_details":{"reasoning_tokens":64},"total_tokens":2306}',
    )
    + b"}\n\n",
    usage=TokenUsage(2006, 300, 1920),
    # (2,006 - 1,920) × 400 + 1,920 × 100 + 300 × 1,600 = 34,400 + 192,000 + 480,000
    nanos=706_400,
)  # fmt: skip

EMBEDDINGS = Case(
    provider_id="openai",
    path="/v1/embeddings",
    model="text-embedding-3-small",
    page="openai-python 3.54.0, types/create_embedding_response.py, read 2026-11-23",
    body={"input": "The food was delicious"},
    said=b'{"object":"list","data":[{"object":"embedding","embedding":[0.0023064255,-0.009327292],"index":0}],'
    b'"model":"text-embedding-3-small","usage":{"prompt_tokens":333,"total_tokens":333}}',
    usage=TokenUsage(333),
    # 333 × $0.02 a million = 333 × 20
    nanos=6_660,
)

CASES = {"openai chat": CHAT, "openai chat stream": STREAM, "openai responses": RESPONSES, "openai embeddings": EMBEDDINGS}
