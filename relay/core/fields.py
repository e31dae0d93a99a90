"""Serializer fields that take exactly what api.md names: no "5" for 5, no true for 1, canonical b64u."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from rest_framework import serializers

from relay.crypto import encoding
from relay.crypto.aead import check_blob
from relay.crypto.errors import BadEncoding, BadToken
from relay.crypto.tokens import check_new_hash

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\]")
_NOT_PRINTABLE = re.compile(r"[\x00-\x20\x7f]")


class TextField(serializers.CharField):
    """A string without zero bytes or lone surrogates; numbers and booleans are refused."""

    def to_internal_value(self, data: Any) -> str:
        """The text itself."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Must be a string.")
        if "\0" in data or any("\ud800" <= character <= "\udfff" for character in data):
            raise serializers.ValidationError("Must not contain zero bytes or lone surrogates.")
        return super().to_internal_value(data)


class WholeNumberField(serializers.IntegerField):
    """A JSON integer; "5", 5.0 and true are refused."""

    def to_internal_value(self, data: Any) -> int:
        """The integer itself."""
        if isinstance(data, bool) or not isinstance(data, int):
            raise serializers.ValidationError("Must be an integer.")
        return super().to_internal_value(data)


class YesNoField(serializers.Field[bool, Any, bool, Any]):
    """A JSON boolean and nothing that resembles one."""

    def to_internal_value(self, data: Any) -> bool:
        """The boolean itself."""
        if not isinstance(data, bool):
            raise serializers.ValidationError("Must be true or false.")
        return data


class BytesField(serializers.Field[bytes, Any, str, Any]):
    """Canonical b64u of exactly `length` bytes; answers the raw bytes."""

    def __init__(self, *, length: int, **options: Any) -> None:
        self.length = length
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> bytes:
        """The decoded bytes."""
        try:
            return encoding.b64u_decode(data, length=self.length)
        except BadEncoding:
            raise serializers.ValidationError(f"Must be {self.length} bytes in base64url without padding.") from None


class BlobField(serializers.Field[str, Any, str, Any]):
    """The b64u text of an AEAD blob of `smallest` to `largest` bytes of plaintext; answers the text."""

    def __init__(self, *, smallest: int, largest: int, **options: Any) -> None:
        self.smallest, self.largest = smallest, largest
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        """The same text, its alphabet and length checked: shape is all a server can check."""
        try:
            return check_blob(data, min_plaintext_bytes=self.smallest, max_plaintext_bytes=self.largest)
        except BadEncoding:
            raise serializers.ValidationError("Must be a sealed blob in base64url without padding, of the right length.") from None


class NewTokenHashField(BytesField):
    """The SHA-256 of a token that a device has made; hashes of published example tokens are refused."""

    def __init__(self, **options: Any) -> None:
        super().__init__(length=32, **options)

    def to_internal_value(self, data: Any) -> bytes:
        """The 32 bytes."""
        try:
            return check_new_hash(super().to_internal_value(data))
        except BadToken:
            raise serializers.ValidationError("Is the hash of a published example. Make a new token.") from None


class EmailField(serializers.Field[str, Any, str, Any]):
    """An email in the one form proofs use (protocol.md, "Conventions")."""

    def to_internal_value(self, data: Any) -> str:
        """The normalised email."""
        try:
            return encoding.normalise_email(data)
        except BadEncoding:
            raise serializers.ValidationError("Must be an email address.") from None


class IdField(serializers.Field[str, Any, str, Any]):
    """An id with the given three-letter prefix."""

    def __init__(self, prefix: str, **options: Any) -> None:
        self.prefix = prefix
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        """The id."""
        try:
            text = encoding.check_id(data)
        except BadEncoding:
            text = ""
        if not text.startswith(f"{self.prefix}_"):
            raise serializers.ValidationError(f"Must be an id that begins with {self.prefix}_.")
        return text


class ProviderField(serializers.Field[str, Any, str, Any]):
    """A provider id by its form; whether it is known is the view's question (unsupported_provider)."""

    def to_internal_value(self, data: Any) -> str:
        """The id."""
        try:
            return encoding.check_provider(data)
        except BadEncoding:
            raise serializers.ValidationError("Must be a provider id.") from None


class OriginField(serializers.Field[str, Any, str, Any]):
    """A web origin equal to its own serialisation; https, or http on loopback (api.md, "Apps")."""

    def to_internal_value(self, data: Any) -> str:
        """The origin."""
        if not isinstance(data, str) or len(data) > 260 or not is_own_serialised_origin(data):
            raise serializers.ValidationError(
                "Must be an origin such as https://app.example: lower case, no path, https (http on localhost only)."
            )
        return data


class AbsoluteUrlField(serializers.Field[str, Any, str, Any]):
    """An absolute URL, https (http on loopback), without fragment, user info, spaces or control characters."""

    def to_internal_value(self, data: Any) -> str:
        """The URL as given: redirect URIs are compared as exact strings."""
        if not isinstance(data, str) or len(data) > 2048 or not _is_absolute_url(data):
            raise serializers.ValidationError("Must be an absolute https URL (http on localhost only) without fragment or user name.")
        return data


def is_own_serialised_origin(text: str) -> bool:
    """Whether `text` is the ASCII serialisation of an allowed origin, to the letter."""
    parts = _split(text)
    if parts is None or not _HOST.fullmatch(parts.netloc.rsplit(":", 1)[0] if parts.port else parts.netloc):
        return False
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = f":{parts.port}" if parts.port and parts.port != default else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return _is_allowed_scheme(parts.scheme, parts.hostname) and text == f"{parts.scheme}://{host}{port}"


def origin_of(url: str) -> str:
    """The serialised origin of an absolute URL that AbsoluteUrlField took: lower case, without the scheme's own port."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    is_default = parts.port in {None, {"https": 443, "http": 80}.get(parts.scheme)}
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{parts.port}")


def _is_absolute_url(text: str) -> bool:
    parts = _split(text)
    if parts is None or not text.isascii() or "\\" in text or "#" in text or _NOT_PRINTABLE.search(text):
        return False
    return bool(parts.hostname) and "@" not in parts.netloc and _is_allowed_scheme(parts.scheme, parts.hostname)


def _split(text: str) -> Any:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_allowed_scheme(scheme: str, host: str | None) -> bool:
    return scheme == "https" or (scheme == "http" and host in LOOPBACK_HOSTS)
