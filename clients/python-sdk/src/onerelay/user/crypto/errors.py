"""The ways in which key material is refused. None of them carries a value, only a fixed reason."""


class CryptoError(Exception):
    """Something about key material was refused."""


class BadEncoding(CryptoError):
    """Malformed before any cryptographic operation, or of the wrong shape after opening."""


class BadToken(CryptoError):
    """Not a token: the pattern or the checksum does not hold, or it is of another kind than asked for."""


class CannotOpen(CryptoError):
    """The cipher refused: another key, another place, or altered bytes."""
