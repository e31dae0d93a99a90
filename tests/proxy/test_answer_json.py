"""Answers with what JSON does not have: read, and fit to be written again."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from proxy import answer_json
from proxy.adapters.anthropic import AnthropicTranslation
from proxy.translate import translated
from relay.core.errors import ProviderUnreachable
from tests.proxy.adapters.anthropic_by_hand import MESSAGE, MODEL


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (rb'"x\ud83d"', "x�"),
        (rb'["\ud83d\ude00", NaN]', ["😀", None]),
        (rb'{"a\udc00": -Infinity}', {"a�": None}),
        (b'[1e999, 12345678901234567890123, true, "\xc3\xa9"]', [None, 1.2345678901234568e22, True, "é"]),
        (b"[NaN, 1" + b"0" * 400 + b"]", [None, None]),
        (b'["\xff"]', ["�"]),
        (b"\xef\xbb\xbf[1]", [1]),
    ],
)
def test_what_json_can_not_carry_is_replaced(text: bytes, value: Any) -> None:
    assert answer_json.loads(text) == value
    assert orjson.loads(orjson.dumps(answer_json.loads(text))) == value


@pytest.mark.parametrize(
    "text",
    [b"", b"<html>", b"[NaN," + b"[" * 100_000, b"[NaN" + b",1" * 300_000 + b"]", b"[NaN, " + b"1" * 5000 + b"]"],
    ids=["nothing", "html", "deep", "many", "digits"],
)
def test_what_is_no_json_or_too_much_of_it_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each of the parsers words it in its own way
        answer_json.loads(text)


def test_an_answer_with_half_a_surrogate_pair_is_translated() -> None:
    text = json.dumps(MESSAGE).replace("Hello!", r"Hello \ud83d").replace('"usage"', '"odd": NaN, "usage"').encode()
    completion = json.loads(translated(AnthropicTranslation(MODEL, 1_000, include_usage=False), text))
    assert completion["choices"][0]["message"]["content"] == "Hello �"
    assert completion["usage"]["completion_tokens"] == 6


def test_an_answer_that_can_not_be_written_is_none_of_the_dialect() -> None:
    deep: Any = {}
    for _ in range(300):
        deep = {"a": deep}
    content = [{"type": "tool_use", "id": "t", "name": "f", "input": deep}]
    with pytest.raises(ProviderUnreachable):
        translated(AnthropicTranslation(MODEL, 1_000, include_usage=False), json.dumps({**MESSAGE, "content": content}).encode())
