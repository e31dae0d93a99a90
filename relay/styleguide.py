"""/styleguide, in debug alone: every part of the design language in every state, from the templates that the pages use."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.authentication import page_session
from accounts.pages import shell
from relay.core.charts import Chart, stacked

_FIRST_DAY = date(2026, 11, 1)
_DAYS = 30
_PROVIDERS = ("OpenAI", "Anthropic", "Google", "Groq", "Mistral", "OpenRouter", "xAI", "DeepSeek", "Sandbox")
_CODE = """const answer = await client.chatCompletion({
  accessToken, provider: "openai", model: "gpt-4o", messages,
});"""


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """The page. Raises Http404 unless RELAY_DEBUG is set: it is of no use to anybody else."""
    if not settings.DEBUG:
        raise Http404
    context = {
        **shell(request, page_session(request), ""),
        "colours": _colours(),
        "icons": _icons(),
        "meters": _meters(),
        "chart": _chart(),
        "nothing": stacked([_FIRST_DAY], {}, "usd"),
        "tabs": _tabs(),
        "code": _CODE,
        "rows": range(4),
    }
    return render(request, "relay/styleguide.html", context)


@cache
def _colours() -> list[str]:
    """Names of the tokens that are colours, in their order in tokens.css."""
    text = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    return list(dict.fromkeys(re.findall(r"--([a-z0-9-]+): #", text)))


@cache
def _icons() -> list[str]:
    text = (settings.BASE_DIR / "static" / "icons" / "sprite.svg").read_text(encoding="utf-8")
    return re.findall(r'<symbol id="([a-z-]+)"', text)


def _meters() -> list[dict[str, Any]]:
    shares = {"untouched": 0, "low": 32, "near": 86, "nearly-used-up": 97, "used-up": 100}
    return [{"id": f"meter-{name}", "value": share, "used": f"${share / 10:.2f}"} for name, share in shares.items()]


def _chart() -> Chart:
    """A month of every provider, the same every time."""
    days = [_FIRST_DAY + timedelta(days=at) for at in range(_DAYS)]
    spent = {name: [_micros(place, at) for at in range(_DAYS)] for place, name in enumerate(_PROVIDERS)}
    return stacked(days, spent, "usd")


def _micros(place: int, at: int) -> int:
    is_weekend = at % 7 in (0, 6)
    return (at * 7919 * (place + 3) % 997) * (300 if is_weekend else 1_100) // (place + 1)


def _tabs() -> list[dict[str, Any]]:
    titles = {"Quick start": "", "Settings": "", "Connections": "12", "Usage": "", "Requests": ""}
    return [{"href": "#tabs", "title": title, "count": count, "here": title == "Connections"} for title, count in titles.items()]
