"""Text forms: strict b64u, joined message parts, identifiers, strict JSON. Everything here refuses with BadEncoding.

Source: the protocol text, "Conventions".
"""

import binascii
import json
import re
import string
from collections.abc import Mapping
from typing import Any

from onerelay.user.crypto.errors import BadEncoding

_EMAIL = re.compile(r"[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9.-]{1,190}")
_PROVIDER = re.compile(r"[a-z][a-z0-9-]{1,31}")
_ID = re.compile(r"[a-z]{3}_[0-9A-Za-z_]{16,40}")
_CLIENT_ID = re.compile(r"1r_cid_[0-9A-Za-z]{22}")
_PROVIDER_KEY = re.compile(r"[\x21-\x7e]{8,512}")

_URL_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_STANDARD_TO_URL = bytes.maketrans(b"+/", b"-_")
_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def b64u_encode(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return _canonical(raw).decode("ascii")


def b64u_decode(text: object, *, length: int | None = None) -> bytes:
    """Read canonical base64url; `length` is the exact number of bytes wanted."""
    raw = _strict(text) if isinstance(text, str) else None
    if raw is None:
        raise BadEncoding("not canonical base64url")
    if length is not None and len(raw) != length:
        raise BadEncoding("wrong number of bytes")
    return raw


def _strict(text: str) -> bytes | None:
    try:
        given = text.encode("ascii")
        raw = binascii.a2b_base64(given.translate(_URL_TO_STANDARD) + b"===")
    except ValueError:
        return None
    # a2b_base64 skips and forgives; only the one canonical text encodes back to itself.
    return raw if _canonical(raw) == given else None


def _canonical(raw: bytes) -> bytes:
    return binascii.b2a_base64(raw, newline=False).translate(_STANDARD_TO_URL).rstrip(b"=")


def join_parts(*parts: str, last: bytes | None = None) -> bytes:
    """Join UTF-8 parts by one zero byte; only `last` may be raw bytes."""
    try:
        joined = "\0".join(parts).encode("utf-8")
    except UnicodeEncodeError:
        joined = None
    if joined is None or joined.count(0) != len(parts) - 1:
        raise BadEncoding("a message part contains a zero byte, or is no text")
    return joined if last is None else joined + b"\0" + last


def normalise_email(text: object) -> str:
    """Answer the one form of an email that proofs and salts use: stripped, checked, A to Z lowered."""
    stripped = text.strip(" \t\r\n") if isinstance(text, str) else ""
    if not _EMAIL.fullmatch(stripped):
        raise BadEncoding("not an email address")
    return stripped.translate(_TO_LOWER)


def check_provider(text: object) -> str:
    """Answer `text` if it has the form of a provider's id."""
    return _checked(text, _PROVIDER, "not a provider id")


def check_id(text: object) -> str:
    """Answer `text` if it has the form of an id (`con_…`); needed before it enters an `aad` or a path."""
    return _checked(text, _ID, "not an id")


def check_client_id(text: object) -> str:
    """Answer `text` if it has the form of an app's public id."""
    return _checked(text, _CLIENT_ID, "not a client id")


def check_provider_key(text: object) -> str:
    """Answer `text` if it can be a provider key: 8 to 512 visible ASCII characters (a CR would be a header attack)."""
    return _checked(text, _PROVIDER_KEY, "not a provider key")


def _checked(text: object, pattern: re.Pattern[str], why: str) -> str:
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise BadEncoding(why)
    return text


def write_json(value: Mapping[str, Any]) -> bytes:
    """Write an object as browsers do: compact, UTF-8, non-ASCII as it is, lone surrogates escaped."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        text = None
    if text is None:
        raise BadEncoding("cannot be written as JSON")
    return text.encode("utf-8", "backslashreplace")


def read_json_object(raw: bytes) -> dict[str, Any]:
    """Read a UTF-8 JSON object; duplicate names at any depth, NaN and infinities are refused.

    Decoders' own errors quote the text, which is secret here, so none of them is kept as a cause.
    """
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BadEncoding("not a JSON object")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member name")
    return members


def _refuse_constant(_name: str) -> None:
    raise ValueError("not a JSON number")
