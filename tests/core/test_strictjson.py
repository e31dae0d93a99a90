"""JSON as api.md wants it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core import strictjson
from relay.core.errors import InvalidJson

REFUSED = [
    b"",
    b"{",
    b'{"a": 1, "a": 2}',
    b'{"x": {"a": 1, "a": 1}}',
    b"NaN",
    b'{"a": Infinity}',
    b'{"a": 1} {}',
    b"\xff\xfe",
    b"[" * 65 + b"]" * 65,
    b'{"a":' * 65 + b"1" + b"}" * 65,
    b"[" * 200_000,
    b"[" * 100 + b"]" * 99,
    b'["' + b"\\" * 200 + b'",' + b"[" * 65 + b"]" * 66,
]


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: repr(body[:20]))
def test_it_refuses(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        strictjson.loads(body)


def test_brackets_in_strings_are_no_depth() -> None:
    body = json.dumps({"text": "[{" * 100 + '"\\'}).encode()
    assert strictjson.loads(body) == {"text": "[{" * 100 + '"\\'}


MILLIONS = {
    "empty lists": b"[" + b"[]," * 10_000_000 + b"[]]",
    "empty objects": b'{"a":[' + b"{}," * 10_000_000 + b"{}]}",
    "members": b"{" + b'"a":1,' * 5_000_000 + b'"a":1}',
    "numbers": b"[" + b"1," * 15_000_000 + b"1]",
    "strings": b"[" + b'"",' * 10_000_000 + b'""]',
    "strings of a quote": b"[" + b'"\\"",' * 6_000_000 + b'""]',
    "brackets": b"[" * 30_000_000,
}


@pytest.mark.parametrize("name", MILLIONS)
def test_millions_of_parts_are_refused_unread(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.core.strictjson.json.loads", lambda *_, **__: pytest.fail("they were read"))
    with pytest.raises(InvalidJson):
        strictjson.loads(MILLIONS[name])


def test_a_large_text_is_no_large_number_of_parts() -> None:
    text = '[{"a": 1, "b": [2]}],\n' * 100_000
    assert strictjson.loads(json.dumps({"text": text, "more": [[1, 2]] * 70}).encode())["text"] == text
    assert len(strictjson.loads(b"[" + b"100," * 300_000 + b"1]")) == 300_001


def containers(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner) | st.dictionaries(st.text(), inner)


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), containers, max_leaves=40)


@given(json_values)
def test_what_json_writes_is_read(value: object) -> None:
    assert strictjson.loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"a" :2}',
        b'{"a" :1,"a":2,"b":3}',
        b'{"a":1,"a"\n:2}',
        b'[{"x":{"a":"\\":","a":1}}]',
        b'{"\\u0061":1,"a":2}',
    ],
)
def test_a_name_that_stands_twice_is_found_however_it_is_written(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        strictjson.loads(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":"x\\":y","b":{"c":[1,2.5,"d\\":"]}}', {"a": 'x":y', "b": {"c": [1, 2.5, 'd":']}}),
        (b'{"a" : 18446744073709551616}', {"a": 2**64}),
        (b'{"a":18446744073709551616}', {"a": 2**64}),
        (b'{"a":-9223372036854775809}', {"a": -(2**63) - 1}),
        (b'{"a":"\\ud800"}', {"a": "\ud800"}),
        (b"[]", []),
        (b'"a\\":b"', 'a":b'),
    ],
)
def test_values_are_those_of_the_standard_library(body: bytes, value: object) -> None:
    found = strictjson.loads(body)
    assert found == value
    assert repr(found) == repr(value)
