"""Parts of OpenAI's messages as Gemini's parts: text, images, files; nothing is fetched for anyone.

Sources: https://ai.google.dev/api/caching (Part, Blob) and https://ai.google.dev/gemini-api/docs/file-input-methods
(stored copies, read 2026-11-23).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from proxy.adapters.chat import a_text, an_object, check_part, data_url, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Part = dict[str, Any]

_IMAGE = re.compile(r"image/.+")
_FILE = re.compile(r"application/pdf|text/.+|image/.+")


def user_part(part: dict[str, Any], at: str, details: set[str]) -> Part:
    """A part of a user message. Adds the detail level an image asks for to `details`. Raises InvalidRequest."""
    kind = part.get("type")
    read = _USER_PARTS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise refusal(f"{at}.type", "For Gemini the relay takes text, image_url and file parts.")
    return read(part, at, details)


def _text_part(part: dict[str, Any], at: str, details: set[str]) -> Part:
    return {"text": _text(part, at, ("text",))}


def _image_part(part: dict[str, Any], at: str, details: set[str]) -> Part:
    check_part(part, {"type", "image_url"}, at)
    image = an_object(part.get("image_url"), f"{at}.image_url")
    check_part(image, {"url", "detail"}, f"{at}.image_url")
    details.add(str(image.get("detail") or "auto"))
    return _inline(image.get("url"), _IMAGE, f"{at}.image_url.url")


def _file_part(part: dict[str, Any], at: str, details: set[str]) -> Part:
    check_part(part, {"type", "file"}, at)
    file = an_object(part.get("file"), f"{at}.file")
    if file.get("file_id") is not None:
        raise refusal(f"{at}.file.file_id", "Stored files are not reachable through the relay. Send file_data.")
    check_part(file, {"file_data", "filename"}, f"{at}.file")
    return _inline(file.get("file_data"), _FILE, f"{at}.file.file_data")


def _inline(url: object, kinds: re.Pattern[str], at: str) -> Part:
    """A data: URL as inline data. Addresses would be `fileData`, which the relay passes to Gemini for no one."""
    found = data_url(url) if isinstance(url, str) else None
    if found is None or not found[1]:
        why = "Gemini gets files from the relay only as data: URLs in base64, not by address"
        raise refusal(at, f"{why}. Send data:image/png;base64,… with the file itself.")
    kind, data = found
    if not kinds.fullmatch(kind):
        raise refusal(at, f"{kind[:64]} is not passed to Gemini: the relay meters text, images and PDF.")
    return {"inlineData": {"mimeType": kind, "data": data}}


def texts_of(content: object, at: str, types: tuple[str, ...] = ("text",)) -> list[str]:
    """The texts of a content that may be nothing else: a string, or parts. Raises InvalidRequest."""
    if isinstance(content, str):
        return [content]
    return [_text(part, place, types) for part, place in objects_of(content, at)]


def _text(part: dict[str, Any], at: str, types: tuple[str, ...]) -> str:
    kind = part.get("type")
    if kind not in types:
        raise refusal(f"{at}.type", "Only text goes in here.")
    check_part(part, {"type", kind}, at)
    return a_text(part.get(kind), f"{at}.{kind}")


def objects_of(value: object, at: str, least: int = 1) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects of a list, each with its place. Raises InvalidRequest for anything else, or fewer than `least`."""
    if not isinstance(value, list) or len(value) < least:
        raise refusal(at, "A list of objects is needed.")
    for number, item in enumerate(value):
        yield an_object(item, f"{at}[{number}]"), f"{at}[{number}]"


_USER_PARTS: dict[str, Callable[[dict[str, Any], str, set[str]], Part]] = {
    "text": _text_part,
    "image_url": _image_part,
    "file": _file_part,
}
