"""The style guide: in debug alone, of the same templates as the pages, with every colour and icon there is."""

import re

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from tests.web.test_markup import Tags

pytestmark = pytest.mark.django_db
STATIC = settings.BASE_DIR / "static"


@pytest.fixture
def guide(settings: Settings) -> str:
    """The page, in debug."""
    settings.DEBUG = True
    response = Client().get("/styleguide")
    assert response.status_code == 200
    return response.content.decode()


def test_it_is_nowhere_outside_of_debug() -> None:
    assert Client().get("/styleguide").status_code == 404


def test_it_shows_every_colour_and_every_icon(guide: str) -> None:
    colours = set(re.findall(r"--([a-z0-9-]+): #", (STATIC / "css" / "tokens.css").read_text()))
    assert set(re.findall(r'data-token="([a-z0-9-]+)"', guide)) == colours
    icons = set(re.findall(r'<symbol id="([a-z-]+)"', (STATIC / "icons" / "sprite.svg").read_text()))
    shown = re.findall(r"guide__icons.*?</ul>", guide, re.DOTALL)[0]
    assert set(re.findall(r"sprite\.svg#([a-z-]+)", shown)) == icons


def test_it_shows_every_shared_part(guide: str) -> None:
    for mark in ('class="budget"', "<meter", 'class="empty"', "empty--small", 'class="pager"', 'class="tabs"', 'class="copy"'):
        assert mark in guide
    for mark in ('class="snippet"', 'class="stat"', "<usage-chart", 'class="timeline"', "skeleton", "data-table--stacked"):
        assert mark in guide


def test_its_parts_keep_the_rules_of_markup(guide: str) -> None:
    tags = Tags(guide)
    ids = re.findall(r' id="([^"]+)"', guide)
    assert len(ids) == len(set(ids))
    for _, attributes in tags.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls", "data-copy-from", "data-from"):
            assert set((attributes.get(name) or "").split()) <= set(ids), (name, attributes)


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    """A missing one would be an empty square that nobody is told of."""
    there = set(re.findall(r'<symbol id="([a-z-]+)"', (STATIC / "icons" / "sprite.svg").read_text()))
    named = {
        icon
        for template in (settings.BASE_DIR / "templates").rglob("*.html")
        for icon in re.findall(r'parts/icon\.html" with name="([a-z-]+)"', template.read_text())
    }
    assert len(named) > 10
    assert named <= there
