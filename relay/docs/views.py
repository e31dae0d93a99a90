"""The pages of the documentation, and the same texts for programs that read."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.authentication import page_session
from accounts.pages import shell
from relay.docs import llms, navigation, reference
from relay.docs.error_codes import error_groups
from relay.docs.markdown import Heading, text_of
from relay.docs.markdown import render as rendered
from relay.openapi.refusals import EVERY_CALL

if TYPE_CHECKING:
    from relay.docs.navigation import Page


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Where to begin."""
    context = {"groups": navigation.GROUPS, "canonical": f"{settings.RELAY_ORIGINS[0]}/docs"}
    return render(request, "docs/overview.html", {**shell(request, page_session(request), "docs"), **context})


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page whose text is Markdown."""
    found = _text_page(slug)
    made = rendered(text_of(found.source), found.source, settings.RELAY_ORIGINS[0])
    return _answer(request, found, "docs/page.html", list(made.headings), html=made.html)


@require_safe
def error_codes(request: HttpRequest) -> HttpResponse:
    """Every code of spec/errors.json under an anchor of its own, by status."""
    groups = error_groups()
    headings = [Heading(2, f"status-{group['status']}", f"{group['status']} {group['name']}") for group in groups]
    return _answer(request, navigation.ERRORS, "docs/errors.html", headings, groups=groups)


@require_safe
def api(request: HttpRequest) -> HttpResponse:
    """The API reference: how calls look, and every route in a line."""
    sections = reference.sections()
    headings = [Heading(2, f"section-{section.id}", section.title) for section in sections]
    return _answer(request, navigation.API, "docs/api.html", headings, sections=sections, every_call=EVERY_CALL)


@require_safe
def api_section(request: HttpRequest, noun: str) -> HttpResponse:
    """The routes of one noun, whole."""
    sections = reference.sections()
    at = next((at for at, section in enumerate(sections) if section.id == noun), None)
    if at is None:
        raise Http404
    pages = (navigation.API, *map(_page_of, sections))
    headings = [Heading(2, route.id, f"{route.method} {_short(route.path)}") for route in sections[at].routes]
    context = {"current": navigation.API, "lead": sections[at].lead, "html": _routes(at)}
    return _answer(request, pages[at + 1], "docs/api_section.html", headings, pages, **context)


def _page_of(section: reference.Section) -> Page:
    title = f"API: {section.title.lower()}"
    return navigation.Page(f"api/{section.id}", title, f"{section.lead} Routes of the 1Relay API, with examples.")


def _short(path: str) -> str:
    """`/connections/:id` for /v1/connections/{connection_id}."""
    return re.sub(r"\{(?:\w+_)?(\w+)\}", r":\1", path.removeprefix("/v1"))


@cache
def _routes(at: int) -> str:
    """A section's routes as HTML, made once: it takes longer than all else of a page."""
    return "".join(render_to_string("docs/route.html", {"route": route}) for route in reference.sections()[at].routes)


@require_safe
def source(request: HttpRequest, slug: str) -> HttpResponse:
    """A page's Markdown."""
    return _text(llms.markdown_of(_text_page(slug)), "text/markdown")


@require_safe
def llms_txt(request: HttpRequest) -> HttpResponse:
    """What 1Relay is and where its texts are, for language models."""
    return _text(llms.index(), "text/plain")


@require_safe
def llms_full_txt(request: HttpRequest) -> HttpResponse:
    """All texts in one."""
    return _text(llms.everything(), "text/plain")


def _text_page(slug: str) -> Page:
    found = navigation.BY_SLUG.get(slug)
    if found is None or not found.source:
        raise Http404
    return found


def _answer(
    request: HttpRequest, shown: Page, template: str, headings: list[Heading], among: tuple[Page, ...] = navigation.PAGES, **context: Any
) -> HttpResponse:
    before, after = navigation.neighbours(shown, among)
    frame = {
        "groups_of_pages": navigation.GROUPS,
        "page": shown,
        "current": shown,
        "headings": headings,
        "before": before,
        "after": after,
        "canonical": settings.RELAY_ORIGINS[0] + shown.address,
    }
    return render(request, template, {**shell(request, page_session(request), "docs"), **frame, **context})


def _text(text: str, kind: str) -> HttpResponse:
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": "public, max-age=300"})


urlpatterns = [
    path("docs", overview),
    path("docs/errors", error_codes),
    path("docs/api", api),
    path("docs/api/<slug:noun>", api_section),
    path("docs/<slug:slug>.md", source),
    path("docs/<slug:slug>", page),
    path("llms.txt", llms_txt),
    path("llms-full.txt", llms_full_txt),
]
