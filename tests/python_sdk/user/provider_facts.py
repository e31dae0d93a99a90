"""What the Python package knows of providers, from the relay's own facts.

`python -m tests.python_sdk.user.provider_facts` writes it anew.
"""

from __future__ import annotations

import json
import os
from typing import Any

from tests.crypto.vectors import SPEC

FILE = SPEC.parent / "clients/python-sdk/src/onerelay/user/providers.json"
_CHAT = "/chat/completions"


def facts() -> list[dict[str, Any]]:
    """What pages are told for checking keys, and where an SDK's base URL ends."""
    from relay.providers import registry
    from relay.providers.for_pages import key_facts

    chosen, providers = [], {provider.id: provider for provider in registry.providers()}
    for told in key_facts():
        provider = providers[told["id"]]
        chat = provider.chat_path or ""
        chosen.append(
            {
                **{name: value for name, value in told.items() if name not in {"confirmed", "guide"}},
                "looksLike": told["guide"]["looksLike"],
                "basePath": provider.sdk_base_path,
                "openaiPath": chat.removesuffix(_CHAT) if provider.dialect == "openai" and chat.endswith(_CHAT) else None,
            }
        )
    return chosen


def text() -> str:
    """The file's text."""
    return json.dumps(facts(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay.settings")
    django.setup()
    FILE.write_text(text(), encoding="utf-8")
