"""Tokens that confirm an email address: bound to user, address and time."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.crypto.email_tokens import (
    EMAIL_TOKEN_LIFETIME_SECONDS,
    check_email_token,
    make_email_token,
    user_of_email_token,
)
from relay.crypto.encoding import b64u_decode, b64u_encode
from relay.crypto.errors import BadProof, CryptoError

SECRET, USER, EMAIL, NOW = b"s" * 32, "usr_0123456789abcdefghijkl", "ada@example.com", 1_795_000_000


def test_a_token_names_its_user_and_lives_for_a_day() -> None:
    token = make_email_token(SECRET, USER, EMAIL, NOW)
    assert user_of_email_token(token) == USER
    check_email_token(SECRET, USER, EMAIL, token, NOW + EMAIL_TOKEN_LIFETIME_SECONDS - 1)
    with pytest.raises(BadProof):
        check_email_token(SECRET, USER, EMAIL, token, NOW + EMAIL_TOKEN_LIFETIME_SECONDS)


@pytest.mark.parametrize(
    ("secret", "user", "email"),
    [(b"t" * 32, USER, EMAIL), (SECRET, "usr_another0123456789abcd", EMAIL), (SECRET, USER, "eve@example.com")],
)
def test_a_token_is_bound_to_relay_user_and_address(secret: bytes, user: str, email: str) -> None:
    with pytest.raises(BadProof):
        check_email_token(secret, user, email, make_email_token(SECRET, USER, EMAIL, NOW), NOW)


def test_no_bit_of_it_can_change() -> None:
    raw = b64u_decode(make_email_token(SECRET, USER, EMAIL, NOW))
    for place in range(len(raw)):
        forged = bytearray(raw)
        forged[place] ^= 1
        with pytest.raises(CryptoError):
            check_email_token(SECRET, USER, EMAIL, b64u_encode(bytes(forged)), NOW)


@given(st.text(max_size=80))
def test_whatever_is_given_is_refused_by_name(text: str) -> None:
    with contextlib.suppress(CryptoError):
        user_of_email_token(text)
    with pytest.raises(CryptoError):
        check_email_token(SECRET, USER, EMAIL, text, NOW)
