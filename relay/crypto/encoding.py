"""Text forms: strict b64u, the written recovery key, joined message parts, identifiers, strict JSON.

Everything here refuses with BadEncoding. Source: protocol.md, "Conventions" and "Vault".
"""

import binascii
import json
import re
import string
from typing import Any, Final

from relay.crypto.errors import BadEncoding

RECOVERY_KEY_BYTES: Final = 20
CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_EMAIL = re.compile(r"[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9.-]{1,190}")
_PROVIDER = re.compile(r"[a-z][a-z0-9-]{1,31}")
_ID = re.compile(r"[a-z]{3}_[0-9A-Za-z_]{16,40}")
_PROVIDER_KEY = re.compile(r"[\x21-\x7e]{8,512}")
_RECOVERY_KEY = re.compile(f"[{CROCKFORD}]{{32}}")

_URL_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_STANDARD_TO_URL = bytes.maketrans(b"+/", b"-_")
_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_READ_AS = {
    **str.maketrans(string.ascii_lowercase, string.ascii_uppercase),
    **str.maketrans("oOiIlL", "001111", string.whitespace + "-"),
}


def b64u_encode(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return _canonical_b64u(raw).decode("ascii")


def b64u_decode(text: object, *, length: int | None = None) -> bytes:
    """Read canonical base64url; `length` is the exact number of bytes wanted.

    Raises: BadEncoding for padding, white space, another alphabet, non-zero trailing bits or a wrong length.
    """
    raw = _strict_b64u(text) if isinstance(text, str) else None
    if raw is None:
        raise BadEncoding("not canonical base64url")
    if length is not None and len(raw) != length:
        raise BadEncoding("wrong number of bytes")
    return raw


def _strict_b64u(text: str) -> bytes | None:
    try:
        given = text.encode("ascii")
        raw = binascii.a2b_base64(given.translate(_URL_TO_STANDARD) + b"===")
    except ValueError:
        return None
    # a2b_base64 skips and forgives; only the one canonical text encodes back to itself.
    return raw if _canonical_b64u(raw) == given else None


def _canonical_b64u(raw: bytes) -> bytes:
    return binascii.b2a_base64(raw, newline=False).translate(_STANDARD_TO_URL).rstrip(b"=")


def write_recovery_key(recovery_key: bytes) -> str:
    """Write 20 bytes for a person: Crockford base32, eight groups of four joined by `-`."""
    if len(recovery_key) != RECOVERY_KEY_BYTES:
        raise BadEncoding("a recovery key has 20 bytes")
    number = int.from_bytes(recovery_key, "big")
    symbols = "".join(CROCKFORD[number >> shift & 31] for shift in range(155, -1, -5))
    return "-".join(symbols[start : start + 4] for start in range(0, 32, 4))


def read_recovery_key(text: str) -> bytes:
    """Read a recovery key as a person may have typed it; answers its 20 bytes.

    Raises: BadEncoding unless exactly 32 symbols remain; U is refused.
    """
    symbols = text.translate(_READ_AS)
    if not _RECOVERY_KEY.fullmatch(symbols):
        raise BadEncoding("not a recovery key")
    number = 0
    for symbol in symbols:
        number = number << 5 | CROCKFORD.index(symbol)
    return number.to_bytes(RECOVERY_KEY_BYTES, "big")


def join_parts(*parts: str, last: bytes | None = None) -> bytes:
    """Join UTF-8 parts by one zero byte; only `last` may be raw bytes.

    Raises: BadEncoding for a part with a zero byte or a lone surrogate.
    """
    joined = _utf8("\0".join(parts))
    if joined.count(0) != len(parts) - 1:
        raise BadEncoding("a message part contains a zero byte")
    return joined if last is None else joined + b"\0" + last


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        pass
    raise BadEncoding("not Unicode text")


def normalise_email(text: object) -> str:
    """Answer the one form of an email that proofs and salts use: stripped, checked, A to Z lowered."""
    stripped = text.strip(" \t\r\n") if isinstance(text, str) else ""
    if not _EMAIL.fullmatch(stripped):
        raise BadEncoding("not an email address")
    return stripped.translate(_TO_LOWER)


def check_provider(text: object) -> str:
    """Answer `text` if it has the form of a provider's id."""
    if not isinstance(text, str) or not _PROVIDER.fullmatch(text):
        raise BadEncoding("not a provider id")
    return text


def check_id(text: object) -> str:
    """Answer `text` if it has the form of an id (`con_…`); needed before it enters an `aad`."""
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise BadEncoding("not an id")
    return text


def check_provider_key(text: object) -> str:
    """Answer `text` if it can be a provider key: 8 to 512 visible ASCII characters (a CR would be a header attack)."""
    if not isinstance(text, str) or not _PROVIDER_KEY.fullmatch(text):
        raise BadEncoding("not a provider key")
    return text


def write_json(value: dict[str, Any]) -> bytes:
    """Write an object as browsers do: compact, UTF-8, non-ASCII as it is, lone surrogates escaped."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    except (TypeError, ValueError, RecursionError):
        pass
    raise BadEncoding("cannot be written as JSON")


def read_json_object(raw: bytes) -> dict[str, Any]:
    """Read a UTF-8 JSON object; duplicate names at any depth, NaN and infinities are refused.

    Raises: BadEncoding. Decoders' own errors quote the text, which is secret here, so none of them is kept as a cause.
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
