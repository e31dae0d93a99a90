"""Who asks, as frame and window of Link say it: verified or not, in test mode, with the app's logo or without one that can be shown."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from relay.crypto.encoding import b64u_encode
from scripts.demo_parties import App, Person
from scripts.demo_relay import running_relay
from tests.e2e import link_steps as steps
from tests.e2e.conftest import PASSWORD, RegisteredApp, Visit
from tests.e2e.link_sites import app_site, link_answer, serving
from tests.factories import make_png

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import FrameLocator

pytestmark = [pytest.mark.e2e, pytest.mark.long]

# Whether the picture is there, and what stands in its place.
LOGO = """view => { const logo = document.querySelector(`[data-view=${view}] .link-logo`), [picture, tile] = logo.children;
  return [picture.naturalWidth, picture.checkVisibility(), tile.checkVisibility(), tile.textContent]; }"""


@pytest.fixture(scope="module")
def local_relay(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A developer's own relay: only there can a site on this machine be verified."""
    with running_relay(tmp_path_factory.mktemp("local"), {"RELAY_DEBUG": "1"}) as origin:
        yield origin


def shown_in(shown: Page | FrameLocator, view: str) -> list[str]:
    """The first words of the lines that say whom to trust."""
    lines = shown.locator(f"section[data-view={view}] [data-trust]:visible strong")
    expect(lines).to_have_count(1)
    return lines.all_inner_texts()


def logo_in(page: Page, view: str) -> list[object]:
    """Width of the picture's file, whether it is seen, whether the initial is, and that."""
    page.wait_for_timeout(300)
    frame = next((one for one in page.frames if "/link/frame/" in one.url), page.main_frame)
    found: list[object] = frame.evaluate(LOGO, view)
    return found


def test_frame_and_window_say_who_asks_and_show_the_logo(new_visit: Callable[..., Visit], local_relay: str) -> None:
    developer = Person(local_relay, f"developer-{secrets.token_hex(4)}@example.com", PASSWORD)
    developer.register()
    with serving(app_site(local_relay), "localhost") as site:
        made = developer.call("POST", "/v1/apps", {"name": "Draftsmith", "allowedOrigins": [site.origin]})
        developer.call("PUT", f"/v1/apps/{made['id']}/logo", {"png": b64u_encode(make_png(64, 64))})
        site.pages["/.well-known/1relay.json"] = ("application/json", json.dumps({"clientIds": [made["clientId"]]}).encode())
        app = RegisteredApp(
            "Draftsmith", site, App(local_relay, made["clientId"], made["clientSecret"]), {"requestedProviders": ["sandbox"]}
        )
        site.answers["/session"] = lambda _query: link_answer(app.server, app.asked)

        visit = new_visit()
        page, frame = steps.press_connect(visit, app)
        assert shown_in(frame, "intro") == ["Not verified."]
        assert logo_in(page, "intro") == [64, True, False, "D"]

        answer = developer.call("POST", f"/v1/apps/{made['id']}/verify", {"origin": site.origin})
        assert answer["verified"], answer["why"]
        page, frame = steps.press_connect(visit, app)
        assert shown_in(frame, "intro") == ["Verified."]
        window = steps.press_continue(page, frame)
        steps.sign_up(window, steps.new_email())
        expect(window.locator("#consent-site")).to_be_visible()
        assert shown_in(window, "consent") == ["Verified."]
        assert logo_in(window, "consent") == [64, True, False, "D"]
        assert visit.complaints == []

        developer.call("PATCH", f"/v1/apps/{made['id']}", {"testMode": True})
        visit.context.route("**/logo", lambda route: route.fulfill(status=200, content_type="image/png", body=b"no picture"))
        page, frame = steps.press_connect(visit, app)
        assert shown_in(frame, "intro") == ["Test mode."]
        assert logo_in(page, "intro") == [0, False, True, "D"]
        window = steps.press_continue(page, frame)
        expect(window.locator("#consent-site")).to_be_visible()
        assert shown_in(window, "consent") == ["Test mode."]
        assert logo_in(window, "consent") == [0, False, True, "D"]
