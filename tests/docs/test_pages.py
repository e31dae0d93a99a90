"""Every page of the documentation answers, has its place among the others, and leads only to what exists."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from relay.core.errors import ALL_ERRORS
from relay.docs.fences import Fence, read_fence
from relay.docs.markdown import render, slug_of
from relay.docs.navigation import GROUPS, PAGES
from relay.openapi.document import document
from tests.docs.reading import ADDRESSES, SECTIONS, Document, get, page_at
from tests.factories import make_person
from tests.web.browser import browser_of

pytestmark = pytest.mark.django_db
ORIGIN = settings.RELAY_ORIGINS[0]
# What the pages link to besides themselves.
OTHER = ("/", "/signin", "/signup", "/v1/openapi.json", "/llms.txt", "/llms-full.txt")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_has_one_heading_and_what_search_engines_show(address: str) -> None:
    page = page_at(address)
    assert len(page.named("h1")) == len(page.named("main")) == 1
    assert re.search(r"<title>[^<]{4,60} · 1Relay[^<]*</title>", page.text)
    (description,) = [meta["content"] for meta in page.named("meta") if meta.get("name") == "description"]
    assert 50 <= len(description) <= 160
    (canonical,) = [link["href"] for link in page.named("link") if link.get("rel") == "canonical"]
    assert canonical == ORIGIN + address


def test_no_two_pages_have_one_title_or_description() -> None:
    assert len({page.title for page in PAGES}) == len({page.description for page in PAGES}) == len(PAGES)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_keeps_the_policy(address: str) -> None:
    page = page_at(address)
    assert not [tag for tag, attributes in page.tags if "style" in attributes or any(name.startswith("on") for name in attributes)]
    assert all(script["src"].startswith("/static/") for script in page.named("script"))
    assert len(page.ids) == len(set(page.ids))
    assert get(address)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_link_leads_somewhere(address: str) -> None:
    links = [link["href"] for link in page_at(address).named("a")]
    assert links
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        parts = urlsplit(link)
        path = parts.path or address
        if path in ADDRESSES:
            assert not parts.fragment or parts.fragment in page_at(path).ids, link
        else:
            assert path in OTHER or get(path).status_code in {200, 302}, link


def test_headings_within_the_text_have_the_anchors_of_the_list_beside_it() -> None:
    page = page_at("/docs/providers")
    assert "one-chat-call" in page.ids
    assert page.text.count('href="#one-chat-call"') == 1
    assert page_at("/docs/node-sdk").text.index('href="#streaming"') < page_at("/docs/node-sdk").text.index('href="#errors"')


def test_the_navigation_follows_the_original_page_and_marks_where_one_is() -> None:
    order = [page.title for group in GROUPS for page in group.pages]
    assert order[:4] == ["Quick start", "Link SDK", "Node SDK", "Python SDK"]
    for page in PAGES:
        shown = page_at(page.address)
        marked = [link["href"] for link in shown.named("a") if link.get("aria-current") == "page"]
        assert marked[-2:] == [page.address] * 2
        assert set(marked) <= {"/docs", page.address}
        places = [link["href"] for link in shown.named("a") if link.get("rel") in {"prev", "next"}]
        at = PAGES.index(page)
        assert places == [near.address for near in (*PAGES[:at][-1:], *PAGES[at + 1 :][:1])]


def test_a_signed_in_reader_keeps_the_account_menu() -> None:
    shown = Document(browser_of(make_person().user).get("/docs/keys", headers={"host": "localhost:8000"}).content.decode())
    assert "account-menu" in shown.ids
    assert len(shown.named("script")) > len(page_at("/docs/keys").named("script"))


def test_every_error_code_has_an_entry_with_its_meaning_and_what_to_do() -> None:
    text = page_at("/docs/errors").text
    for error in json.loads((settings.BASE_DIR / "spec" / "errors.json").read_text())["errors"]:
        entry = re.search(rf'<section class="docs-error" id="{error["code"]}".*?</section>', text, re.DOTALL)
        assert entry, error["code"]
        plain = entry[0].replace("&#x27;", "'").replace("&quot;", '"')
        assert error["message"] in plain
        assert error["meaning"].replace("`", "") in plain
    assert set(ALL_ERRORS) <= set(page_at("/docs/errors").ids)


def test_every_route_has_a_section_of_its_own_and_a_line_in_the_list() -> None:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            name = operation["operationId"]
            assert name in page_at("/docs/api").ids, f"{method} {path}"
            (section,) = [address for address in SECTIONS if name in page_at(address).ids]
            assert section == f"/docs/api/{operation['tags'][0]}"


def test_what_is_no_page_is_not_found() -> None:
    for address in ("/docs/nothing", "/docs/nothing.md", "/docs/errors.md", "/docs/", "/docs/decisions", "/docs/api/nothing"):
        assert get(address).status_code == 404, address
    assert Client(headers={"host": "localhost:8000"}).post("/docs/keys").status_code == 405


def test_texts_for_programs_lead_to_what_exists() -> None:
    response = get("/llms.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    text = response.content.decode()
    assert text.startswith("# 1Relay\n\n> ")
    links = re.findall(r"\]\((http[^)]+)\)", text.partition("# Quick start")[0])
    assert len(links) == len(PAGES) + 2
    for link in links:
        assert link.startswith(ORIGIN)
        assert get(link.removeprefix(ORIGIN)).status_code == 200, link
    everything = get("/llms-full.txt").content.decode()
    assert get("/docs/keys.md").content.decode() in everything


def test_markdown_may_not_hold_markup_nor_lead_nowhere() -> None:
    shown = render(
        "# T\n\n## It’s <b>here</b>\n\n<script>1</script>\n\n[x](../providers.md#the-providers)", "docs/site/x.md", "http://r"
    ).html
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert '<h2 id="its-b-here-b">' in shown
    assert 'href="/docs/providers#the-providers"' in shown
    with pytest.raises(ValueError, match=r"no page of the documentation"):
        render("[x](nothing.md)", "docs/site/x.md", "http://r")


def test_a_blocks_words_are_read_and_unknown_ones_refused() -> None:
    assert read_fence("js file app.js; in the browser") == Fence("js", file="app.js", in_browser=True)
    assert read_fence("sh not run: it installs") == Fence("sh", not_run="it installs")
    with pytest.raises(ValueError, match="means nothing"):
        read_fence("sh nto run: it installs")
    assert slug_of("What we can’t see") == "what-we-cant-see"
