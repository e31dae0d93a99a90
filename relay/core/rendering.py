"""REST framework's border: strict JSON in, the envelope out, every exception an envelope."""

from __future__ import annotations

import logging
from typing import IO, TYPE_CHECKING, Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from . import envelope, strictjson
from .errors import (
    ApiError,
    BodyTooLarge,
    Conflict,
    InternalError,
    InvalidJson,
    InvalidRequest,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    ServiceUnavailable,
    Unauthenticated,
    UnsupportedMediaType,
)
from .logging import trace_without_values

if TYPE_CHECKING:
    from collections.abc import Mapping


log = logging.getLogger(__name__)


class StrictJsonParser(BaseParser):
    """application/json, refused unless it is one JSON value with unique names (api.md, "Everywhere")."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes] | HttpRequest, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """The body's value. Raises InvalidJson; InvalidRequest where the value is not an object; BodyTooLarge."""
        try:
            # A request's own read() knows no limit; its body does.
            body = stream.body if isinstance(stream, HttpRequest) else stream.read()
        except RequestDataTooBig:
            raise BodyTooLarge from None
        value = strictjson.loads(body)
        if not isinstance(value, dict):
            raise InvalidJson("The body must be a JSON object.")
        return value


class EnvelopeRenderer(BaseRenderer):
    """Writes the envelope as JSON."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None) -> bytes:
        """The JSON bytes of an envelope; an empty answer stays empty."""
        return b"" if data is None else orjson.dumps(data)


_FRAMEWORK_ERRORS: dict[type[BaseException], type[ApiError]] = {
    exceptions.MethodNotAllowed: MethodNotAllowed,
    exceptions.NotAcceptable: NotAcceptable,
    exceptions.UnsupportedMediaType: UnsupportedMediaType,
    exceptions.ParseError: InvalidJson,
    exceptions.NotAuthenticated: Unauthenticated,
    exceptions.AuthenticationFailed: Unauthenticated,
    Http404: NotFound,
    exceptions.NotFound: NotFound,
}


def as_api_error(error: Exception) -> ApiError:
    """The ApiError that tells a client about any exception; a fault of ours is logged by its class alone."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, exceptions.ValidationError):
        return InvalidRequest(fields=_fields(error.detail))
    for framework, ours in _FRAMEWORK_ERRORS.items():
        if isinstance(error, framework):
            return ours()
    if isinstance(error, (OperationalError, InterfaceError, PoolTimeout)):
        return ServiceUnavailable(headers={"Retry-After": "1"})
    if isinstance(error, IntegrityError) and "foreign key" in str(error).lower():
        return Conflict("What this belongs to was deleted meanwhile.")
    return InternalError()


def _fields(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """REST framework's nested reasons as one level: {"limits.models": ["…"]}."""
    if isinstance(detail, list) and any(isinstance(entry, (dict, list)) for entry in detail):
        detail = {str(index): entry for index, entry in enumerate(detail) if entry}
    if isinstance(detail, dict):
        flat: dict[str, list[str]] = {}
        for name, why in detail.items():
            label = "body" if name == "non_field_errors" else str(name)
            flat.update(_fields(why, f"{prefix}.{label}" if prefix else label))
        return flat
    reasons = detail if isinstance(detail, list) else [detail]
    # Reasons may quote what came in, lone surrogates included, which no answer can carry.
    return {prefix or "body": [str(reason).encode(errors="replace").decode() for reason in reasons]}


def present_exception(error: Exception, context: dict[str, Any]) -> Response:
    """The envelope of any exception raised in a view."""
    set_rollback()
    request = context["request"]
    request_id = getattr(request, "request_id", "")
    api_error = as_api_error(error)
    if isinstance(api_error, InternalError) or (isinstance(api_error, ServiceUnavailable | Conflict) and api_error is not error):
        log.error("%s %s", request_id, trace_without_values(error))
    headers = dict(api_error.headers)
    if isinstance(error, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(getattr(context["view"], "allowed_methods", []))
    return Response(envelope.failure(api_error, request_id), status=api_error.status, headers=headers)
