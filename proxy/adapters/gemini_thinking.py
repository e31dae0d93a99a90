"""OpenAI's `reasoning_effort` as Gemini's thinking level or budget.

Source: the table on https://ai.google.dev/gemini-api/docs/openai, "Thinking" (stored copy of 2026-04-19, read 2026-11-23);
https://ai.google.dev/gemini-api/docs/thinking for who can switch it off.
"""

from __future__ import annotations

import re
from typing import Any, Final

from proxy.adapters.chat import refusal

_BUDGETS: Final = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24_576}
"""Gemini 2.5, in tokens."""
_VERSION = re.compile(r"gemini-(\d+)(?:\.(\d+))?\b")


def thinking_config(effort: object, model: str) -> dict[str, Any]:
    """`thinkingConfig` for an effort. Raises InvalidRequest where the model has no such effort."""
    at = "reasoning_effort"
    if effort not in ("none", *_BUDGETS):
        raise refusal(at, "Gemini has none, minimal, low, medium and high.")
    version = _VERSION.match(model)
    number = (int(version[1]), int(version[2] or 0)) if version else None
    if number and number < (2, 5):
        raise refusal(at, f"{model} does not think. Leave it out, or use Gemini 2.5 or later.")
    is_pro = "-pro" in model
    if number == (2, 5):
        if effort == "none" and is_pro:
            raise refusal(at, f"{model} can't be kept from thinking. The least is minimal.")
        return {"thinkingBudget": 0 if effort == "none" else _BUDGETS[str(effort)]}
    if effort == "none":
        raise refusal(at, f"{model} can't be kept from thinking. The least is minimal.")
    return {"thinkingLevel": "LOW" if effort == "minimal" and is_pro else str(effort).upper()}
