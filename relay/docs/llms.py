"""The documentation for language models: llms.txt (llmstxt.org) and all texts in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from relay.docs.markdown import EXAMPLE_ORIGIN, text_of
from relay.docs.navigation import BY_SLUG, GROUPS, PAGES

if TYPE_CHECKING:
    from relay.docs.navigation import Page

_WHAT = """# 1Relay

> Plaid Link for AI keys: people use their own AI keys (OpenAI, Anthropic, Google, Groq and more) in any app, with a monthly budget, \
without handing the keys over. Keys are encrypted in the browser, unreadable at rest, and decrypted in memory for one call.

An app's server opens a link session, the person approves in 1Relay Link, the server exchanges a public token for an access token, and
calls models through the relay with it. Names of things: user, app, provider key, link session, connection, access token, budget.
"""


def index() -> str:
    """llms.txt: what it is, where each text is, and the quick start whole."""
    origin = settings.RELAY_ORIGINS[0]
    parts = [_WHAT]
    for group in GROUPS:
        links = [f"- [{page.title}]({origin}{_address(page)}): {page.description}" for page in group.pages]
        parts.append(f"## {group.title}\n\n" + "\n".join(links) + "\n")
    parts.append(f"## For programs\n\n- [OpenAPI 3.1 document]({origin}/v1/openapi.json)\n- [All texts in one]({origin}/llms-full.txt)\n")
    return "\n".join([*parts, markdown_of(BY_SLUG["quick-start"])])


def everything() -> str:
    """llms-full.txt: every text, one after the other."""
    return "\n\n".join([_WHAT, *(markdown_of(page) for page in PAGES if page.source)])


def markdown_of(page: Page) -> str:
    """A page's text, with this relay's address in it."""
    return text_of(page.source).replace(EXAMPLE_ORIGIN, settings.RELAY_ORIGINS[0])


def _address(page: Page) -> str:
    return f"{page.address}.md" if page.source else page.address
