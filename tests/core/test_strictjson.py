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
]


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: repr(body[:20]))
def test_it_refuses(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        strictjson.loads(body)


def test_brackets_in_strings_are_no_depth() -> None:
    body = json.dumps({"text": "[{" * 100 + '"\\'}).encode()
    assert strictjson.loads(body) == {"text": "[{" * 100 + '"\\'}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=40
)


@given(json_values)
def test_what_json_writes_is_read(value: object) -> None:
    assert strictjson.loads(json.dumps(value).encode()) == value
