"""The shape of blobs that a server stores and cannot open: told by their length alone.

Every `check_…` answers the text it was given or raises BadEncoding. Source: protocol.md, "Conventions".
"""

from relay.crypto.aead import OVERHEAD_BYTES
from relay.crypto.encoding import b64u_decode
from relay.crypto.errors import BadEncoding


def check_blob(text: object, *, min_plaintext_bytes: int = 0, max_plaintext_bytes: int) -> str:
    """Answer `text` if it has the shape of a blob whose plaintext has so many bytes."""
    # Four characters carry three bytes: the length is judged before anything is decoded.
    most_characters = (max_plaintext_bytes + OVERHEAD_BYTES + 2) // 3 * 4
    if not isinstance(text, str) or len(text) > most_characters:
        raise BadEncoding("not a blob, or too long")
    plaintext_bytes = len(b64u_decode(text)) - OVERHEAD_BYTES
    if not min_plaintext_bytes <= plaintext_bytes <= max_plaintext_bytes:
        raise BadEncoding("a blob of the wrong length")
    return text


def check_key_blob(text: object) -> str:
    """Check a sealed 32-byte key: wrapped or recovery vault key, granted or held key."""
    return check_blob(text, min_plaintext_bytes=32, max_plaintext_bytes=32)


def check_sealed_key_blob(text: object) -> str:
    """Check a sealed provider key (8 to 512 characters)."""
    return check_blob(text, min_plaintext_bytes=8, max_plaintext_bytes=512)


def check_vault_item_blob(text: object) -> str:
    """Check a vault item: a JSON object of at most 8 KiB."""
    return check_blob(text, min_plaintext_bytes=2, max_plaintext_bytes=8192)


def check_owner_grant_blob(text: object) -> str:
    """Check an owner grant: a JSON object of at most 8 KiB."""
    return check_blob(text, min_plaintext_bytes=2, max_plaintext_bytes=8192)
