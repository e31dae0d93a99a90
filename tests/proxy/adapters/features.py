"""What apps ask of a chat call, row by row, and which tests say what becomes of it at which provider.

A test that proves a cell of the table in docs/providers.md bears `@pytest.mark.feature(id, provider, kind, note="")`:
`id` is one of FEATURES, `provider` a column's key, `kind` one of KINDS. `python -m scripts.feature_table` writes the table.
"""

from __future__ import annotations

from dataclasses import dataclass

COLUMNS = {"openai": "OpenAI and compatible", "anthropic": "Anthropic", "google": "Google Gemini"}
"""Provider columns: key in the marks → heading."""

KINDS = ("native", "refused", "straight through")
"""`native`: translated to the provider's own member. `refused`: invalid_request that names it. `straight through`: as sent."""


@dataclass(frozen=True)
class Feature:
    """One row."""

    id: str
    title: str


FEATURES = tuple(
    Feature(*row)
    for row in (
        ("system", "system and developer prompts"),
        ("turns", "several turns"),
        ("names", "`name` of a participant"),
        ("images_inline", "images as `data:` URLs"),
        ("images_url", "images by https address"),
        ("image_detail", "`detail: low` of an image"),
        ("documents", "PDF in the message (`file_data`)"),
        ("stored_files", "stored files (`file_id`)"),
        ("audio", "audio in and out"),
        ("tools", "tools: definitions, calls, results"),
        ("parallel_tools", "several tool calls in one answer"),
        ("one_tool", "`parallel_tool_calls: false`"),
        ("tool_choice", "`tool_choice`: auto, none, required, one by name"),
        ("strict_tools", "`strict` tools"),
        ("other_tools", "custom tools, `allowed_tools`, `functions`"),
        ("json_schema", "`response_format: json_schema`"),
        ("json_object", "`response_format: json_object`"),
        ("max_tokens", "`max_tokens`, `max_completion_tokens`"),
        ("temperature", "`temperature` from 0 to 1"),
        ("high_temperature", "`temperature` above 1"),
        ("top_p", "`top_p`"),
        ("stop", "`stop`"),
        ("choices", "`n` above 1"),
        ("penalties", "`presence_penalty`, `frequency_penalty`"),
        ("seed", "`seed`"),
        ("logprobs", "`logprobs`, `top_logprobs`"),
        ("logit_bias", "`logit_bias`"),
        ("reasoning_effort", "`reasoning_effort`"),
        ("no_reasoning", "`reasoning_effort: none`"),
        ("reasoning_text", "reasoning in the answer"),
        ("user", "`user`, `safety_identifier`"),
        ("stored_answers", "`store`, `metadata`"),
        ("service_tier", "`service_tier` other than auto and default"),
        ("cache_keys", "`prompt_cache_key`, `prompt_cache_retention`, `prompt_cache_options`"),
        ("extras", "`verbosity`, `prediction`, `web_search_options`, `moderation`"),
        ("unknown", "members OpenAI does not have"),
        ("streaming", "`stream`"),
        ("stream_usage", "`stream_options.include_usage`"),
        ("finish_reasons", "finish reasons"),
        ("usage", "usage, with cached and reasoning tokens"),
        ("errors", "the provider's errors, whole and within a stream"),
    )
)
