"""Apps' logos: square PNGs of at most 64 KiB, looked into before they are kept, as people see them where they approve."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING, Final

from django.db import transaction

from accounts.models import App
from accounts.services import activity
from accounts.services.apps import lock_app
from relay.crypto.encoding import b64u_encode

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import UserSession

MOST_BYTES: Final = 65_536
SMALLEST, LARGEST = 32, 1024
"""Pixels a side. More would be a picture that is small here and huge once it is unpacked."""
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# Depths of samples each colour type may have (PNG, third edition, table 12).
_DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_MOVING: Final = {b"acTL", b"fcTL", b"fdAT"}


class BadPicture(Exception):
    """Not a picture that is taken; `why` says what to do."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def check_png(picture: bytes) -> bytes:
    """The same bytes, if they are one square, still PNG and nothing besides. Raises BadPicture."""
    if len(picture) > MOST_BYTES:
        raise BadPicture("Must be at most 64 KiB.")
    if not picture.startswith(_SIGNATURE):
        raise BadPicture("Must be a PNG picture.")
    chunks = _chunks(picture)
    kinds = [kind for kind, _ in chunks]
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or b"IDAT" not in kinds or len(chunks[0][1]) != 13:
        raise BadPicture("Is a damaged PNG. Save it again.")
    if not _MOVING.isdisjoint(kinds):
        raise BadPicture("Must not move: save it as a still PNG.")
    _check_header(chunks[0][1])
    return picture


def _chunks(picture: bytes) -> list[tuple[bytes, bytes]]:
    """Type and data of every chunk up to the picture's end; nothing may follow it."""
    found: list[tuple[bytes, bytes]] = []
    at = len(_SIGNATURE)
    while at < len(picture):
        length = int.from_bytes(picture[at : at + 4], "big")
        kind, data, check = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length], picture[at + 8 + length : at + 12 + length]
        if len(check) != 4 or zlib.crc32(kind + data) != int.from_bytes(check, "big") or b"IEND" in [one for one, _ in found[-1:]]:
            raise BadPicture("Is a damaged PNG. Save it again.")
        found.append((kind, data))
        at += 12 + length
    return found


def _check_header(header: bytes) -> None:
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    depth, colour, compression, filtering, interlace = header[8:13]
    if depth not in _DEPTHS.get(colour, set()) or (compression, filtering) != (0, 0) or interlace > 1:
        raise BadPicture("Is a damaged PNG. Save it again.")
    if width != height:
        raise BadPicture(f"Must be square; this one is {width} by {height} pixels.")
    if not SMALLEST <= width <= LARGEST:
        raise BadPicture(f"Must be {SMALLEST} to {LARGEST} pixels a side; this one has {width}.")


@transaction.atomic
def set_logo(app: App, picture: bytes | None, now: datetime, *, session: UserSession | None = None) -> App:
    """Keep a checked picture as the app's logo, or (None) take it away. Raises NotFound, where the app was deleted meanwhile."""
    locked = lock_app(app)
    locked.logo = picture
    locked.logo_hash = b64u_encode(hashlib.sha256(picture).digest()[:16]) if picture is not None else ""
    locked.save(update_fields=["logo", "logo_hash"])
    activity.record(locked.owner, "app_changed", now, session=session, subject=locked.name, subject_id=locked.pk, detail="Logo")
    return locked


def logo_of(client_id: str, logo_hash: str) -> bytes | None:
    """The picture at that address; None for another app, or a picture it has no more."""
    app = App.objects.filter(client_id=client_id, logo_hash=logo_hash).exclude(logo_hash="").only("logo").first()
    return bytes(app.logo) if app is not None and app.logo is not None else None
