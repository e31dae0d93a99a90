"""A browser's user agent in words that its owner knows: "Chrome on macOS"."""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "An unknown device"

# In this order: nearly every browser also claims to be those that stand below it.
_BROWSERS: Final = (
    ("EdgiOS/", "Edge"),
    ("EdgA/", "Edge"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
_TOOLS: Final = (
    ("onerelay-cli/", "The onerelay command"),
    ("curl/", "curl"),
    ("python-requests/", "Python"),
    ("python-httpx/", "Python"),
    ("Python-urllib/", "Python"),
    ("aiohttp/", "Python"),
    ("undici", "Node.js"),
    ("node", "Node.js"),
    ("Go-http-client/", "Go"),
)


def describe(user_agent: str) -> str:
    """The browser and the system of a user agent, or the tool that it names; UNKNOWN where it says nothing we know.

    No versions: a browser that updated itself is the same device. Whoever signs in chooses what to call themselves, so this
    tells an honest person where they were, and proves nothing.
    """
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or _first(_TOOLS, user_agent) or (f"A program on {system}" if system else UNKNOWN)


def _first(marks: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in marks if mark in user_agent), "")
