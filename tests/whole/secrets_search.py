"""Finds a secret in bytes, in every form a program might have written it."""

from __future__ import annotations

import base64
import json
import urllib.parse
from dataclasses import dataclass


@dataclass(frozen=True)
class Secret:
    """Something that must not be found, and the answers that may hold it (by `METHOD path`), because they hand it out."""

    name: str
    value: bytes
    minted_by: frozenset[str] = frozenset()

    def forms(self) -> set[bytes]:
        """Raw, hex, base64 and base64url at any alignment, percent-encoded, JSON-escaped, UTF-16."""
        raw = self.value
        found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
        for shift in range(3):
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                whole = encode(b"\0" * shift + raw)
                # The outermost characters depend on the neighbours; two groups less at either end is still unmistakable.
                found.add(whole[4:-4])
        if raw.isascii():
            text = raw.decode()
            found |= {urllib.parse.quote(text, safe="").encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")}
        return found

    def is_in(self, haystack: bytes) -> bool:
        """Whether any of its forms occurs."""
        return any(form in haystack for form in self.forms())


def found_in(places: dict[str, bytes], secrets: list[Secret]) -> list[str]:
    """`secret in place` for everything that was found."""
    return [f"{secret.name} in {place}" for place, content in places.items() for secret in secrets if secret.is_in(content)]
