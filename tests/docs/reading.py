"""The documentation as its readers get it."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser

from django.http import HttpResponse
from django.test import Client

from relay.docs.navigation import PAGES
from relay.docs.reference import sections

SECTIONS = tuple(f"/docs/api/{section.id}" for section in sections())
ADDRESSES = ("/docs", *(page.address for page in PAGES), *SECTIONS)


class Document(HTMLParser):
    """Ids, links, headings and head elements of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = text
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])

    def named(self, *names: str) -> list[dict[str, str]]:
        """The attributes of every element of these names."""
        return [attributes for tag, attributes in self.tags if tag in names]


def get(address: str) -> HttpResponse:
    """An answer to somebody who is not signed in."""
    response = Client(headers={"host": "localhost:8000"}).get(address)
    assert isinstance(response, HttpResponse)
    return response


@cache
def page_at(address: str) -> Document:
    """A page, taken apart."""
    response = get(address)
    assert response.status_code == 200, address
    return Document(response.content.decode())
