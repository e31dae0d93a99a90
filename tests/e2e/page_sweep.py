"""What must be true of every page and every state of it: found by looking at it in both themes and several widths."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from scripts.layout import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Frame, Page

WIDTHS: Final = (360, 768, 1440)
THEMES: Final = ("light", "dark")
_HEIGHT: Final = 900
_AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}
_WATCH_POLICY = """
  window.__refused = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    window.__refused.push(`${event.effectiveDirective}: ${event.blockedURI || event.sample}`);
  });
"""
_TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  const scrolls = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement) {
      if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(at).overflowX)) return true;
    }
    return false;
  };
  const wide = [...document.body.querySelectorAll("*")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && box.right > room + 1 && !scrolls(element);
  });
  const over = document.scrollingElement.scrollWidth > room + 1;
  return over || wide.length > 0 ? wide.slice(0, 5).map((element) => `${element.tagName}.${element.className}`) : null;
}"""


def watch(context: BrowserContext, own_hosts: set[str]) -> list[str]:
    """What goes wrong from now on in any page of the browser: a request to a host that is not named here."""
    strangers: list[str] = []

    def look(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc not in own_hosts:
            strangers.append(f"{parts.scheme}://{parts.netloc}")

    context.on("request", lambda request: look(request.url))
    context.add_init_script(_WATCH_POLICY)
    return strangers


def faults(page: Page) -> list[str]:
    """What is wrong with what the page shows now, in every theme and width; the page is left as it was found."""
    found: list[str] = []
    before = page.viewport_size
    for theme in THEMES:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": _HEIGHT})
            where = f"{theme}, {width} px"
            if (wide := too_wide(page)) is not None:
                found.append(f"{where}: wider than the window: {', '.join(wide) or 'the page'}")
            if width != WIDTHS[1]:
                found += [f"{where}: {violation}" for violation in violations(page)]
    found += [f"refused by the policy: {what}" for what in page.evaluate("window.__refused ?? []")]
    page.emulate_media(color_scheme=None, reduced_motion=None)
    if before is not None:
        page.set_viewport_size(before)
    return found


def too_wide(page: Page | Frame) -> list[str] | None:
    """What sticks out of the window to the right; None if nothing does."""
    wide: list[str] | None = page.evaluate(_TOO_WIDE)
    return wide


def violations(page: Page | Frame) -> list[str]:
    """What axe-core objects to."""
    page.evaluate(_axe_source())
    report: dict[str, Any] = page.evaluate(f"async () => await axe.run(document, {json.dumps(_RULES)})")
    return [
        f"{violation['id']} ({violation['help']}): {', '.join(node['target'][0] for node in violation['nodes'][:3])}"
        for violation in report["violations"]
    ]


@cache
def _axe_source() -> str:
    return _AXE.read_text(encoding="utf-8")
