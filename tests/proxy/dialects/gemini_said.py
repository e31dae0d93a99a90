"""Google Gemini: generateContent and embeddings. The last usageMetadata counts; thoughts and tool results are on top.

Sources, read 2026-11-23: ai.google.dev/api/generate-content (stored copy); google-genai 3.4.0, types.py,
GenerateContentResponseUsageMetadata: the total is prompt, tool-use prompt, candidates and thoughts, and the prompt includes
what was cached.
"""

from __future__ import annotations

from relay.providers.prices import TokenUsage
from tests.proxy.dialects.case import Case

_BODY = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
_PAGE = "google-genai 3.4.0, types.py, GenerateContentResponseUsageMetadata, read 2026-11-23"

ANSWER = Case(
    provider_id="google",
    path="/v1beta/models/gemini-2.5-flash:generateContent",
    model="gemini-2.5-flash",
    page=_PAGE,
    body=_BODY,
    said=b"""{
  "candidates": [{"content": {"parts": [{"text": "Hi."}], "role": "model"}, "finishReason": "STOP", "index": 0}],
  "usageMetadata": {
    "promptTokenCount": 4096, "cachedContentTokenCount": 4000, "candidatesTokenCount": 40, "thoughtsTokenCount": 160,
    "toolUsePromptTokenCount": 100, "totalTokenCount": 4396,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4096}],
    "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 4000}]
  },
  "modelVersion": "gemini-2.5-flash", "responseId": "x1"
}
""",
    usage=TokenUsage(4196, 200, 4000),
    # (4,096 + 100 - 4,000) × 300 + 4,000 cached × 75 + (40 + 160) × 2,500 = 58,800 + 300,000 + 500,000
    nanos=858_800,
)

STREAM = Case(
    provider_id="google",
    path="/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    model="gemini-2.5-flash",
    page=_PAGE,
    body=_BODY,
    said='data: {"candidates": [{"content": {"parts": [{"text": "Thinking…","thought": true}],"role": "model"},"index": 0}],'
    '"usageMetadata": {"promptTokenCount": 30,"totalTokenCount": 60,"thoughtsTokenCount": 30},"modelVersion": "gemini-2.5-flash"}\r\n\r\n'
    'data: {"candidates": [{"content": {"parts": [{"text": "Ça va"}],"role": "model"},"index": 0}],'
    '"usageMetadata": {"promptTokenCount": 30,"candidatesTokenCount": 2,"totalTokenCount": 72,"thoughtsTokenCount": 40}}\r\n\r\n'
    'data: {"candidates": [{"content": {"parts": [{"text": "?"}],"role": "model"},"finishReason": "STOP","index": 0}],'
    '"usageMetadata": {"promptTokenCount": 30,"candidatesTokenCount": 6,"totalTokenCount": 76,"thoughtsTokenCount": 40}}\r\n\r\n'.encode(),
    usage=TokenUsage(30, 46),
    # 30 × 300 + (6 + 40) × 2,500 = 9,000 + 115,000
    nanos=124_000,
)  # fmt: skip

EMBEDDING = Case(
    provider_id="google",
    path="/v1beta/models/gemini-embedding-001:embedContent",
    model="gemini-embedding-001",
    page="ai.google.dev/api/embeddings (stored copy, read 2026-11-23); usage may be absent",
    body={"content": {"parts": [{"text": "Hello"}]}},
    said=b'{"embedding": {"values": [0.1, -0.2]}, "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}}',
    usage=TokenUsage(8),
    # 8 × $0.15 a million = 8 × 150
    nanos=1_200,
)

CASES = {"gemini": ANSWER, "gemini stream": STREAM, "gemini embedding": EMBEDDING}
