"""Tokens and client ids: minting, the check before any look-up, the digest that is stored.

Source: protocol.md, "Tokens".
"""

# ruff: noqa: S105  (prefixes, not passwords)

import hashlib
import re
import secrets
import zlib
from typing import Final

from relay.crypto.encoding import b64u_decode
from relay.crypto.errors import BadEncoding, BadToken

APP_SECRET: Final = "1r_cs_"
USER_TOKEN: Final = "1r_ut_"
LINK_TOKEN: Final = "1r_lt_"
PUBLIC_TOKEN: Final = "1r_pt_"
ACCESS_TOKEN: Final = "1r_at_"
PREFIXES: Final = frozenset({APP_SECRET, USER_TOKEN, LINK_TOKEN, PUBLIC_TOKEN, ACCESS_TOKEN})
CLIENT_ID: Final = "1r_cid_"

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

PUBLIC_VECTOR_HASHES: Final = frozenset(
    {
        "0ZYFg_VDhhCognbmONIajhyTn9hqiTzO18TTVTg55aI",
        "mv1_bxnhrrXL0P9thJpfQpNslO_7kP-L7kTxXlUSlK4",
        "qu_L0CwwCiLQszBZuqPBB9ttk6lzZO4WQBAJtvrbk_4",
        "6IYcdBKK6D1IUbDLsBR2Wfsgsqyvig56etYalolNlUs",
        "jVv_jgizbhoqOBpuFoT5hYBIsWr5OuZR3Vhr3DQ8Bbg",
        "Yjy9BkknxbPYJVhc5wg_5X0SdxcxihD9pBqxBGdy4DA",
    }
)
"""b64u SHA-256 of every valid token that vectors.json publishes."""
_PUBLIC_HASHES = frozenset(b64u_decode(text) for text in PUBLIC_VECTOR_HASHES)

_TOKEN = re.compile(r"1r_(?:cs|ut|lt|pt|at)_[0-9A-Za-z]{49}")
_CLIENT_ID = re.compile(CLIENT_ID + r"[0-9A-Za-z]{22}")
_PAIRS = [first + second for first in BASE62 for second in BASE62]
_RANDOM_DIGITS = 43
_CHECKSUM_DIGITS = 6


def mint_token(prefix: str) -> str:
    """Make a token of the kind that `prefix` names, from 32 random bytes.

    Raises: ValueError for a prefix that is none of the five.
    """
    return write_token(prefix, secrets.token_bytes(32))


def write_token(prefix: str, random_bytes: bytes) -> str:
    """Write a token from its 32 random bytes; `mint_token` is what makes new ones."""
    if prefix not in PREFIXES or len(random_bytes) != 32:
        raise ValueError("a token has one of five prefixes and 32 random bytes")
    body = prefix + _base62(int.from_bytes(random_bytes, "big"), _RANDOM_DIGITS)
    return body + _checksum(body)


class CheckedToken(str):
    """A token whose pattern and checksum hold: need not be checked again."""

    __slots__ = ()


def check_token(text: object, prefix: str | None = None) -> CheckedToken:
    """Answer `text` if its pattern and checksum say that it is a token, of the kind `prefix` if one is given.

    Raises: BadToken.
    """
    if prefix is None and isinstance(text, CheckedToken):
        return text
    if not isinstance(text, str) or not _TOKEN.fullmatch(text):
        raise BadToken("not the pattern of a token")
    if _checksum(text[:-_CHECKSUM_DIGITS]) != text[-_CHECKSUM_DIGITS:]:
        raise BadToken("the checksum does not hold")
    if prefix is not None and not text.startswith(prefix):
        raise BadToken("a token of another kind")
    return CheckedToken(text)


def check_live_token(text: object, prefix: str) -> bytes:
    """Answer the digest to look up for a token that a caller presents: `check_token`, and no published one.

    Raises: BadToken.
    """
    return check_new_hash(digest_token(check_token(text, prefix)))


def check_new_hash(token_hash: bytes) -> bytes:
    """Answer the SHA-256 of a token made on a device if it is not that of a published one.

    Raises: BadToken.
    """
    if token_hash in _PUBLIC_HASHES:
        raise BadToken("a published example")
    return token_hash


def is_public_vector(token: str) -> bool:
    """Whether vectors.json publishes this token, so that a server must refuse it."""
    return digest_token(token) in _PUBLIC_HASHES


def digest_token(token: str) -> bytes:
    """Answer the SHA-256 (32 bytes) of the whole token: all that a server stores of it."""
    return hashlib.sha256(token.encode()).digest()


def mint_client_id() -> str:
    """Make an app's public client id from 16 random bytes."""
    return write_client_id(secrets.token_bytes(16))


def write_client_id(random_bytes: bytes) -> str:
    """Write a client id from its 16 random bytes."""
    if len(random_bytes) != 16:
        raise ValueError("a client id has 16 random bytes")
    return CLIENT_ID + _base62(int.from_bytes(random_bytes, "big"), 22)


def check_client_id(text: object) -> str:
    """Answer `text` if it has the form of a client id.

    Raises: BadEncoding.
    """
    if not isinstance(text, str) or not _CLIENT_ID.fullmatch(text):
        raise BadEncoding("not a client id")
    return text


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")), _CHECKSUM_DIGITS)


def _base62(number: int, digits: int) -> str:
    text = ""
    while number:
        number, pair = divmod(number, 62 * 62)
        text = _PAIRS[pair] + text
    return text.rjust(digits, "0")[-digits:]
