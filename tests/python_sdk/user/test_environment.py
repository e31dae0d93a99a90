"""Base URL and token reach the official SDKs by the variables they read, and no other credential does."""

from __future__ import annotations

import anthropic
import groq
import openai
import pytest
from google import genai

from onerelay.user import DeviceError
from onerelay.user.environment import environment_for
from onerelay.user.providers import known

ORIGIN, CONNECTION, TOKEN = "https://relay.example", "con_0123456789abcdef", "1r_" + "at_" + "0" * 49
PASSTHROUGH = f"{ORIGIN}/v1/proxy/passthrough"
HAD = {
    "PATH": "/bin",
    "ONERELAY_PASSWORD": "correct horse battery staple",
    "OPENAI_API_KEY": "a-key-of-before",
    "ANTHROPIC_AUTH_TOKEN": "a-token-of-before",
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
}


def given(monkeypatch: pytest.MonkeyPatch, *providers: str) -> dict[str, str]:
    """This process's environment, as a program run under a connection has it."""
    environment = environment_for(ORIGIN, [known()[one] for one in providers], CONNECTION, TOKEN, HAD)
    for name in {*HAD, *environment} - {"PATH"}:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


def test_official_sdks_find_the_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = given(monkeypatch, "openai", "anthropic", "google", "groq")
    assert (str(openai.OpenAI().base_url), openai.OpenAI().api_key) == (f"{PASSTHROUGH}/openai/v1/", TOKEN)
    messages = anthropic.Anthropic()
    assert (str(messages.base_url).rstrip("/"), messages.api_key, messages.auth_token) == (f"{PASSTHROUGH}/anthropic", TOKEN, None)
    gemini = genai.Client()._api_client
    assert (str(gemini._http_options.base_url).rstrip("/"), gemini.api_key, bool(gemini.vertexai)) == (
        f"{PASSTHROUGH}/google",
        TOKEN,
        False,
    )
    assert (str(groq.Groq().base_url).rstrip("/"), groq.Groq().api_key) == (f"{PASSTHROUGH}/groq", TOKEN)
    assert not set(HAD.values()) - {"/bin"} & set(environment.values())
    assert environment["PATH"] == "/bin"
    assert (environment["ONERELAY_BASE_URL"], environment["ONERELAY_ACCESS_TOKEN"]) == (ORIGIN, TOKEN)


@pytest.mark.parametrize("provider", [one.id for one in known().values() if one.openai_path is not None and one.id != "groq"])
def test_whoever_speaks_openais_language_is_found_by_its_names(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, provider)
    url = openai.OpenAI().chat.completions._client.base_url
    chat = f"{str(url).rstrip('/')}/chat/completions"
    from relay.providers import registry

    facts = registry.provider(provider)
    assert facts is not None
    assert chat == f"{PASSTHROUGH}/{provider}{facts.chat_path}"


def test_two_providers_by_one_name_are_refused() -> None:
    with pytest.raises(DeviceError, match="OPENAI_API_KEY"):
        environment_for(ORIGIN, [known()["openai"], known()["mistral"]], CONNECTION, TOKEN, {})
    with pytest.raises(DeviceError, match="Perplexity"):
        environment_for(ORIGIN, [known()["perplexity"]], CONNECTION, TOKEN, {})
