"""Idempotency-Key: the same request answered once, even after a restart (api.md, "Everywhere").

Records live in the `durable` cache. An answer that holds a secret is kept ten minutes, sealed under a key derived from the
presented credential and the idempotency key; after that and until 24 h the record only says that the request was done.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import re
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings
from django.core.cache import caches
from django.db import Error as DatabaseFault
from django.db import connection
from rest_framework.response import Response

from relay.crypto import aead, labels

from .errors import Conflict, IdempotencyMismatch, InvalidRequest, ServiceUnavailable
from .logging import trace_without_values
from .views import credential_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from rest_framework.request import Request

    from .views import ApiView

    Method = Callable[..., Response]

log = logging.getLogger(__name__)
KEPT = timedelta(hours=24)
# How long an unfinished request (its process killed) keeps repeats away, where doing it twice hands out nothing.
LEASE = timedelta(seconds=60)
SECRET_KEPT = timedelta(minutes=10)
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def idempotent(*, holds_secret: bool = False) -> Callable[[Method], Method]:
    """Decorates a view method: with the header, the method runs once per (credential, method, path, key).

    The same key and body answer the first answer again; another body raises IdempotencyMismatch; while the first still runs,
    or once a secret answer is gone, Conflict. A refusal is not remembered: it changed nothing.
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def wrapper(view: ApiView, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = request.headers.get("Idempotency-Key")
            if key is None:
                return method(view, request, *args, **kwargs)
            if not _KEY.fullmatch(key):
                raise InvalidRequest(fields={"Idempotency-Key": ["Must be 1 to 255 printable characters."]})
            record = _Record(request, key, view.now(), holds_secret=holds_secret)
            replayed = record.claim()
            if replayed is not None:
                return replayed
            try:
                response = method(view, request, *args, **kwargs)
            except Exception:
                with _logged():
                    record.forget()
                raise
            with _logged():  # it is done: a caller who got no answer could not learn so
                record.keep(response)
            return response

        return wrapper

    return decorate


@contextmanager
def _logged() -> Iterator[None]:
    """What befalls the record alone must not change what the caller is told."""
    try:
        yield
    except DatabaseFault as error:
        log.warning("an idempotency record was not written: %s", trace_without_values(error))


class _Record:
    """One remembered request."""

    def __init__(self, request: Request, key: str, now: datetime, *, holds_secret: bool) -> None:
        self.now = now
        self.holds_secret = holds_secret
        self.cache = caches["durable"]
        # Not orjson: what a caller sends may hold integers and surrogates that it can't write, and is refused only later.
        self.body_hash = hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).hexdigest()
        scope = b"\0".join([credential_of(request).secret, str(request.method).encode(), request.path.encode(), key.encode()])
        self.name = "idempotent:" + hashlib.sha256(scope).hexdigest()
        self.sealing_key = aead.derive(scope, labels.IDEMPOTENT_ANSWER)

    def claim(self) -> Response | None:
        """None if this request is the first; else its answer. Raises IdempotencyMismatch, Conflict, ServiceUnavailable."""
        lease = KEPT if self.holds_secret else LEASE
        if self.cache.add(self.name, {"body": self.body_hash}, timeout=lease.total_seconds()):
            return None
        kept: dict[str, Any] | None = self.cache.get(self.name)
        if kept is None:  # a busy database keeps no claim and says nothing; or the first was refused just now
            raise ServiceUnavailable(headers={"Retry-After": "1"})
        if kept["body"] != self.body_hash:
            raise IdempotencyMismatch
        if "answer" not in kept:
            raise Conflict("The first request with this idempotency key is still running, or did not finish.")
        if self.holds_secret and self.now.timestamp() >= kept["secretUntil"]:
            raise Conflict("This was done already; its answer held a secret and is no longer kept.")
        data = orjson.loads(aead.open_blob(self.sealing_key, self.name.encode(), kept["answer"]))
        return Response(data, status=kept["status"], headers={"Idempotent-Replayed": "true"})

    def keep(self, response: Response) -> None:
        """Remember the answer, sealed."""
        answer = aead.seal(self.sealing_key, self.name.encode(), orjson.dumps(response.data))
        record = {
            "body": self.body_hash,
            "status": response.status_code,
            "answer": answer,
            "secretUntil": (self.now + SECRET_KEPT).timestamp(),
        }
        self.cache.set(self.name, record, timeout=KEPT.total_seconds())

    def forget(self) -> None:
        """Let the request be sent again."""
        self.cache.delete(self.name)


def sweep(now: datetime) -> int:
    """Delete what the `durable` cache keeps no longer, which it never does by itself; answers how many rows went."""
    table = connection.ops.quote_name(settings.CACHES["durable"]["LOCATION"])
    with connection.cursor() as cursor:
        ended = connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [ended])  # noqa: S608 (a table's name of the settings)
        return int(cursor.rowcount)
