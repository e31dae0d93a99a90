"""GET /v1/openapi.json: for anybody, without a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.urls import path

from relay.core.views import ApiView
from relay.openapi import document

if TYPE_CHECKING:
    from rest_framework.request import Request


class OpenApi(ApiView):
    """GET /v1/openapi.json"""

    public = True
    schema = None  # stated in document.py: its answer is in no envelope

    def get(self, request: Request) -> HttpResponse:
        """The document itself, or 304 for who has it."""
        body, tag = document.written()
        headers = {"ETag": tag, "Cache-Control": "public, max-age=300"}
        if request.headers.get("If-None-Match") == tag:
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type="application/json", headers=headers)


urlpatterns = [path("openapi.json", OpenApi.as_view())]
