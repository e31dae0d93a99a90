"""/v1/auth: prelogin, register, login, unlock, lock, sessions (api.md, "Accounts")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.response import Response

from accounts import authentication, serializers
from accounts.models import UserSession
from accounts.services import browsers, challenges, login, registration, sessions
from relay.core import ratelimit
from relay.core.errors import Forbidden
from relay.core.times import rfc3339
from relay.core.views import ApiView, address, credential_of, own_origin

if TYPE_CHECKING:
    from datetime import timedelta

    from rest_framework.request import Request

BY_ADDRESS = ratelimit.Limit("auth-address", 300, 300)
BY_EMAIL_AND_ADDRESS = ratelimit.Limit("auth-email-address", 60, 300)
# Far above the other: whoever has a few addresses must not be able to keep a person out.
BY_EMAIL = ratelimit.Limit("auth-email", 3000, 300)
UNLOCKS = ratelimit.Limit("unlocks", 60, 300)
REGISTRATIONS = ratelimit.Limit("registrations", 100, 3600)


class PublicAuthView(ApiView):
    """Calls made before there is a session: throttled by address."""

    public = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Counts the call against its address first."""
        super().initial(request, *args, **kwargs)
        ratelimit.check(BY_ADDRESS, address(request), self.now())


class SessionView(ApiView):
    """Calls of a signed-in user."""

    authentication_classes = [authentication.UserAuthentication]


class CookieSessionView(SessionView):
    """Calls that only the cookie session of a page can make."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses bearer tokens."""
        super().initial(request, *args, **kwargs)
        if authentication.session_of(request).kind != UserSession.COOKIE:
            raise Forbidden("Only the relay's own pages keep a vault open between pages.")


class Prelogin(PublicAuthView):
    """POST /v1/auth/prelogin"""

    def post(self, request: Request) -> Response:
        """Derivation parameters and a challenge, alike for known and unknown emails."""
        email = self.body(request, serializers.PreloginBody)["email"]
        kdf = login.prelogin_kdf(email)
        challenge, expires_at = challenges.issue(email, self.now())
        return self.answer(
            {
                "origin": own_origin(request),
                "kdf": kdf,
                "challenge": challenge,
                "challengeExpiresAt": rfc3339(expires_at),
            }
        )


class Register(PublicAuthView):
    """POST /v1/auth/register"""

    def post(self, request: Request) -> Response:
        """A new account, signed in."""
        ratelimit.check(REGISTRATIONS, address(request), self.now())
        body = self.body(request, serializers.RegisterBody)
        kind = session_kind(request)
        given = registration.Registration(
            email=body["email"],
            kdf=body["kdf"],
            login_public_key=body["loginPublicKey"],
            register_proof=body["registerProof"],
            wrapped_vault_key=body["wrappedVaultKey"],
            recovery_public_key=body.get("recoveryPublicKey"),
            recovery_vault_key=body.get("recoveryVaultKey"),
        )
        opened = registration.sign_up(given, kind, request.headers.get("User-Agent", ""), self.now(), authentication.device_cookie(request))
        return signed_in(opened, serializers.present_signed_in(opened), 201)


class Login(PublicAuthView):
    """POST /v1/auth/login"""

    def post(self, request: Request) -> Response:
        """A session for whoever holds the login key."""
        body = self.body(request, serializers.LoginBody)
        ratelimit.check(BY_EMAIL_AND_ADDRESS, f"{body['email']} {address(request)}", self.now())
        ratelimit.check(BY_EMAIL, body["email"], self.now())
        kind = session_kind(request)
        agent = request.headers.get("User-Agent", "")
        opened = login.sign_in(
            body["email"], body["challenge"], body["loginProof"], kind, agent, self.now(), authentication.device_cookie(request)
        )
        user = opened.session.user
        data = serializers.present_signed_in(opened) | {"kdf": login.present_kdf(user.kdf), "wrappedVaultKey": user.wrapped_vault_key}
        return signed_in(opened, data, 200)


class Unlock(SessionView):
    """POST /v1/auth/unlock"""

    def post(self, request: Request) -> Response:
        """The wrapped vault key and a fresh elevation for a fresh proof."""
        body = self.body(request, serializers.UnlockBody)
        session = authentication.session_of(request)
        user = session.user
        ratelimit.check(UNLOCKS, session.pk, self.now())
        login.log_in(user.email, body["challenge"], body["loginProof"], self.now())
        elevation = sessions.elevate(session, self.now())
        data = {
            "kdf": login.present_kdf(user.kdf),
            "wrappedVaultKey": user.wrapped_vault_key,
            "elevation": elevation,
            "elevatedUntil": rfc3339(session.elevated_until),
        }
        return self.answer(data | csrf_of(session))


class SessionKey(CookieSessionView):
    """GET /v1/auth/session-key"""

    def get(self, request: Request) -> Response:
        """What opens the browser's kept vault, while it is not locked; to nobody else's page."""
        if "Sec-Fetch-Site" in request.headers or "Origin" in request.headers:
            authentication.check_same_origin(request)
        key, locks_at = sessions.session_key(authentication.session_of(request), credential_of(request).secret.decode(), self.now())
        return self.answer({"sessionKey": key, "locksAt": rfc3339(locks_at)})


class Lock(CookieSessionView):
    """POST /v1/auth/lock"""

    def post(self, request: Request) -> Response:
        """Forgets the session's secret and elevation."""
        sessions.lock(authentication.session_of(request))
        return self.answer({})


class Logout(SessionView):
    """POST /v1/auth/logout"""

    def post(self, request: Request) -> Response:
        """Ends the calling session."""
        session = authentication.session_of(request)
        sessions.end(session, session.pk, self.now())
        return authentication.signed_out(self.answer({}), session)


class Me(SessionView):
    """GET /v1/auth/me"""

    def get(self, request: Request) -> Response:
        """Who is signed in."""
        user = authentication.user_of(request)
        data = {
            "user": serializers.present_user(user),
            "sessionId": authentication.session_of(request).pk,
            "kdf": login.present_kdf(user.kdf),
            "hasRecovery": user.recovery_public_key is not None,
            "autoLockMinutes": user.auto_lock_minutes,
        }
        return self.answer(data | csrf_of(authentication.session_of(request)))


class Sessions(SessionView):
    """GET and DELETE /v1/auth/sessions"""

    def get(self, request: Request) -> Response:
        """The user's signed-in devices."""
        current = authentication.session_of(request)
        rows = sessions.sessions_of(authentication.user_of(request), self.now())
        items = [serializers.present_session_row(row, current) for row in rows]
        return self.answer({"items": items, "nextCursor": None})

    def delete(self, request: Request) -> Response:
        """Signs every other device out."""
        return self.answer({"ended": sessions.end_others(authentication.session_of(request), self.now())})


class OneSession(SessionView):
    """DELETE /v1/auth/sessions/:id"""

    def delete(self, request: Request, session_id: str) -> Response:
        """Signs one device out."""
        sessions.end(authentication.session_of(request), session_id, self.now())
        return self.answer({})


def session_kind(request: Request) -> str:
    """Cookie for the relay's own pages, bearer for everybody else. Raises OriginNotAllowed."""
    if request.headers.get("X-1Relay-Cookie") != "1" or request.headers.get("Sec-Fetch-Site") != "same-origin":
        return UserSession.BEARER
    authentication.check_same_origin(request)
    return UserSession.COOKIE


def signed_in(opened: sessions.Opened, data: dict[str, Any], status: int) -> Response:
    """The answer that makes a session: cookies (it, and its browser's) and a CSRF token, or a bearer token; never both."""
    if opened.session.kind == UserSession.BEARER:
        return Response({"success": True, "data": data | {"token": opened.token}}, status=status)
    response = Response({"success": True, "data": data | csrf_of(opened.session)}, status=status)
    _set_cookie(response, authentication.COOKIE, opened.token, sessions.AT_MOST)
    if opened.browser is not None:
        _set_cookie(response, authentication.DEVICE_COOKIE, opened.browser.cookie, browsers.KEPT)
    return response


def _set_cookie(response: Response, name: str, value: str, kept: timedelta) -> None:
    age = int(kept.total_seconds())
    response.set_cookie(name, value, max_age=age, secure=settings.RELAY_HTTPS, httponly=True, samesite="Lax", path="/")


def csrf_of(session: UserSession) -> dict[str, str]:
    """`csrfToken` for cookie sessions; nothing for bearers."""
    return {"csrfToken": sessions.csrf_token(session)} if session.kind == UserSession.COOKIE else {}
