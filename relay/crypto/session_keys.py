"""The key under which a browser keeps its vault open between pages.

Source: protocol.md, "Staying unlocked between pages".
"""

from relay.crypto import labels
from relay.crypto.aead import check_key, derive
from relay.crypto.tokens import check_token


def derive_session_key(token: str, session_secret: bytes) -> bytes:
    """Answer the session key (32 bytes) from the session's token (the cookie's value) and the server's 32 secret bytes.

    Raises: BadToken, BadEncoding.
    """
    return derive(check_token(token).encode("ascii") + check_key(session_secret), labels.SESSION_KEY)
