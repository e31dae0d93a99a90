"""spec/providers.json: true to its schema, read strictly, and answered for."""

from __future__ import annotations

import copy
import json
import re
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest

from proxy.parse import chat_call
from relay.core.errors import InvalidRequest
from relay.providers import registry
from relay.providers.reading import read_facts

DOCUMENT = json.loads(registry.SPEC_FILE.read_text(encoding="utf-8"))
SCHEMA = json.loads(registry.SPEC_FILE.with_name("providers.schema.json").read_text(encoding="utf-8"))


def test_the_file_fits_its_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(DOCUMENT, SCHEMA, format_checker=jsonschema.FormatChecker())


def test_every_fact_names_its_source_and_day() -> None:
    for provider in DOCUMENT["providers"]:
        told = [fact for source in provider["sources"] for fact in source["facts"]]
        assert sorted(told) == sorted(set(provider) - {"id", "name", "sources"})
        assert all(date.fromisoformat(source["checkedOn"]) for source in provider["sources"])


def test_these_providers_are_known() -> None:
    assert [provider.id for provider in registry.providers()] == [
        "openai", "anthropic", "google", "groq", "openrouter", "mistral", "deepseek", "xai", "together", "fireworks",
        "perplexity", "cerebras", "cohere", "sandbox",
    ]  # fmt: skip
    assert registry.provider("acme") is None
    assert all(registry.match_call(p, p.check.method, p.check.path.encode()) for p in registry.providers())
    assert all(p.chat_path is None or ("POST", p.chat_path) in {(c.method, c.path) for c in p.calls} for p in registry.providers())


@pytest.mark.parametrize(
    "change",
    [
        lambda provider: provider.pop("auth"),
        lambda provider: provider.update(extra=1),
        lambda provider: provider.update(name=5),
        lambda provider: provider["calls"][0].update(meter="telepathy"),
        lambda provider: provider["calls"][0].update(rules="none"),
        lambda provider: provider["calls"][0].update(rules=None),
        lambda provider: provider["rules"]["chat"].update(outputLimit=None),
        lambda provider: provider["check"].update(path="/v1/files"),
        lambda provider: provider["models"].update(path="/v1/files"),
        lambda provider: provider["rules"]["chat"]["constraints"].append({"at": "x", "why": "y"}),
        lambda provider: provider["rules"]["chat"]["constraints"].append({"at": "x y", "refused": True, "why": "y"}),
        lambda provider: provider["rules"]["chat"]["constraints"].append({"at": "x[]", "allowed": ["y"], "required": True, "why": "y"}),
        lambda provider: provider["rules"]["chat"]["constraints"].append({"at": "x", "allowed": ["y"], "unless": "z", "why": "y"}),
        lambda provider: provider["bounds"].update(imageTokens=True),
        lambda provider: provider.update(keyShapes="^x$"),
    ],
)
def test_a_file_that_is_not_understood_is_refused(change: Any) -> None:
    document = copy.deepcopy(DOCUMENT)
    change(document["providers"][0])
    with pytest.raises(ValueError, match=r"providers\.openai"):
        read_facts(document)


def test_no_host_comes_from_a_user() -> None:
    """Every host stands in the file, whole and over TLS; what a caller names is an id in it, and the path a template."""
    for provider in registry.providers():
        if provider.id == "sandbox":
            assert provider.base_url is None
            continue
        base = urlsplit(provider.base_url or "")
        assert (base.scheme, base.path, base.query, base.fragment) == ("https", "", "", "")
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", base.netloc), base.netloc
        assert all(re.sub(r"\{model\}", "", call.path).isascii() and "{" not in call.path.replace("{model}", "") for call in provider.calls)
        assert all(call.path.startswith("/") and "//" not in call.path for call in provider.calls)


def test_what_generates_has_a_limit_that_can_be_set() -> None:
    """So that every call has a worst case before it is sent, and no stream ever has to extend its hold."""
    for provider in registry.providers():
        for call in provider.calls:
            if not call.is_free and registry.meter(call.meter).output:
                limit = provider.rules[call.rules or ""].output_limit
                assert limit is not None, (provider.id, call.path)
                assert limit.inject in limit.fields


def test_adding_a_provider_takes_no_code() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["meters"]["newcomers"] = {**document["meters"]["openai_chat"], "output": ["words"]}
    newcomer = copy.deepcopy(document["providers"][0]) | {"id": "newcomer", "name": "Newcomer", "baseUrl": "https://api.newcomer.example"}
    newcomer["calls"][0]["meter"] = "newcomers"
    document["providers"].append(newcomer)
    jsonschema.validate(document, SCHEMA)
    meters, providers = read_facts(document)
    assert meters[providers["newcomer"].calls[0].meter].output == ("words",)


@pytest.mark.parametrize("door", ["chat", "openai"])
def test_a_provider_without_chat_names_the_way_to_call_it(door: Any) -> None:
    names = {"provider": "perplexity", "model": "openai/gpt-5-mini"} if door == "chat" else {"model": "perplexity/openai/gpt-5-mini"}
    with pytest.raises(InvalidRequest) as refused:
        chat_call(door, json.dumps(names | {"messages": []}).encode())
    assert "/v1/proxy/passthrough/perplexity/" in refused.value.message
    assert refused.value.details == {"fields": {"provider": ["Use /v1/proxy/passthrough/perplexity/ for this provider."]}}


def test_unconfirmed_facts_are_said_to_be() -> None:
    deepseek, openai = registry.provider("deepseek"), registry.provider("openai")
    assert deepseek is not None
    assert openai is not None
    assert {"rules", "check"} <= set(deepseek.unconfirmed)
    assert "baseUrl" not in deepseek.unconfirmed
    assert (deepseek.is_confirmed, openai.is_confirmed, openai.unconfirmed) == (False, True, ())
    for provider in DOCUMENT["providers"]:
        for source in provider["sources"]:
            doubtful = re.search("from memory|third-party|guess", source["source"])
            assert not doubtful or source.get("confirmed") is False, (provider["id"], source)


def test_key_shapes_are_found_in_text() -> None:
    keys = [
        "sk-proj-" + "abcdefghij0123456789",
        "sk-" + "a" * 20 + "T3BlbkFJ" + "b" * 20,
        "sk-admin-" + "abcdefghij",
        "sk-ant-" + "api03-abcdefghij0123456789",
        "sk-ant-" + "admin01-abcdefghij",
        "AI" + "za" + "A" * 35,
        "AQ." + "A" * 30,
        "gsk" + "_" + "a" * 52,
        "sk-or-" + "v1-" + "0a" * 32,
        "xai" + "-" + "a" * 80,
        "pplx" + "-" + "a" * 48,
        "sandbox-key-" + "works",
    ]
    for key in keys:
        assert registry.looks_like_provider_key(key), key
        assert registry.looks_like_provider_key(f'my key: "{key}", keep it')
    for text in ("", "a label", "sk-", "task-proj-abc", "sandbox", "x" * 500, "AIzaShort", "eyJhbGciOi"):
        assert not registry.looks_like_provider_key(text), text


def test_a_path_is_decoded_once_and_matched_exactly() -> None:
    google = registry.provider("google")
    assert google is not None
    found = registry.match_call(google, "POST", b"/v1beta/models/gemini-2.5-flash%3AgenerateContent")
    assert found is not None
    assert (found.path, found.model) == ("/v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash")
    for path in (
        b"/v1beta/models/a/b:generateContent",
        b"/v1beta/models/:generateContent",
        b"/v1beta/models/..:generateContent",
        b"/v1beta/models/a%252Fb:generateContent",
        b"/v1beta/models/a:predict",
        b"v1beta/models",
        b"/v1beta/models/\xc3\xa9",
    ):
        assert registry.match_call(google, "POST", path) is None, path  # fmt: skip


def test_an_upstream_can_be_replaced(settings: Any) -> None:
    openai = registry.provider("openai")
    assert openai is not None
    settings.RELAY_UPSTREAMS = {}
    assert registry.upstream_base(openai) == "https://api.openai.com"
    settings.RELAY_UPSTREAMS = {"openai": "http://127.0.0.1:9100"}
    assert registry.upstream_base(openai) == "http://127.0.0.1:9100"


def test_providers_that_list_models_in_pages_are_asked_for_all_at_once() -> None:
    """docs.cohere.com/v1/reference/list-models (stored copy read 2026-11-23): pages of 20, or of up to 1000 if asked."""
    cohere = registry.provider("cohere")
    assert cohere is not None
    assert cohere.models.query == "page_size=1000"
