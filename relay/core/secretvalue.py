"""A setting that must not be shown."""

from __future__ import annotations


class SecretValue:
    """Holds bytes that `repr`, `str`, formatting and pickling never show."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """The bytes themselves."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")
