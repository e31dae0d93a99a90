"""The frame and the shared parts in real Chromium: menus by keyboard, nothing that jumps, charts in the colours of the theme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from scripts.demo_relay import running_relay
from tests.e2e.conftest import Visit
from tests.e2e.page_steps import Resident

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e
ENTRIES = ["Overview", "Keys", "Connections", "Activity", "Developers"]
PIXELS = """() => {
    const canvas = document.querySelector("usage-chart canvas");
    const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
    const drawing = copy.getContext("2d", { willReadFrequently: true });
    drawing.drawImage(canvas, 0, 0);
    const { data } = drawing.getImageData(0, 0, copy.width, copy.height);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 4)
        if (data[at + 3] === 255) colours.add([data[at], data[at + 1], data[at + 2]].join());
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = "var(--series-1)";
    const first = getComputedStyle(probe).color.replace(/[^0-9,]/g, "");
    probe.remove();
    return [first, colours.has(first)];
}"""


def top_of(page: Page) -> float:
    """Where the page's own text begins."""
    box = page.locator("h1").bounding_box()
    assert box is not None
    return box["y"]


def becomes(page: Page, expression: str, value: object) -> bool:
    """Whether the expression has that value within two seconds; Playwright's own wait needs an `eval` that the policy forbids."""
    for _ in range(40):
        if page.evaluate(expression) == value:
            return True
        page.wait_for_timeout(50)
    return False


@pytest.mark.parametrize("width", [360, 1440])
def test_the_menus_work_by_keyboard_and_move_nothing(sign_in: Callable[[Resident, str], Page], resident: Resident, width: int) -> None:
    page = sign_in(resident, "/connections")
    page.set_viewport_size({"width": width, "height": 800})
    page.reload()
    before = top_of(page)
    nav = page.get_by_role("navigation", name="Main")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    if width == 360:
        expect(nav).to_be_hidden()
        opener = page.get_by_role("button", name="Menu", exact=True)
        expect(opener).to_be_focused()
        page.keyboard.press("Enter")
        expect(nav).to_be_visible()
        page.keyboard.press("Escape")
        expect(nav).to_be_hidden()
        expect(opener).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
    expect(nav.get_by_role("link")).to_have_text(ENTRIES)
    assert top_of(page) == before
    for entry in ENTRIES:
        expect(nav.get_by_role("link", name=entry)).to_be_focused()
        page.keyboard.press("Tab")
    expect(page.get_by_label("Account menu")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Security").first).to_be_visible()
    assert top_of(page) == before
    page.keyboard.press("Escape")
    expect(page.locator("#account-menu")).not_to_have_attribute("open", "")
    expect(page.get_by_label("Account menu")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def guide(built: None, tmp_path: Path) -> Iterator[str]:
    """The address of the style guide, of a relay in debug."""
    with running_relay(tmp_path, {"RELAY_DEBUG": "1"}) as origin:
        yield f"{origin}/styleguide"


def test_parts_are_what_they_should_be_in_both_themes(guide: str, visit: Visit) -> None:
    page = visit.context.new_page()
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(guide)
    chart = page.get_by_role("img", name="Spend by day")
    expect(chart.locator("canvas")).to_have_count(0)  # nobody has come to look yet
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas")).to_be_visible()
    height = chart.bounding_box()
    light, is_drawn = page.evaluate(PIXELS)
    assert is_drawn
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert becomes(page, f"({PIXELS})()[1]", True)
    dark, _ = page.evaluate(PIXELS)
    assert dark != light
    assert chart.bounding_box() == height
    page.get_by_text("Show the numbers").click()
    expect(page.get_by_role("region", name="Spend by day, as a table").get_by_role("row")).to_have_count(31)
    page.get_by_role("button", name="Open a dialog").click()
    expect(page.get_by_label("Monthly budget")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Open a dialog")).to_be_focused()
    page.get_by_role("button", name="Show a toast").click()
    expect(page.get_by_role("status").filter(has_text="Budget saved")).to_be_visible()
    for width in (360, 768, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_landing_pages_picture_can_be_held_and_respects_a_wish_for_stillness(relay: str, visit: Visit) -> None:
    page = visit.open(f"{relay}/")
    running = "document.getAnimations().filter((one) => one.playState === 'running').length"
    assert page.evaluate(running) > 0
    button = page.get_by_role("button", name="Pause the picture")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert becomes(page, running, 0)
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    assert page.evaluate(running) == 0
    expect(page.get_by_text("The app never sees the key.")).to_be_visible()
    expect(button).to_be_hidden()
