"""Tokens: what is minted passes, whatever is altered does not, and what is published is not accepted."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.crypto import tokens
from relay.crypto.encoding import b64u_decode, b64u_encode
from relay.crypto.errors import BadEncoding, BadToken
from tests.crypto.vectors import SPEC, VECTORS

PREFIXES = st.sampled_from(sorted(tokens.PREFIXES))
RANDOM = st.binary(min_size=32, max_size=32)


@given(PREFIXES, RANDOM)
def test_written_token_passes_and_says_its_random_bytes(prefix: str, random_bytes: bytes) -> None:
    token = tokens.write_token(prefix, random_bytes)
    assert re.fullmatch(prefix + "[0-9A-Za-z]{49}", token)
    assert tokens.check_token(token, prefix) == token
    number = 0
    for digit in token[6:49]:
        number = number * 62 + tokens.BASE62.index(digit)
    assert number.to_bytes(32, "big") == random_bytes


@given(PREFIXES, RANDOM, st.integers(0, 54), st.characters())
def test_token_with_one_character_altered_is_refused(prefix: str, random_bytes: bytes, at: int, other: str) -> None:
    token = tokens.write_token(prefix, random_bytes)
    altered = token[:at] + other + token[at + 1 :]
    if altered == token:
        tokens.check_token(altered)
        return
    with pytest.raises(BadToken):
        tokens.check_token(altered)


@given(PREFIXES, RANDOM, st.characters())
def test_token_with_anything_around_it_is_refused(prefix: str, random_bytes: bytes, extra: str) -> None:
    token = tokens.write_token(prefix, random_bytes)
    for around in (extra + token, token + extra):
        with pytest.raises(BadToken):
            tokens.check_token(around)


@pytest.mark.parametrize("prefix", sorted(tokens.PREFIXES))
def test_minted_tokens_differ_and_live(prefix: str) -> None:
    minted = {tokens.mint_token(prefix) for _ in range(50)}
    assert len(minted) == 50
    assert all(tokens.check_live_token(token, prefix) == tokens.digest_token(token) for token in minted)


def test_token_of_another_kind_is_refused_where_a_kind_is_asked() -> None:
    token = tokens.mint_token(tokens.USER_TOKEN)
    assert tokens.check_token(token) == token
    for refuse in (tokens.check_token, tokens.check_live_token):
        with pytest.raises(BadToken):
            refuse(token, tokens.ACCESS_TOKEN)


@pytest.mark.parametrize("value", [None, b"1r_at_", 5])
def test_what_is_no_text_is_no_token(value: object) -> None:
    with pytest.raises(BadToken):
        tokens.check_token(value)


@pytest.mark.parametrize("prefix", ["1r_zz_", "1r_cid_", ""])
def test_other_prefixes_are_not_minted(prefix: str) -> None:
    with pytest.raises(ValueError, match="five prefixes"):
        tokens.mint_token(prefix)


def published_tokens() -> list[str]:
    """Answer every text in the vectors that passes for a token."""
    texts = re.findall(r'"(1r_(?:cs|ut|lt|pt|at)_[0-9A-Za-z]{49})"', (SPEC / "vectors.json").read_text("utf-8"))
    bad = {entry["token"] for entry in VECTORS["badTokens"]}
    return sorted(set(texts) - bad)


def test_published_hashes_are_those_of_the_vectors() -> None:
    assert len(published_tokens()) == 6
    assert {b64u_encode(tokens.digest_token(token)) for token in published_tokens()} == tokens.PUBLIC_VECTOR_HASHES


@pytest.mark.parametrize("token", published_tokens(), ids=lambda token: token[:10])
def test_published_token_is_a_token_but_no_live_one(token: str) -> None:
    assert tokens.check_token(token) == token
    assert tokens.is_public_vector(token)
    with pytest.raises(BadToken):
        tokens.check_live_token(token, token[:6])


@pytest.mark.parametrize("published", sorted(tokens.PUBLIC_VECTOR_HASHES))
def test_published_hash_is_refused_where_a_device_sends_one(published: str) -> None:
    with pytest.raises(BadToken):
        tokens.check_new_hash(b64u_decode(published))


def test_hash_of_a_fresh_token_is_accepted() -> None:
    digest = tokens.digest_token(tokens.mint_token(tokens.PUBLIC_TOKEN))
    assert tokens.check_new_hash(digest) == digest


@given(st.binary(min_size=16, max_size=16))
def test_client_id_has_its_form(random_bytes: bytes) -> None:
    client_id = tokens.write_client_id(random_bytes)
    assert re.fullmatch("1r_cid_[0-9A-Za-z]{22}", client_id)
    assert tokens.check_client_id(client_id) == client_id


def test_minted_client_ids_differ() -> None:
    assert len({tokens.mint_client_id() for _ in range(50)}) == 50


@pytest.mark.parametrize("text", ["1r_cid_", "1r_cid_" + "a" * 21, "1r_cid_" + "a" * 23, "1r_cid_" + "a" * 22 + "\n", None])
def test_client_id_of_another_form_is_refused(text: object) -> None:
    with pytest.raises(BadEncoding):
        tokens.check_client_id(text)


def test_client_id_needs_sixteen_bytes() -> None:
    with pytest.raises(ValueError, match="16 random bytes"):
        tokens.write_client_id(bytes(15))
