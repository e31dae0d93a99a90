"""All answers of all dialects, by name."""

from __future__ import annotations

from tests.proxy.dialects import anthropic_said, further_said, gemini_said, openai_said, openrouter_said

CASES = {
    **openai_said.CASES,
    **anthropic_said.CASES,
    **gemini_said.CASES,
    **openrouter_said.CASES,
    **further_said.CASES,
}
