"""Groq, xAI, DeepSeek, Mistral, Together, Fireworks, Cerebras, Cohere, Perplexity: OpenAI's formats, each with a turn of its own.

Sources stand at each case; what is from memory is marked unconfirmed in spec/providers.json.
"""

from __future__ import annotations

from relay.providers.prices import TokenUsage
from tests.proxy.dialects.case import HELLO, Case

_BODY = {"messages": HELLO}
_STREAM = {"messages": HELLO, "stream": True}

GROQ = Case(
    provider_id="groq",
    path="/openai/v1/chat/completions",
    model="llama-3.3-70b-versatile",
    page="groq-python 1.7.0, types/chat/chat_completion_chunk.py: x_groq in the first and last chunk, its usage in the last, read 2026-11-23",
    body=_STREAM,
    said=b'data: {"id":"chatcmpl-f51b2cd2","object":"chat.completion.chunk","created":1730241104,"model":"llama-3.3-70b-versatile","system_fingerprint":"fp_1",'
    b'"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"x_groq":{"id":"req_01jbdnz"}}\n\n'
    b'data: {"id":"chatcmpl-f51b2cd2","choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]}\n\n'
    b'data: {"id":"chatcmpl-f51b2cd2","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"x_groq":{"id":"req_01jbdnz",'
    b'"usage":{"queue_time":0.037493756,"prompt_tokens":18,"prompt_time":0.000680594,"completion_tokens":556,"completion_time":0.463333333,'
    b'"total_tokens":574,"total_time":0.464013927}}}\n\n'
    b"data: [DONE]\n\n",
    usage=TokenUsage(18, 556),
    # 18 × 590 + 556 × 790 = 10,620 + 439,240
    nanos=449_860,
)  # fmt: skip

_GROK = b'{"id":"c1","object":"chat.completion.chunk","created":1763904000,"model":"grok-4-0709",'
_GROK_USAGE = (
    b"data: " + _GROK + b'"choices":[],"usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,'
    b'"prompt_tokens_details":{"text_tokens":32,"audio_tokens":0,"image_tokens":0,"cached_tokens":6},'
    b'"completion_tokens_details":{"reasoning_tokens":94,"audio_tokens":0},"num_sources_used":0,"cost_in_usd_ticks":37756001}}\n\n'
)  # fmt: skip
XAI = Case(
    provider_id="xai",
    path="/v1/chat/completions",
    model="grok-4",
    page="docs.x.ai/developers/cost-tracking.md (stored copy, read 2026-11-23): 10^10 ticks a dollar, also when streaming",
    body=_STREAM,
    said=b"data: " + _GROK + b'"choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"Hm"},"finish_reason":null}]}\n\n'
    b"data: " + _GROK + b'"choices":[{"index":0,"delta":{"content":"101"},"finish_reason":"stop"}]}\n\n' + _GROK_USAGE + b"data: [DONE]\n\n",
    unseen=_GROK_USAGE,
    usage=TokenUsage(32, 103, 6),
    # 37,756,001 ticks of 10^-10 dollars = 3,775,600.1 nano-dollars, rounded up
    nanos=3_775_601,
    source="provider_cost",
)  # fmt: skip

XAI_WITHOUT_COST = Case(
    provider_id="xai",
    path="/v1/chat/completions",
    model="grok-4",
    page="genai-prices 0.2.3, x-ai: reasoning is on top of completion_tokens, read 2026-11-23",
    body=_BODY,
    said=b'{"id":"c2","object":"chat.completion","model":"grok-4-0709","choices":[{"index":0,"message":{"role":"assistant","content":"101"},'
    b'"finish_reason":"stop"}],"usage":{"prompt_tokens":32,"completion_tokens":9,"total_tokens":135,'
    b'"prompt_tokens_details":{"cached_tokens":6},"completion_tokens_details":{"reasoning_tokens":94}}}',
    usage=TokenUsage(32, 103, 6),
    # (32 - 6) × 3,000 + 6 cached × 750 + (9 + 94) × 15,000 = 78,000 + 4,500 + 1,545,000
    nanos=1_627_500,
)  # fmt: skip

DEEPSEEK = Case(
    provider_id="deepseek",
    path="/chat/completions",
    model="deepseek-chat",
    page="docs.stigg.io/documentation/ai-agents/providers/deepseek (stored copy, read 2026-11-23): cache hits and misses; the rest from memory",
    body=_STREAM | {"stream_options": {"include_usage": True}},
    said=b": keep-alive\n\n"
    b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"deepseek-chat","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}\n\n'
    b": keep-alive\n\n"
    b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"deepseek-chat","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":1100,"completion_tokens":70,"total_tokens":1170,"prompt_cache_hit_tokens":1024,"prompt_cache_miss_tokens":76,'
    b'"prompt_tokens_details":{"cached_tokens":1024}}}\n\n'
    b"data: [DONE]\n\n",
    usage=TokenUsage(1100, 70, 1024),
    # 76 missed × 280 + 1,024 hit × 28 + 70 × 420 = 21,280 + 28,672 + 29,400
    nanos=79_352,
)  # fmt: skip

MISTRAL = Case(
    provider_id="mistral",
    path="/v1/chat/completions",
    model="mistral-small-latest",
    page="mistralai/client-python 2.5.0, models/completionchunk.py and usageinfo.py: usage beside the last choices, unasked, read 2026-11-23",
    body=_STREAM,
    said=b'data: {"id":"cmpl-e5cc70bb28c444948073e77776eb30ef","object":"chat.completion.chunk","created":1702256327,"model":"mistral-small-latest",'
    b'"choices":[{"index":0,"delta":{"role":"assistant","content":"Bonjour"},"finish_reason":null}]}\n\n'
    b'data: {"id":"cmpl-e5cc70bb28c444948073e77776eb30ef","object":"chat.completion.chunk","created":1702256327,"model":"mistral-small-latest",'
    b'"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":16,"total_tokens":50,"completion_tokens":34}}\n\n'
    b"data: [DONE]\n\n",
    usage=TokenUsage(16, 34),
    # 16 × 100 + 34 × 300 = 1,600 + 10,200
    nanos=11_800,
)  # fmt: skip

TOGETHER = Case(
    provider_id="together",
    path="/v1/chat/completions",
    model="meta-llama/Llama-3.3-70B-Instruct-Turbo",
    page="together-python 1.5.34, types/chat_completions.py; usage beside choices: BerriAI/litellm#36168; read 2026-11-23",
    body=_STREAM,
    said=b'data: {"id":"o1","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"text":"Hi","logprobs":null,"finish_reason":null,'
    b'"seed":null,"delta":{"token_id":9906,"role":"assistant","content":"Hi","tool_calls":null}}],"model":"m","usage":null}\n\n'
    b'data: {"id":"o1","object":"chat.completion.chunk","created":1,"choices":[{"index":0,"text":"","logprobs":null,"finish_reason":"stop",'
    b'"seed":4,"delta":{"token_id":128009,"role":"assistant","content":"","tool_calls":null}}],"model":"m",'
    b'"usage":{"prompt_tokens":36,"completion_tokens":3,"total_tokens":39,"cached_tokens":0}}\n\ndata: [DONE]\n\n',
    usage=TokenUsage(36, 3),
    # (36 + 3) × 880
    nanos=34_320,
)  # fmt: skip

FIREWORKS = Case(
    provider_id="fireworks",
    path="/inference/v1/chat/completions",
    model="accounts/fireworks/models/deepseek-v3p1",
    page="genai-prices 0.2.3, fireworks extractor (read 2026-11-23); the rest from memory",
    body=_BODY,
    said=b'{"id":"f","object":"chat.completion","created":1,"model":"accounts/fireworks/models/deepseek-v3p1","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"total_tokens":21,"completion_tokens":10}}',
    usage=TokenUsage(11, 10),
    # 11 × 560 + 10 × 1,680 = 6,160 + 16,800
    nanos=22_960,
)

_FAST = (
    b'data: {"id":"chatcmpl-2","choices":[],"created":1,"model":"gpt-oss-120b","object":"chat.completion.chunk","usage":{'
    b'"total_tokens":210,"completion_tokens":130,"prompt_tokens":80,"prompt_tokens_details":{"cached_tokens":0}},'
    b'"time_info":{"queue_time":0.0001,"total_time":0.1}}\n\n'
)
CEREBRAS = Case(
    provider_id="cerebras",
    path="/v1/chat/completions",
    model="gpt-oss-120b",
    page="cerebras-cloud-sdk-python 1.67.0, types/chat/chat_completion.py: ChatChunkResponse, read 2026-11-23",
    body=_STREAM,
    said=b'data: {"id":"chatcmpl-2","choices":[{"delta":{"content":"Hi"},"index":0}],"created":1,"model":"gpt-oss-120b","object":"chat.completion.chunk"}\n\n'
    + _FAST + b"data: [DONE]\n\n",
    unseen=_FAST,
    usage=TokenUsage(80, 130),
    # 80 × 350 + 130 × 750 = 28,000 + 97,500
    nanos=125_500,
)  # fmt: skip

COHERE = Case(
    provider_id="cohere",
    path="/compatibility/v1/chat/completions",
    model="command-a-03-2025",
    page="docs.cohere.com/docs/compatibility-api (stored copy, read 2026-11-23)",
    body=_BODY,
    said=b'{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Recursive loops,\\nUnraveling code\'s depths"},"finish_reason":"stop",'
    b'"logprobs":null}],"created":1,"model":"command-a-03-2025","object":"chat.completion","usage":{"prompt_tokens":8,"completion_tokens":21,"total_tokens":29}}',
    usage=TokenUsage(8, 21),
    # 8 × 2,500 + 21 × 10,000 = 20,000 + 210,000
    nanos=230_000,
)

PERPLEXITY = Case(
    provider_id="perplexity",
    path="/v1/responses",
    model="openai/gpt-5-mini",
    page="perplexity-py 0.38.0, types/responses_usage.py and response_stream_chunk.py, read 2026-11-23",
    body={"input": "Hello", "stream": True},
    said=b'event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{"id":"r","status":"in_progress","error":null,"usage":null}}\n\n'
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":1,"delta":"Hi"}\n\n'
    b'event: response.completed\ndata: {"type":"response.completed","sequence_number":2,"response":{"id":"r","status":"completed","error":null,'
    b'"usage":{"input_tokens":1200,"output_tokens":80,"total_tokens":1280,"input_tokens_details":{"cache_creation_input_tokens":0,'
    b'"cache_read_input_tokens":1000},"cost":{"currency":"USD","input_cost":0.00005,"cache_read_cost":0.000025,"output_cost":0.00016,"total_cost":0.000235}}}}\n\n',
    usage=TokenUsage(1200, 80, 1000),
    # $0.000235
    nanos=235_000,
    source="provider_cost",
)  # fmt: skip

CASES = {
    "groq stream": GROQ, "xai stream": XAI, "xai without its cost": XAI_WITHOUT_COST, "deepseek stream": DEEPSEEK, "mistral stream": MISTRAL,
    "together stream": TOGETHER, "fireworks": FIREWORKS, "cerebras stream": CEREBRAS, "cohere": COHERE, "perplexity stream": PERPLEXITY,
}  # fmt: skip
