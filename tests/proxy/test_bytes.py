"""Changing one member and leaving every other byte; taking a key out, however it is cut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.body import steps
from proxy.scrub import scrub, scrub_chunk, scrub_headers
from proxy.splice import set_member

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEY = b"sk-proj-" + b"sk-secret0secret0"


@pytest.mark.parametrize(
    ("before", "at", "after"),
    [
        (b"{}", "max_tokens", b'{"max_tokens":7}'),
        (b" { } ", "max_tokens", b' {"max_tokens":7 } '),
        (b'{"a": 1.0 , "b":[ ]}', "max_tokens", b'{"max_tokens":7,"a": 1.0 , "b":[ ]}'),
        (b'{"a":1, "max_tokens" :  900,"b":2}', "max_tokens", b'{"a":1, "max_tokens" :  7,"b":2}'),
        (b'{"max_tokens":null}', "max_tokens", b'{"max_tokens":7}'),
        (b'{"max\\u005ftokens":900}', "max_tokens", b'{"max\\u005ftokens":7}'),
        (b'{"x":{"max_tokens":900}}', "max_tokens", b'{"max_tokens":7,"x":{"max_tokens":900}}'),
        (b'{"x":"\\"max_tokens\\":1"}', "max_tokens", b'{"max_tokens":7,"x":"\\"max_tokens\\":1"}'),
        (b'{"stream":true}', "a.b", b'{"a":{"b":7},"stream":true}'),
        (b'{"a":null}', "a.b", b'{"a":{"b":7}}'),
        (b'{"a": {"c": [1, 2]}}', "a.b", b'{"a": {"b":7,"c": [1, 2]}}'),
        (b'{"a":{"b":1}}', "a.b", b'{"a":{"b":7}}'),
    ],
)
def test_one_member_is_set_and_nothing_else(before: bytes, at: str, after: bytes) -> None:
    assert set_member(before, steps(at, "none"), 7) == after


def test_a_member_keeps_the_spelling_it_has() -> None:
    path = steps("generationConfig.maxOutputTokens", "snake_case")
    assert set_member(b'{"generation_config":{"max_output_tokens":9}}', path, 7) == (b'{"generation_config":{"max_output_tokens":7}}')
    assert set_member(b'{"contents":[]}', path, 7) == b'{"generationConfig":{"maxOutputTokens":7},"contents":[]}'


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=4), st.sampled_from(["a", "a.b", "limit"]), st.integers(0, 9))
def test_the_rest_stays_what_it_was(body: dict[str, Any], at: str, indent: int) -> None:
    path = steps(at, "none")
    changed = json.loads(set_member(json.dumps(body, indent=indent).encode(), path, 5))
    expected: dict[str, Any] = json.loads(json.dumps(body))
    *outer, last = at.split(".")
    place = expected
    for name in outer:
        if not isinstance(place.get(name), dict):
            place[name] = {}
        place = place[name]
    place[last] = 5
    assert changed == expected


def pass_through(pieces: list[bytes], key: bytes = KEY) -> tuple[bytes, list[bytes]]:
    """All that goes out, and the pieces it goes out in."""
    held, out = b"", []
    for piece in pieces:
        clean, held = scrub_chunk(held + piece, key)
        out.append(clean)
    return b"".join(out) + held, out


def test_a_key_is_taken_out_wherever_it_is_cut() -> None:
    text = b'data: {"x":"' + KEY + b'"}\n\nsk-proj-sk- and ' + KEY + KEY
    clean = text.replace(KEY, b"*" * len(KEY))
    for first in range(len(text) + 1):
        for second in range(first, min(len(text), first + 30) + 1):
            assert pass_through([text[:first], text[first:second], text[second:]])[0] == clean


def test_what_cannot_begin_a_key_is_not_held_back() -> None:
    assert scrub_chunk(b"data: hello\n\n", KEY) == (b"data: hello\n\n", b"")
    assert scrub_chunk(b"some text", KEY) == (b"some text", b"")
    assert scrub_chunk(b"ends with sk-pr", KEY) == (b"ends with ", b"sk-pr")


@given(st.lists(st.sampled_from([KEY, KEY[:5], KEY[5:], b"s", b"\n", b"x", KEY[:-1]]), max_size=8))
def test_no_mixture_lets_the_key_through(pieces: list[bytes]) -> None:
    out, _ = pass_through(pieces)
    assert KEY not in out
    assert len(out) == len(b"".join(pieces))


ODD_KEY = b"a/b" + b'"c\\d<e=f' + b"0a/b0"
WRITERS = {
    "every letter": lambda code: b"\\u%04x" % code,
    "in capitals": lambda code: b"\\u%04X" % code,
    "some letters": lambda code: b"\\u%04x" % code if code % 3 == 0 else _as_json(code),
    "as little as can be": lambda code: _as_json(code),
    "slashes too": lambda code: b"\\/" if code == 0x2F else _as_json(code),
    "markup too": lambda code: b"\\u%04x" % code if code in b"<>&='\"/" else _as_json(code),
}


def _as_json(code: int) -> bytes:
    return json.dumps(chr(code))[1:-1].encode()


@pytest.mark.parametrize("key", [KEY, ODD_KEY])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_key_in_json_escapes_is_taken_out_wherever_it_is_cut(key: bytes, writer: str) -> None:
    written = b"".join(WRITERS[writer](code) for code in key)
    nearly = b"".join(WRITERS[writer](code) for code in key[:-1])
    text = b'{"caf\\u00e9\\n\\u0022":"' + written + b" and " + nearly + b'","c:\\\\x":"' + written + b'"}'
    clean = text.replace(written, b"*" * len(written))
    assert scrub(text, key) == clean
    assert key.decode() not in str(json.loads(clean))
    for first in range(len(text) + 1):
        for second in (first, first + 1, first + 8):
            assert pass_through([text[:first], text[first:second], text[second:]], key)[0] == clean


def test_what_only_looks_like_an_escaped_key_is_left() -> None:
    doubly = b"".join(b"\\\\u%04x" % code for code in KEY)  # the JSON text holds the escapes themselves, and not the key
    for text in (doubly, b"\\u0073\\u006b-", b"\\u00e9" * 50, b"\\", b"\\u", b"\\u00", b"\\u007"):
        assert scrub(text, KEY) == text
        assert pass_through([text[: len(text) // 2], text[len(text) // 2 :]])[0] == text


def test_a_header_loses_the_key_and_one_named_by_it_goes() -> None:
    given = [(b"x-a", b"is " + KEY), (b"x-ratelimit-" + KEY.lower(), b"1"), (b"x-b", b"plain")]
    assert scrub_headers(given, KEY) == [(b"x-a", b"is " + b"*" * len(KEY)), (b"x-b", b"plain")]
