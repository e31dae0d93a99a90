"""Markdown of this repository as HTML for our pages: no raw HTML, no style attribute, code coloured by classes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import escape
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from relay.docs.fences import Fence, read_fence
from relay.docs.navigation import BY_SOURCE

EXAMPLE_ORIGIN = "https://relay.example"
"""Stands for the relay in every text; readers see the address of the relay they read it on."""
_COMMENT = re.compile(r"^<!--.*?-->\n?", re.DOTALL | re.MULTILINE)
_COLOURS = HtmlFormatter(nowrap=True, classprefix="hl-")
_COLOURLESS = re.compile(r'<span class="hl-(?![kmsc]|nt|na|nv|ow|dl|il|err|gd)\w+">([^<]*)</span>')
"""Words that docs.css gives no colour: half of what a page of code would weigh."""
_ELSEWHERE = re.compile(r"[a-z]+:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the page's list: level 2 or 3."""

    level: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as HTML, without its first-level heading, and the headings below that."""

    html: str
    headings: tuple[Heading, ...]


@lru_cache(maxsize=128)
def render(text: str, source: str, origin: str) -> Rendered:
    """The text of the file `source` (from the repository's root), with `origin` for the relay's address; kept by content."""
    text = _COMMENT.sub("", text).replace(EXAMPLE_ORIGIN, origin)
    tokens = _without_title(_PARSER.parse(text))
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open":
                _lead(child, source)
    return Rendered(_PARSER.renderer.render(tokens, _PARSER.options, {}), tuple(_headings(tokens)))


def coloured(code: str, language: str) -> str:
    """The code as HTML with a class on each kind of word; plain where the language is not known."""
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        return str(escape(code))
    return _COLOURLESS.sub(r"\1", highlight(code, lexer, _COLOURS))


def slug_of(title: str) -> str:
    """The anchor of a heading: its letters and digits, lower case, joined by hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", title.lower().replace("’", "").replace("'", ""))) or "section"


def _without_title(tokens: list[Token]) -> list[Token]:
    has_title = bool(tokens) and tokens[0].type == "heading_open" and tokens[0].tag == "h1"
    return tokens[3:] if has_title else tokens


def _headings(tokens: Sequence[Token]) -> list[Heading]:
    found = []
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag in {"h2", "h3"}:
            text = "".join(child.content for child in tokens[at + 1].children or [])
            found.append(Heading(int(token.tag[1]), str(token.attrs["id"]), text))
    return found


def _lead(link: Token, source: str) -> None:
    """Have a link lead to the page that shows the file it names; what lies outside opens without telling from where."""
    href = str(link.attrs["href"])
    if _ELSEWHERE.match(href):
        link.attrSet("rel", "noreferrer")
    elif not href.startswith(("/", "#")):
        path, _, anchor = href.partition("#")
        named = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        page = BY_SOURCE.get(named) or BY_SOURCE.get(f"{named}/README.md")
        if page is None:
            raise ValueError(f"{source} links to {href}, which no page of the documentation shows.")
        link.attrSet("href", page.address + (f"#{anchor}" if anchor else ""))


class _Renderer(RendererHTML):
    """Code blocks with a head and a copy button; tables that scroll by themselves in small windows."""

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        """A block of code."""
        return show_code(tokens[idx].content, read_fence(tokens[idx].info))

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        """An indented block, such as a formula."""
        return show_code(tokens[idx].content, Fence("text"), copies=False)

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        """Opens the box a table scrolls in."""
        return '<div class="docs-table" tabindex="0" role="group" aria-label="Table"><table>'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        """Closes it."""
        return "</table></div>"

    def th_open(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        """A column's head; an empty one is no head."""
        return '<th scope="col">' if tokens[idx + 1].content else "<td>"

    def th_close(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        """Its end."""
        return "</th>" if tokens[idx - 1].content else "</td>"

    def td_open(self, tokens: Sequence[Token], idx: int, options: Any, env: MutableMapping[str, Any]) -> str:
        """A cell, without the style attribute that an alignment would get."""
        return "<td>"


def show_code(code: str, fence: Fence, *, copies: bool = True) -> str:
    """The block's HTML: head, coloured code, and why no test runs it, if none does."""
    context = {"html": coloured(code, fence.language), "fence": fence, "copies": copies}
    return render_to_string("docs/code.html", context)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
    return parser.use(anchors_plugin, min_level=2, max_level=3, slug_func=slug_of)


_PARSER = _parser()
ROOT = settings.BASE_DIR


def text_of(source: str) -> str:
    """A file of the repository, from its root."""
    return str((ROOT / source).read_text(encoding="utf-8"))
