"""The one base of every /v1 view: who may call, and how answers look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.conf import settings
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.views import APIView

from . import envelope
from .errors import InvalidRequest, NotFound, Unauthenticated
from .plaintext import refuse_plaintext

if TYPE_CHECKING:
    from datetime import datetime

    from rest_framework.request import Request
    from rest_framework.serializers import Serializer

    SerializerType = TypeVar("SerializerType", bound=Serializer[Any])


@dataclass(frozen=True, slots=True)
class Credential:
    """What a caller presented, kept for this request alone: scopes idempotency, elevation, link tokens."""

    kind: str
    secret: bytes = field(repr=False)
    record: Any = field(repr=False)


class ApiView(APIView):
    """Refuses callers without a credential unless `public`; offers the body validated and the answer enveloped."""

    public: ClassVar[bool] = False
    refused_members: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Negotiates, authenticates, and insists on a caller. Raises NotFound for what no database could look up."""
        _refuse_two_credentials(request)
        super().initial(request, *args, **kwargs)
        if not self.public:
            credential_of(request)
        if any("\0" in str(value) for value in kwargs.values()):
            raise NotFound

    def body(self, request: Request, serializer_class: type[Serializer[Any]]) -> dict[str, Any]:
        """The body's validated members. Raises InvalidRequest, InvalidJson, PlaintextSecretRefused."""
        data = request.data if isinstance(request.data, dict) else {}
        refuse_plaintext(data, also=self.refused_members)
        serializer = serializer_class(data=data)
        serializer.is_valid(raise_exception=True)
        validated: dict[str, Any] = serializer.validated_data
        return validated

    def answer(self, data: Any, status: int = 200) -> Response:
        """A success in the envelope."""
        return Response(envelope.success(data), status=status)

    def now(self) -> datetime:
        """The time this request acts at."""
        return timezone.now()


def _refuse_two_credentials(request: Request) -> None:
    """Two Authorization headers reach us as one with a comma, which neither a token nor a Basic pair has (api.md, "Callers")."""
    given = request.headers.get("Authorization", "")
    if given.lower().startswith(("bearer ", "basic ")) and len({part.strip() for part in given.split(",")}) > 1:
        raise InvalidRequest("Two different credentials came in one request. Send one Authorization header.")


def credential_of(request: Request) -> Credential:
    """What the caller presented. Raises Unauthenticated without a credential."""
    presented: Any = request.auth
    if not isinstance(presented, Credential):
        raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
    return presented


def address(request: Request) -> str:
    """The caller's network address, as the server in front reports it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def own_origin(request: Request) -> str:
    """Which of the relay's own origins the caller reached; always one of the configured ones."""
    reached = f"{request.scheme}://{request.get_host()}"
    return reached if reached in settings.RELAY_ORIGINS else settings.RELAY_ORIGINS[0]
