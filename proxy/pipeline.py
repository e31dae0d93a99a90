"""The story of one proxied call: grant → hold → open → send → relay → settle. The only place where a provider key exists.

The key is a local variable and parameter of the functions here, for one call; it is in no attribute, log or exception.
Every way out of `run` settles the hold or releases it, and closes the connection to the provider.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import orjson

from linkflow import grants
from proxy import sse
from proxy.body import steps, visit
from proxy.booking import Booking
from proxy.heavy import is_heavy, work_on
from proxy.liveness import Ended, Lifeline
from proxy.meter import AnswerMeter, StreamMeter
from proxy.quote import quote_of
from proxy.scrub import scrub, scrub_chunk, scrub_headers
from proxy.splice import set_member
from proxy.translate import TranslatedStream, translated
from proxy.upstream import UpstreamFailed, chunks, header_line, media_type, request_headers, response_headers, whole
from relay.core.errors import ConnectionUnusable, ProviderUnreachable, ServiceUnavailable
from relay.crypto.connection_keys import open_held_key, open_sealed_key
from relay.crypto.errors import CryptoError
from relay.providers import registry

if TYPE_CHECKING:
    from linkflow.grants import Admission
    from proxy.http1 import Connection
    from proxy.liveness import Watch
    from proxy.parse import Call
    from proxy.quote import Quote
    from proxy.reply import Header, Reply
    from proxy.request import Caller, Receive, Request
    from proxy.upstream import Client


FIRST_BYTE_SECONDS = 600.0
"""Reasoning models answer late; provider SDKs themselves wait ten minutes (openai-python 3.54)."""
IDLE_SECONDS = 300.0
_LAST_WORDS_SECONDS: Final = 0.5
"""How long a client that does not read may keep the end of its stream waiting."""


@dataclass(frozen=True, slots=True)
class Service:
    """What a process keeps for all calls."""

    client: Client
    watch: Watch


async def run(call: Call, caller: Caller, request: Request, receive: Receive, reply: Reply, service: Service) -> None:
    """Make the call and answer it.

    Writes: a hold, then its ledger entry or release; `needsAttention` where the key turns out to be in trouble.
    Raises: ApiError as long as nothing has been answered.
    """
    now = datetime.now(UTC)
    quote = quote_of(call, now)
    lifeline, booking = service.watch.lifeline(receive), None
    try:
        admission = await grants.admit(caller.token_hash, quote.terms(call, reply.request_id), now)
        booking = Booking(call, quote.worst, quote.rates, admission)
        lifeline.admitted(grants.UnderWay(admission.connection_id, now.date()), booking if call.streams else None)
        key = await _open(call, caller, admission, now)
        await _exchange(_Exchange(call, request, reply, service.client, lifeline, booking, quote, admission, now), key)
    finally:
        lifeline.close()
        service.watch.remove(lifeline)
        if booking is not None:
            booking.broken_off(None, None, "interrupted")


@dataclass(slots=True)
class _Exchange:
    """Everything about one call that is no secret."""

    call: Call
    request: Request
    reply: Reply
    client: Client
    lifeline: Lifeline
    booking: Booking
    quote: Quote
    admission: Admission
    began_at: datetime

    def affordable_limit(self) -> int | None:
        """The lowered output limit, where the hold is smaller than the worst case."""
        if self.quote.worst is None or self.quote.rates is None or self.quote.worst.most == 0:
            return None
        if self.admission.granted_nanos >= self.quote.worst_nanos:
            return None
        return self.quote.worst.affordable_limit(self.quote.rates, self.admission.granted_nanos)

    def headers(self, answer: Connection, key: bytes, limit: int | None) -> list[Header]:
        """The headers of the answer: the provider's allowed ones without the key, and ours."""
        headers = scrub_headers(response_headers(self.call.provider, answer), key)
        if limit is not None:
            headers.append((b"x-1relay-output-limited", b"%d" % limit))
        return headers

    def money_headers(self) -> list[Header]:
        """Cost and what is left, once booked."""
        return [
            (b"x-1relay-cost-micros", b"%d" % self.booking.cost_micros),
            (b"x-1relay-budget-remaining-micros", b"%d" % self.booking.remaining_micros),
        ]


async def _open(call: Call, caller: Caller, admission: Admission, now: datetime) -> bytes:
    """The provider key. Raises ConnectionUnusable, having charged nothing and told the user, if it can't be had."""
    try:
        connection_key = open_held_key(caller.token, admission.connection_id, admission.held_key)
        return open_sealed_key(connection_key, admission.connection_id, call.provider.id, admission.sealed_key).encode("ascii")
    except CryptoError:
        await grants.mark_needs_attention(admission, call.provider.id, "connection_unusable", now)
        raise ConnectionUnusable from None


async def _exchange(exchange: _Exchange, key: bytes) -> None:
    """Send, and relay what comes back, whole or as a stream."""
    call, booking = exchange.call, exchange.booking
    limit = exchange.affordable_limit()
    body = call.body if limit is None else await work_on(is_heavy(call.body), _limited, call, limit)
    auth = call.provider.auth
    headers = request_headers(call, exchange.request)
    headers.append(header_line(auth.header, f"{auth.scheme} {key.decode()}" if auth.scheme else key.decode()))
    exchange.lifeline.expect_within(FIRST_BYTE_SECONDS)
    answer = None
    try:
        with exchange.lifeline:  # raises at once if the client left while the call waited to be admitted
            booking.send_begins()
            answer = await exchange.client.send(call, body, headers)
        if answer.status == 200 and media_type(answer) == b"text/event-stream":
            await _relay_stream(exchange, answer, key, limit)
        else:
            await _relay_whole(exchange, answer, key, limit)
    except UpstreamFailed as failed:
        if failed.reached:
            booking.broken_off(None, None, failed.error.code)
        else:
            booking.release()
        raise failed.error from None
    except Ended as ended:
        booking.broken_off(None, None, "client_gone" if ended.error is None else ended.error.code)
        if ended.error is not None:
            raise ended.error from None
    finally:
        if answer is not None:
            answer.close()


def _limited(call: Call, limit: int) -> bytes:
    """The body with its output limits lowered to `limit`; where it has none, one is set."""
    rules = call.provider.rules[call.facts.rules or ""].output_limit
    body = call.body
    if rules is not None:
        given = [field for field in rules.fields if _is_given(call, field)]
        also = [field for field in rules.also if _is_given(call, field)]
        for field in [*(given or [rules.inject]), *also]:
            body = set_member(body, steps(field, call.provider.aliases), limit)
    return body


def _is_given(call: Call, field: str) -> bool:
    return any(value is not None for value in visit(call.members, steps(field, call.provider.aliases)))


async def _relay_whole(exchange: _Exchange, answer: Connection, key: bytes, limit: int | None) -> None:
    with exchange.lifeline:
        body = scrub(await whole(answer), key)
    headers = exchange.headers(answer, key, limit)
    if answer.status >= 300:
        await _pass_refusal(exchange, answer.status, headers, body)
        return
    call, reply = exchange.call, exchange.reply
    meter = AnswerMeter(None if call.facts.is_free else registry.meter(call.facts.meter))
    is_object = meter.read(body) is not None
    exchange.booking.answered(answer.status, meter)
    await _key_works(exchange)
    if call.translation is not None:
        body = await work_on(is_heavy(body), translated, call.translation, body)
    if reply.door == "chat":
        if not is_object:
            raise ProviderUnreachable("The provider answered with something that is not JSON.")
        body = b'{"success":true,"data":' + body + b"}"
    with suppress(Ended), exchange.lifeline:
        await reply.whole(answer.status, [*headers, *exchange.money_headers()], body)


async def _relay_stream(exchange: _Exchange, answer: Connection, key: bytes, limit: int | None) -> None:
    """Pass on a stream as it comes, and book it however it ends."""
    call, reply, booking = exchange.call, exchange.reply, exchange.booking
    kind = None if call.facts.is_free else registry.meter(call.facts.meter)
    ours = reply.door != "passthrough"
    meter = StreamMeter(kind, whole_events=ours or call.drops_usage, drops_usage=call.drops_usage)
    booking.follow(meter)
    last = b""
    try:
        with exchange.lifeline:
            headers = [*exchange.headers(answer, key, limit), exchange.money_headers()[1], (b"x-accel-buffering", b"no")]
            await reply.start(200, headers)
            await _forward(exchange, answer, key, meter)
    except UpstreamFailed as failed:
        booking.broken_off(200, meter, failed.error.code)
        if not ours:
            return  # cut off, as the provider did it
        last = reply.error_event(failed.error)
    except Ended as ended:
        booking.broken_off(200, meter, "client_gone" if ended.error is None else ended.error.code)
        if ended.error is None:
            return
        last = (b"\n\n" if meter.is_inside_event else b"") + reply.error_event(ended.error)
    except asyncio.CancelledError:
        booking.broken_off(200, meter, "interrupted")
        raise
    else:
        _book_stream(booking, meter)
        if meter.error is None:
            await _key_works(exchange)
    if ours or call.provider.stream_comment:
        last += sse.comment(f"1relay cost-micros={booking.cost_micros} budget-remaining-micros={booking.remaining_micros}")
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_WORDS_SECONDS):
            await reply.end(last)


async def _forward(exchange: _Exchange, answer: Connection, key: bytes, meter: StreamMeter) -> None:
    reply, lifeline = exchange.reply, exchange.lifeline
    translation = exchange.call.translation
    into = None if translation is None else TranslatedStream(translation)
    held = b""
    async for chunk in chunks(answer):
        lifeline.expect_within(IDLE_SECONDS)
        clean, held = scrub_chunk(held + chunk if held else chunk, key)
        passed = meter.feed(clean)
        if into is not None:
            passed = into.feed(passed)
        if passed:
            await reply.more(passed)
    passed = (meter.feed(held) if held else b"") + meter.end()
    if into is not None:
        passed = into.feed(passed) + into.end()
    if passed:
        await reply.more(passed)


async def _key_works(exchange: _Exchange) -> None:
    """Where the key was in trouble before, note that it is no more. A call that costs nothing does not tell whether there is credit."""
    if exchange.admission.trouble is not None and not exchange.call.facts.is_free:
        with suppress(ServiceUnavailable):  # the next call that works tells it as well
            await grants.mark_works_again(exchange.admission, exchange.call.provider.id, exchange.began_at)


def _book_stream(booking: Booking, meter: StreamMeter) -> None:
    """Book a stream that came to its end, which may have been an error the provider reported inside of it."""
    if meter.error is None:
        booking.answered(200, meter)
    elif meter.usage is None and not meter.seen_tokens:
        booking.refused(200, "provider_error")
    else:
        booking.broken_off(200, meter, "provider_error")


async def _pass_refusal(exchange: _Exchange, status: int, headers: list[Header], body: bytes) -> None:
    """Pass on an error of the provider's, and note if it means that the key is in trouble."""
    call, reply = exchange.call, exchange.reply
    exchange.booking.refused(status, f"provider_{status}")
    for trouble in call.provider.key_troubles:
        if trouble.status == status and (trouble.contains is None or trouble.contains.encode() in body):
            now = datetime.now(UTC)
            await grants.mark_needs_attention(exchange.admission, call.provider.id, trouble.code, now)
            break
    headers = [*headers, (b"x-1relay-provider-error", call.provider.id.encode()), *exchange.money_headers()]
    if reply.door != "passthrough":
        if status < 400:
            raise ProviderUnreachable("The provider answered with a redirect, which is not followed.")
        headers, body = _as_json(headers, status, body)
    with suppress(Ended), exchange.lifeline:
        await reply.whole(status, headers, body)


def _as_json(headers: list[Header], status: int, body: bytes) -> tuple[list[Header], bytes]:
    """The provider's error as it is, if it is a JSON object; else one in OpenAI's shape that says what came."""
    try:
        if isinstance(orjson.loads(body), dict):
            return headers, body
    except orjson.JSONDecodeError:
        pass
    message = f"The provider answered {status} with something that is not JSON."
    plain = [(b"content-type", b"application/json"), *(header for header in headers if header[0] != b"content-type")]
    return plain, orjson.dumps({"error": {"message": message, "type": "provider_error", "param": None, "code": None}})
