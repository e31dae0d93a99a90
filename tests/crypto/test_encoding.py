"""Codecs: what is written reads back, and only one text says one thing."""

import json
import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from relay.crypto import encoding
from relay.crypto.encoding import b64u_decode, b64u_encode, join_parts, read_json_object, read_recovery_key
from relay.crypto.errors import BadEncoding

URL_SAFE = string.ascii_letters + string.digits + "-_"
PARTS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=5)


@given(st.binary(max_size=200))
def test_b64u_reads_back_what_was_written(raw: bytes) -> None:
    text = b64u_encode(raw)
    assert set(text) <= set(URL_SAFE)
    assert b64u_decode(text, length=len(raw)) == raw


@given(st.text(URL_SAFE, max_size=12))
def test_b64u_text_is_refused_or_the_only_one_of_its_bytes(text: str) -> None:
    try:
        raw = b64u_decode(text)
    except BadEncoding:
        # The length leaves a lone character over, or the last one has bits that no byte carries.
        spare_bits = {0: 0, 2: 4, 3: 2}.get(len(text) % 4)
        assert spare_bits is None or URL_SAFE_VALUE[text[-1]] % (1 << spare_bits)
    else:
        assert b64u_encode(raw) == text


URL_SAFE_VALUE = {c: i for i, c in enumerate(string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_")}


@given(st.binary(min_size=1, max_size=60), st.characters(exclude_characters=URL_SAFE), st.data())
def test_b64u_refuses_any_other_character_anywhere(raw: bytes, foreign: str, data: st.DataObject) -> None:
    text = b64u_encode(raw)
    at = data.draw(st.integers(0, len(text)))
    with pytest.raises(BadEncoding):
        b64u_decode(text[:at] + foreign + text[at:])
    with pytest.raises(BadEncoding):
        b64u_decode(text[:at] + foreign + text[at + 1 :])


@pytest.mark.parametrize("text", ["AA==", "AA=", "AB", "A", "AAAAA", "AA\n", " AA", "+/+/", "-_-_=", "ÀA", None, b"AA", 0])
def test_b64u_refuses(text: object) -> None:
    with pytest.raises(BadEncoding):
        b64u_decode(text)


def test_b64u_refuses_another_length_than_asked() -> None:
    assert b64u_decode("AAAA", length=3) == bytes(3)
    with pytest.raises(BadEncoding):
        b64u_decode("AAAA", length=4)


@given(st.binary(min_size=20, max_size=20))
def test_recovery_key_reads_back_what_was_written(recovery_key: bytes) -> None:
    display = encoding.write_recovery_key(recovery_key)
    assert [len(group) for group in display.split("-")] == [4] * 8
    assert read_recovery_key(display) == recovery_key
    sloppy = display.lower().replace("-", " \t").replace("0", "o").replace("1", "l")
    assert read_recovery_key(f"\r\n{sloppy}\n") == recovery_key


@given(st.binary(min_size=20, max_size=20), st.integers(0, 38), st.characters())
def test_recovery_key_refuses_more_symbols_and_foreign_ones(recovery_key: bytes, at: int, extra: str) -> None:
    assume(extra not in "- \t\n\v\f\r")
    display = encoding.write_recovery_key(recovery_key)
    with pytest.raises(BadEncoding):
        read_recovery_key(display[:at] + extra + display[at:])


@pytest.mark.parametrize("foreign", ["U", "u", "ı", "ſ", "\u00a0", "0", "*"])
def test_recovery_key_refuses_look_alikes_that_are_no_symbols(foreign: str) -> None:
    with pytest.raises(BadEncoding):
        read_recovery_key("0" * 32 + foreign)
    if foreign != "0":
        with pytest.raises(BadEncoding):
            read_recovery_key("0" * 31 + foreign)


def test_recovery_key_of_another_length_is_not_written() -> None:
    with pytest.raises(BadEncoding):
        encoding.write_recovery_key(bytes(21))


@given(PARTS, PARTS)
def test_joined_parts_say_one_thing(parts: list[str], others: list[str]) -> None:
    assert join_parts(*parts).split(b"\0") == [part.encode() for part in parts]
    assert (join_parts(*parts) == join_parts(*others)) == (parts == others)


@given(PARTS, st.binary(max_size=20))
def test_only_the_last_part_may_be_raw(parts: list[str], last: bytes) -> None:
    assert join_parts(*parts, last=last) == join_parts(*parts) + b"\0" + last


@pytest.mark.parametrize("part", ["\0", "a\0b", "a\0", "\ud800"], ids=ascii)
def test_parts_with_a_zero_byte_or_no_text_are_refused(part: str) -> None:
    with pytest.raises(BadEncoding):
        join_parts("label", part)


@given(st.emails())
def test_email_stays_normalised(email: str) -> None:
    assume(email.isascii() and len(email.partition("@")[0]) <= 64)
    once = encoding.normalise_email(f" {email}\r\n")
    assert once == email.lower() == encoding.normalise_email(once)


@pytest.mark.parametrize(
    "email", ["a@b@c", "a@", "@b", "a b@c", "a@b_c", "a" * 65 + "@b", "a@" + "b" * 191, "\va@b", "a@b\u00a0", None, 1], ids=ascii
)
def test_email_of_another_form_is_refused(email: object) -> None:
    with pytest.raises(BadEncoding):
        encoding.normalise_email(email)


def test_email_is_lowered_in_ascii_alone_and_at_its_longest() -> None:
    assert encoding.normalise_email("A" * 64 + "@" + "B" * 190) == "a" * 64 + "@" + "b" * 190


@pytest.mark.parametrize("provider", ["openai", "a1", "x-y", "a" * 32])
def test_provider_id_is_accepted(provider: str) -> None:
    assert encoding.check_provider(provider) == provider


@pytest.mark.parametrize("provider", ["", "a", "1a", "-a", "Openai", "a_b", "openai\n", "a" * 33, "a\0b", None, 7])
def test_provider_id_of_another_form_is_refused(provider: object) -> None:
    with pytest.raises(BadEncoding):
        encoding.check_provider(provider)


@pytest.mark.parametrize("given_id", ["con_" + "0" * 16, "usr_" + "Az_9" * 10])
def test_id_is_accepted(given_id: str) -> None:
    assert encoding.check_id(given_id) == given_id


@pytest.mark.parametrize(
    "given_id", ["", "con_" + "0" * 15, "con_" + "0" * 41, "CON_" + "0" * 22, "con_" + "0" * 22 + "\n", "con-" + "0" * 22, None]
)
def test_id_of_another_form_is_refused(given_id: object) -> None:
    with pytest.raises(BadEncoding):
        encoding.check_id(given_id)


@pytest.mark.parametrize("key", ["8" * 8, "~" * 512, "!sandbox-key"])
def test_provider_key_is_accepted(key: str) -> None:
    assert encoding.check_provider_key(key) == key


@pytest.mark.parametrize("key", ["7" * 7, "x" * 513, "sk-with space", "sk-line\r\nend", "sk-nöt-ascii", "sk-newline\n", None])
def test_provider_key_that_no_header_may_carry_is_refused(key: object) -> None:
    with pytest.raises(BadEncoding):
        encoding.check_provider_key(key)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=4))
def test_json_reads_back_what_was_written(members: dict[str, Any]) -> None:
    assert read_json_object(encoding.write_json(members)) == members


def test_json_is_written_as_browsers_write_it() -> None:
    assert encoding.write_json({"a": "wörk\u2028", "b": ["\ud800"], "c": 1}) == '{"a":"wörk\u2028","b":["\\ud800"],"c":1}'.encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"[]", b'"a"', b"null", b"{", b"{} {}", b"{'a': 1}", b'{"a":1,}',
        b'{"a":1,"a":1}', b'{"b":{"a":1,"\\u0061":2}}', b'{"b":[{"a":1,"a":2}]}',
        b'{"a":NaN}', b'{"a":-Infinity}',
        b'\xef\xbb\xbf{"a":1}', b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', '{"a":1}'.encode("utf-16"),
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"a":' + b"9" * 5000 + b"}",
    ],
    ids=lambda raw: raw[:24],
)  # fmt: skip
def test_json_of_another_form_is_refused(raw: bytes) -> None:
    with pytest.raises(BadEncoding):
        read_json_object(raw)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()], ids=["NaN", "infinity", "object"])
def test_what_json_cannot_say_is_not_written(value: object) -> None:
    with pytest.raises(BadEncoding):
        encoding.write_json({"a": value})


def test_json_agrees_with_the_plain_reader() -> None:
    raw = b' {"apiKey": "x", "n": {"m": [1, 2.5, true, null]}}\n'
    assert read_json_object(raw) == json.loads(raw)
