"""The four ways in which key material can be refused. None of them ever carries a value, only a fixed reason."""


class CryptoError(Exception):
    """Something about key material was refused.

    Never reaches a response: the service that catches it chooses the answer.
    Source: protocol.md, "Failure".
    """


class BadEncoding(CryptoError):
    """Malformed before any cryptographic operation, or of the wrong shape after opening."""


class BadToken(CryptoError):
    """Not a token: the pattern or the checksum does not hold, or it is of another kind than the caller accepts."""


class BadProof(CryptoError):
    """A signature does not verify, a public key is a refused one, or a challenge is not a live one of ours."""


class CannotOpen(CryptoError):
    """The cipher refused: another key, another place, or altered bytes."""
