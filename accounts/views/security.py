"""/v1/auth: changing the password, recovery, automatic locking (api.md, "Accounts")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import authentication, security_serializers, serializers
from accounts.services import auto_lock, login, password, recovery
from accounts.views.auth import BY_EMAIL, BY_EMAIL_AND_ADDRESS, PublicAuthView, SessionView, session_kind, signed_in
from relay.core import ratelimit
from relay.core.views import address

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

    from accounts.services import sessions

# By person, not session: a change opens a new session, and each writes mail.
CHANGES = ratelimit.Limit("security-changes", 20, 3600)


class Password(SessionView):
    """PUT▲ /v1/auth/password"""

    def put(self, request: Request) -> Response:
        """A new password, and a new session in place of every one there was."""
        body = self.body(request, security_serializers.PasswordBody)
        authentication.require_elevation(request)
        session = authentication.session_of(request)
        ratelimit.check(CHANGES, session.user_id, self.now())
        new = security_serializers.new_login_of(body)
        given = password.NewPassword(body["challenge"], body["passwordProof"], new, body["registerProof"])
        agent = request.headers.get("User-Agent", "")
        return _let_in(
            password.change_password(session, given, session_kind(request), agent, self.now(), authentication.device_cookie(request))
        )


class Recovery(SessionView):
    """PUT▲ /v1/auth/recovery"""

    def put(self, request: Request) -> Response:
        """A recovery key; the one before stops working."""
        body = self.body(request, security_serializers.RecoveryBody)
        authentication.require_elevation(request)
        session = authentication.session_of(request)
        ratelimit.check(CHANGES, session.user_id, self.now())
        recovery.set_recovery(session, security_serializers.new_recovery_of(body), self.now())
        return self.answer({})


class RecoverRead(PublicAuthView):
    """POST /v1/auth/recover/read"""

    def post(self, request: Request) -> Response:
        """The vault key as the recovery key wraps it, for whoever holds that key."""
        body = self.body(request, security_serializers.RecoverReadBody)
        _count(self, request, body["email"])
        found = recovery.read_recovery(body["email"], body["challenge"], body["recoverReadProof"], self.now())
        return self.answer({"recoveryVaultKey": found})


class Recover(PublicAuthView):
    """POST /v1/auth/recover"""

    def post(self, request: Request) -> Response:
        """A new password and recovery key for whoever holds the old recovery key, signed in."""
        body = self.body(request, security_serializers.RecoverBody)
        _count(self, request, body["email"])
        given = recovery.Recovery(
            email=body["email"],
            challenge=body["challenge"],
            recover_proof=body["recoverProof"],
            new=security_serializers.new_login_of(body),
            register_proof=body["registerProof"],
            new_recovery=security_serializers.new_recovery_of(body),
        )
        agent = request.headers.get("User-Agent", "")
        return _let_in(recovery.recover(given, session_kind(request), agent, self.now(), authentication.device_cookie(request)))


class AutoLock(SessionView):
    """PUT▲ /v1/auth/auto-lock"""

    def put(self, request: Request) -> Response:
        """After how many idle minutes vaults lock, on every device."""
        body = self.body(request, security_serializers.AutoLockBody)
        authentication.require_elevation(request)
        auto_lock.set_auto_lock(authentication.session_of(request), body["minutes"], self.now())
        return self.answer({"autoLockMinutes": body["minutes"]})


def _count(view: PublicAuthView, request: Request, email: str) -> None:
    """Together with logins: neither is a way around the other's limit."""
    ratelimit.check(BY_EMAIL_AND_ADDRESS, f"{email} {address(request)}", view.now())
    ratelimit.check(BY_EMAIL, email, view.now())


def _let_in(opened: sessions.Opened) -> Response:
    user = opened.session.user
    unwrapping = {"kdf": login.present_kdf(user.kdf), "wrappedVaultKey": user.wrapped_vault_key}
    return signed_in(opened, serializers.present_signed_in(opened) | unwrapping, 200)
