"""How drf-spectacular reads our views: shapes from operations.py, descriptions from docstrings, fields by their class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer

from accounts.serializers import KdfField, LogoField
from accounts.services.logos import MOST_BYTES
from relay.core import fields
from relay.crypto.aead import OVERHEAD_BYTES
from relay.openapi.components import B64U, TEXT, Shape, an_id, or_null, ref
from relay.openapi.operations import OPERATIONS, Operation

_PROVIDER = {"type": "string", "pattern": "^[a-z][a-z0-9-]{1,31}$"}


def _text_length(byte_count: int) -> int:
    """Characters of b64u for so many bytes."""
    return -(-byte_count * 4 // 3)


def _bytes(shortest: int, longest: int) -> Shape:
    return {**B64U, "minLength": _text_length(shortest), "maxLength": _text_length(longest)}


_SHAPES: dict[type, Callable[[Any], Shape]] = {
    fields.BytesField: lambda field: _bytes(field.length, field.length),
    fields.BlobField: lambda field: _bytes(OVERHEAD_BYTES + field.smallest, OVERHEAD_BYTES + field.largest),
    fields.IdField: lambda field: an_id(field.prefix),
    fields.ProviderField: lambda _: dict(_PROVIDER),
    fields.YesNoField: lambda _: {"type": "boolean"},
    fields.EmailField: lambda _: {**TEXT, "format": "email"},
    fields.OriginField: lambda _: {**TEXT, "format": "uri"},
    fields.AbsoluteUrlField: lambda _: {**TEXT, "format": "uri"},
    KdfField: lambda _: ref("Kdf"),
    LogoField: lambda _: {**B64U, "maxLength": _text_length(MOST_BYTES)},
}


def field_shape(field: Any) -> Shape | None:
    """The JSON Schema of one of our own fields; None for those of REST framework."""
    for kind in type(field).__mro__:
        if kind in _SHAPES:
            return _SHAPES[kind](field)
    return None


class Schema(AutoSchema):
    """One operation of the document."""

    @property
    def stated(self) -> Operation:
        """What operations.py says of this route. Raises KeyError for a route it forgot."""
        return OPERATIONS[f"{self.method} {self.path}"]

    def get_operation_id(self) -> str:
        """The name client generators call it by."""
        return self.stated.name

    def get_tags(self) -> list[str]:
        """The first word of the path."""
        return [self.path.split("/")[2]]

    def get_auth(self) -> list[dict[str, list[str]]]:
        """One requirement for each kind of caller."""
        elevation: dict[str, list[str]] = {"elevation": []} if self.stated.elevated else {}
        return [{caller: [], **elevation} for caller in self.stated.callers]

    def get_override_parameters(self) -> list[Any]:
        """Query parameters, and the idempotency key where it is honoured."""
        given = [OpenApiParameter(name, shape, OpenApiParameter.QUERY) for name, shape in self.stated.query.items()]
        if self.stated.repeatable:
            given.append(OpenApiParameter("Idempotency-Key", {**TEXT, "maxLength": 255}, OpenApiParameter.HEADER))
        return given

    def get_request_serializer(self) -> Any:
        """The body's serializer; where there are two, either."""
        bodies = self.stated.bodies
        if len(bodies) > 1:
            return PolymorphicProxySerializer(
                f"Any{bodies[0].__name__}", [body() for body in bodies], resource_type_field_name=None, many=False
            )
        return bodies[0] if bodies else None

    def _get_request_body(self, direction: Any = "request") -> Any:
        """The library gives bodies to POST, PUT and PATCH alone; deleting an account carries a proof."""
        if self.method != "DELETE" or not self.stated.bodies:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        component = self.resolve_serializer(self.stated.bodies[0], direction)
        return {"content": {"application/json": {"schema": component.ref}}, "required": True}

    def get_response_serializers(self) -> Any:
        """The success envelope around the answer, and the failure envelope for everything else; a file has no envelope."""
        data = ref(self.stated.answer)
        success = {"type": "object", "required": ["success", "data"], "properties": {"success": {"const": True}, "data": data}}
        answers: dict[Any, OpenApiResponse] = {str(status): OpenApiResponse(success, "Done.") for status in self.stated.statuses}
        default = OpenApiResponse(ref("Error"), "Refused; see the code.")
        if self.stated.media != ("application/json",):
            file = OpenApiResponse({**TEXT, "contentSchema": data}, "The file, as a stream.")
            answers = {(str(status), media): file for status in self.stated.statuses for media in self.stated.media}
        return {**answers, "default": default}

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        shape = field_shape(field)
        if shape is None:
            return super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        return or_null(shape) if field.allow_null else shape
