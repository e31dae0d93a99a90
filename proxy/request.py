"""A request as it came in: its line and headers, the credential in it, and its body, read within limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from proxy.heavy import LIGHT_BYTES, is_heavy
from relay.core.errors import BodyTooLarge, InvalidRequest, InvalidToken, Unauthenticated, UnsupportedMediaType
from relay.crypto.errors import BadToken
from relay.crypto.tokens import ACCESS_TOKEN, CheckedToken, check_new_hash, check_token, digest_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from proxy.liveness import Watch

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Check = Callable[[], Awaitable[object]]

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
BODY_SECONDS = 60.0
_CREDENTIAL_HEADERS: Final = (b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key")
_QUERY_CREDENTIALS: Final = frozenset({"key", "api_key", "api-key", "apikey", "access_token", "token", "oauth_token"})


class ClientGone(Exception):
    """The caller has closed the connection; nobody is there to be answered."""


@dataclass(slots=True)
class Caller:
    """The access token a request presents, and the digest it is looked up by."""

    token: CheckedToken = field(repr=False)
    token_hash: bytes = field(repr=False)


class Request:
    """The line and headers of one request. Cookies are never read here."""

    __slots__ = ("_headers", "method", "path", "query", "raw_headers")

    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        self.method: str = scope["method"]
        self.path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.query: bytes = scope["query_string"]
        self.raw_headers: list[tuple[bytes, bytes]] = scope["headers"]
        self._headers = dict(self.raw_headers)

    def header(self, name: bytes) -> str | None:
        """A header's value; the last one where there are several."""
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    def is_encoded(self) -> bool:
        """Whether any header, of those that may be there, says that the body is compressed."""
        if b"content-encoding" not in self._headers:
            return False
        return any(name == b"content-encoding" and value.lower() != b"identity" for name, value in self.raw_headers)

    def caller(self, *, any_header: bool) -> Caller:
        """The caller. On passthrough the token may stand in any of the headers that provider SDKs use.

        Raises Unauthenticated, InvalidToken, and InvalidRequest for two different credentials.
        """
        given = {_credential(name, value) for name, value in self.raw_headers if name in _CREDENTIAL_HEADERS}
        if len(given) > 1:
            raise InvalidRequest("Two different credentials came in one request. Send the access token in one header.")
        if not given or not (any_header or b"authorization" in self._headers):
            raise Unauthenticated("Send the connection's access token as `Authorization: Bearer 1r_at_…`.")
        token = given.pop()
        try:
            checked = check_token(token, ACCESS_TOKEN)
            return Caller(checked, check_new_hash(digest_token(checked)))
        except BadToken:
            raise InvalidToken("This is not a valid access token. Send the one your server got at exchange.") from None


def check_no_credential_in(query: list[tuple[str, str]]) -> None:
    """Raise InvalidRequest where a query parameter carries a credential: addresses end up in logs."""
    if any(name.lower() in _QUERY_CREDENTIALS for name, _ in query):
        raise InvalidRequest(
            "Credentials in the address end up in logs, so `?key=` is refused. "
            "Send the access token in a header: Authorization, x-api-key, x-goog-api-key or api-key."
        )


async def read_json_body(request: Request, receive: Receive, check: Check, watch: Watch) -> tuple[bytes, bool]:
    """The whole body of a request that must be JSON, and whether it is heavy to read.

    `check` looks the caller up, and is awaited before more than LIGHT_BYTES are read, or a body is answered that is heavy to
    parse: nobody without a grant takes up memory or time. All other callers are looked up at admission, and only there.
    Raises UnsupportedMediaType, BodyTooLarge, InvalidRequest (too slow), ClientGone, and what `check` raises.
    """
    media_type = (request.header(b"content-type") or "").split(";")[0].strip().lower()
    if media_type != "application/json" or request.is_encoded():
        raise UnsupportedMediaType
    length = request.header(b"content-length")
    if length and length.isdigit() and int(length) > MAX_BODY_BYTES:
        raise _too_large()
    try:
        with watch.patience(BODY_SECONDS):
            return await _read(receive, check)
    except TimeoutError:
        raise InvalidRequest(f"The body did not arrive within {BODY_SECONDS:.0f} seconds.") from None


async def _read(receive: Receive, check: Check) -> tuple[bytes, bool]:
    parts, size, is_checked = [], 0, False
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY_BYTES:
            raise _too_large()
        if size > LIGHT_BYTES and not is_checked:
            await check()
            is_checked = True
        if not message.get("more_body"):
            break
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    heavy = is_checked or is_heavy(body)
    if heavy and not is_checked:
        await check()
    return body, heavy


def _credential(name: bytes, value: bytes) -> str:
    text = value.decode("latin-1").strip()
    if name != b"authorization":
        return text
    scheme, _, token = text.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Use `Authorization: Bearer` with the connection's access token.")
    return token.strip()


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"The request body is larger than {MAX_BODY_BYTES // (1024 * 1024)} MiB.")
