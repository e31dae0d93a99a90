"""Anthropic: Messages. Numbers are cumulative, never differences; input excludes what was read from or written to the cache.

Sources, read 2026-11-23: docs.claude.com/en/api/messages-streaming and /en/docs/build-with-claude/prompt-caching (stored
copies); anthropic-sdk-python 2.12.0 (types/usage.py, types/message_delta_usage.py, types/cache_creation.py).
"""

from __future__ import annotations

from relay.providers.prices import TokenUsage
from tests.proxy.dialects.case import HELLO, Case

_BODY = {"messages": HELLO, "max_tokens": 1024}

MESSAGE = Case(
    provider_id="anthropic",
    path="/v1/messages",
    model="claude-sonnet-4-5",
    page="anthropic-sdk-python 2.12.0, types/message.py, read 2026-11-23",
    body=_BODY,
    said=b"""{
  "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
  "content": [{"type": "text", "text": "Hi! My name is Claude."}],
  "stop_reason": "end_turn", "stop_sequence": null,
  "usage": {
    "input_tokens": 100, "cache_creation_input_tokens": 600, "cache_read_input_tokens": 2000,
    "cache_creation": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 200},
    "output_tokens": 50, "server_tool_use": null, "service_tier": "standard"
  }
}""",
    usage=TokenUsage(2700, 50, 2000, 600, 200),
    # 100 × 3,000 + 2,000 read × 300 + 400 for 5 minutes × 3,750 + 200 for an hour × 6,000 + 50 out × 15,000
    # = 300,000 + 600,000 + 1,500,000 + 1,200,000 + 750,000
    nanos=4_350_000,
)

STREAM = Case(
    provider_id="anthropic",
    path="/v1/messages",
    model="claude-sonnet-4-5",
    page="docs.claude.com/en/api/messages-streaming, full event flow with thinking (stored copy, read 2026-11-23)",
    body={**_BODY, "stream": True},
    said='''event: message_start
data: {"type":"message_start","message":{"id":"msg_1nZdL29xx5MUA1yADyHTEsnR8uuvGzszyY","type":"message","role":"assistant","content":[],\
"model":"claude-sonnet-4-5-20250929","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":0,\
"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":1,"service_tier":"standard"}}}

event: content_block_start
data: {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}

event: ping
data: {"type": "ping"}

event: content_block_delta
data: {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Größer als 1 token…"}}

event: content_block_delta
data: {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk="}}

event: content_block_stop
data: {"type": "content_block_stop", "index": 0}

event: message_delta
data: {"type": "message_delta", "delta": {"stop_reason": null}, "usage": {"output_tokens": 40}}

event: message_delta
data: {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence":null}, "usage": {"output_tokens": 95}}

event: message_stop
data: {"type": "message_stop"}

'''.encode(),
    usage=TokenUsage(25, 95),
    # 25 × 3,000 + 95 × 15,000 = 75,000 + 1,425,000; 40 and 95 are not added up
    nanos=1_500_000,
)  # fmt: skip

CACHE_AT_THE_END = Case(
    provider_id="anthropic",
    path="/v1/messages",
    model="claude-sonnet-4-5",
    page="anthropic-sdk-python 2.12.0, types/message_delta_usage.py: the delta may repeat input and cache counts, read 2026-11-23",
    body={**_BODY, "stream": True},
    said=b'''event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude-sonnet-4-5",\
"usage":{"input_tokens":10,"cache_creation_input_tokens":300,"cache_read_input_tokens":1000,\
"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"output_tokens":3}}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\\"usage\\":{\\"output_tokens\\":9999}"}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":20,"cache_creation_input_tokens":500,\
"cache_read_input_tokens":1200,"output_tokens":30}}

event: message_stop
data: {"type":"message_stop"}

''',
    usage=TokenUsage(1720, 30, 1200, 500, 200),
    # 20 × 3,000 + 1,200 read × 300 + 200 for an hour × 6,000 + 30 × 15,000; of the 500 written the remaining 300 are at
    # the five-minute rate: 300 × 3,750. 60,000 + 360,000 + 1,200,000 + 450,000 + 1,125,000
    nanos=3_195_000,
)  # fmt: skip

CASES = {"anthropic": MESSAGE, "anthropic stream": STREAM, "anthropic cache counts at the end": CACHE_AT_THE_END}
