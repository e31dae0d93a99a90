"""Tokens that a device makes or is given, and ids of connections. Source: the protocol text, "Tokens"."""

# ruff: noqa: S105  (prefixes, not passwords)

import hashlib
import re
import secrets
import zlib
from typing import Final

from onerelay.user.crypto.encoding import b64u_encode
from onerelay.user.crypto.errors import BadToken

USER_TOKEN: Final = "1r_ut_"
LINK_TOKEN: Final = "1r_lt_"
PUBLIC_TOKEN: Final = "1r_pt_"
ACCESS_TOKEN: Final = "1r_at_"

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(r"1r_(?:cs|ut|lt|pt|at)_[0-9A-Za-z]{49}")
_RANDOM_DIGITS = 43
_CHECKSUM_DIGITS = 6
_ID_DIGITS = 22


def mint_token(prefix: str) -> str:
    """Make a token of the kind that `prefix` names, from 32 random bytes."""
    return write_token(prefix, secrets.token_bytes(32))


def write_token(prefix: str, random_bytes: bytes) -> str:
    """Write a token from its 32 random bytes; `mint_token` is what makes new ones."""
    body = prefix + _base62(int.from_bytes(random_bytes, "big"), _RANDOM_DIGITS)
    return body + _checksum(body)


def check_token(text: object, prefix: str | None = None) -> str:
    """Answer `text` if its pattern and checksum say that it is a token, of the kind `prefix` if one is given.

    Raises: BadToken.
    """
    if not isinstance(text, str) or not _TOKEN.fullmatch(text):
        raise BadToken("not the pattern of a token")
    if _checksum(text[:-_CHECKSUM_DIGITS]) != text[-_CHECKSUM_DIGITS:]:
        raise BadToken("the checksum does not hold")
    if prefix is not None and not text.startswith(prefix):
        raise BadToken("a token of another kind")
    return text


def digest_token(token: str) -> str:
    """Answer the SHA-256 of the whole token as b64u: all that a server stores of it."""
    return b64u_encode(hashlib.sha256(token.encode()).digest())


def mint_connection_id() -> str:
    """Make the id of a personal connection: 128 random bits."""
    return "con_" + _base62(int.from_bytes(secrets.token_bytes(16), "big"), _ID_DIGITS)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")), _CHECKSUM_DIGITS)


def _base62(number: int, digits: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = _BASE62[digit] + text
    return text.rjust(digits, "0")
