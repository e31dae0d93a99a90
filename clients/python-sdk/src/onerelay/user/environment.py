"""The environment variables by which official SDKs and tools find their provider, so that they find the relay instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from onerelay.user.errors import DeviceError
from onerelay.user.providers import Provider


@dataclass(frozen=True, slots=True)
class Variables:
    """Names for the base URL and for the key; and what would have an SDK send another credential, or go elsewhere."""

    base_url: tuple[str, ...]
    key: tuple[str, ...]
    cleared: tuple[str, ...] = ()


# Read in the sources of the official SDKs named in docs/providers.md, and in LangChain's and LiteLLM's for OPENAI_API_BASE.
# Kept here and not asked of the relay: a relay must not choose which variables a program on this machine gets.
_OPENAI = Variables(("OPENAI_BASE_URL", "OPENAI_API_BASE"), ("OPENAI_API_KEY",))
_OWN = {
    "openai": _OPENAI,
    "anthropic": Variables(("ANTHROPIC_BASE_URL",), ("ANTHROPIC_API_KEY",), ("ANTHROPIC_AUTH_TOKEN",)),
    "google": Variables(
        ("GOOGLE_GEMINI_BASE_URL",),
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"),
    ),
    "groq": Variables(("GROQ_BASE_URL",), ("GROQ_API_KEY",)),
}
SECRETS_OF_OURS = ("ONERELAY_PASSWORD",)
"""Never handed on to a program."""


def variables_for(provider: Provider) -> tuple[Variables, str]:
    """A provider's variables, and the path that ends its base URL: its own SDK's, or OpenAI's where it speaks that.

    Raises: DeviceError no_variables.
    """
    own = _OWN.get(provider.id)
    if own is not None:
        return own, provider.base_path
    if provider.openai_path is not None:
        return _OPENAI, provider.openai_path
    raise DeviceError("no_variables", f"No tool is known to find {provider.name} by environment variables.")


def environment_for(
    origin: str,
    providers: Iterable[Provider],
    connection_id: str,
    access_token: str,
    inherited: Mapping[str, str],
) -> dict[str, str]:
    """A program's environment: the inherited one, with base URLs at the relay and the access token for a key.

    Raises: DeviceError no_variables, same_variables (two providers that tools find by the same names).
    """
    added = {"ONERELAY_BASE_URL": origin, "ONERELAY_ACCESS_TOKEN": access_token, "ONERELAY_CONNECTION_ID": connection_id}
    cleared = set(SECRETS_OF_OURS)
    for provider in providers:
        names, path = variables_for(provider)
        if added.keys() & {*names.base_url, *names.key}:
            raise DeviceError("same_variables", f"{names.key[0]} can’t stand for two providers at once. Run the command for one of them.")
        url = f"{origin}/v1/proxy/passthrough/{provider.id}{path}"
        added |= dict.fromkeys(names.base_url, url) | dict.fromkeys(names.key, access_token)
        cleared |= set(names.cleared)
    kept = {name: value for name, value in inherited.items() if name not in cleared}
    return {**kept, **added}
