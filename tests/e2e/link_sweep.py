"""Looking at one view of Link as people may have it before them: on a phone, in the window Link opens, in a wide one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.e2e.page_sweep import THEMES, too_wide, violations

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

SIZES: Final = ((360, 640), (480, 780), (1200, 780))


def faults_of(page: Page, name: str, frame: Frame | None = None) -> list[str]:
    """What is wrong with the view that `page` shows, or its `frame`: accessibility, width, a focus elsewhere."""
    shown = frame or page
    found = [] if shown.evaluate(_FOCUS_IS_IN_VIEW) else [f"{name}: the focus is not in the view"]
    before = page.viewport_size
    for theme in THEMES:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            where = f"{name}, {theme}, {width} px"
            if (wide := too_wide(shown)) is not None:
                found.append(f"{where}: wider than the window: {', '.join(wide)}")
            photograph(page, f"{name}-{theme}-{width}")
            if width != SIZES[1][0]:
                # High enough for all of it: what the foot covers for a moment would count as too small to press.
                page.set_viewport_size({"width": width, "height": 2000})
                found += [f"{where}: {violation}" for violation in violations(shown)]
    page.emulate_media(color_scheme=None, reduced_motion=None)
    if before is not None:
        page.set_viewport_size(before)
    return found


def photograph(page: Page, name: str) -> None:
    """Nothing: who wants to look at the views replaces this."""


_FOCUS_IS_IN_VIEW = "() => document.querySelector('section[data-view]:not([hidden])')?.contains(document.activeElement) ?? false"
