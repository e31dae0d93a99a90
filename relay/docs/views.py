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
    """The API reference."""
    sections = reference.sections()
    headings = []
    for section in sections:
        headings.append(Heading(2, section.id, section.title))
        headings += [Heading(3, route.id, f"{route.method} {_short(route.path)}") for route in section.routes]
    return _answer(request, navigation.API, "docs/api.html", headings, html=_routes(), every_call=EVERY_CALL)


def _short(path: str) -> str:
    """`/connections/:id` for /v1/connections/{connection_id}."""
    return re.sub(r"\{(?:\w+_)?(\w+)\}", r":\1", path.removeprefix("/v1"))


@cache
def _routes() -> str:
    """All sections as HTML; made once, as it takes longer than all other pages together."""
    return render_to_string("docs/sections.html", {"sections": reference.sections()})


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


def _answer(request: HttpRequest, shown: Page, template: str, headings: list[Heading], **context: Any) -> HttpResponse:
    before, after = navigation.neighbours(shown)
    frame = {
        "groups_of_pages": navigation.GROUPS,
        "page": shown,
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
    path("docs/<slug:slug>.md", source),
    path("docs/<slug:slug>", page),
    path("llms.txt", llms_txt),
    path("llms-full.txt", llms_full_txt),
]
