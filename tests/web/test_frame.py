"""The frame of every page: its links lead somewhere, name where one is, and keep their order."""

import pytest
from django.test import Client

from tests.factories import make_person
from tests.web.browser import browser_of
from tests.web.test_markup import Tags

pytestmark = pytest.mark.django_db
MAIN = ["/overview", "/keys", "/connections", "/activity", "/apps"]


def links_of(page: str, part: str) -> list[str]:
    """The addresses inside one element of the page, in order."""
    inside = page.split(part, 1)[1].split("</nav>", 1)[0].split("</details>", 1)[0]
    return [attributes["href"] or "" for attributes in Tags(inside).named("a")]


def test_the_navigation_names_what_exists_in_its_order() -> None:
    browser = browser_of(make_person().user)
    page = browser.get("/keys").content.decode()
    assert links_of(page, 'id="site-nav"') == MAIN
    assert links_of(page, 'id="account-menu"') == ["/security", "/docs"]
    everything = links_of(page, 'id="site-nav"') + links_of(page, 'id="account-menu"') + links_of(page, 'aria-label="Footer"')
    assert {path: browser.get(path).status_code for path in everything} == dict.fromkeys(everything, 200)


@pytest.mark.parametrize("path", [*MAIN, "/security", "/docs"])
def test_every_page_says_where_one_is(path: str) -> None:
    page = browser_of(make_person().user).get(path).content.decode()
    header = page.split("</header>", 1)[0]
    here = [attributes["href"] for attributes in Tags(header).named("a") if attributes.get("aria-current") == "page"]
    assert here == [path]


def test_strangers_are_offered_the_documentation_and_the_two_doors() -> None:
    header = Client().get("/").content.decode().split("<header", 1)[1].split("</header>", 1)[0]
    assert [attributes["href"] for attributes in Tags(header).named("a")] == ["/", "/docs", "/signin", "/signup"]
    assert "popover" not in header


def test_pages_without_a_script_of_their_own_have_the_menus() -> None:
    """Else nobody could sign out from the landing page."""
    browser = browser_of(make_person().user)
    for path in ("/", "/nowhere"):
        assert "dist/plain.js" in browser.get(path).content.decode()
        assert "dist/public.js" in Client().get(path).content.decode()
