"""What can go wrong on the user's side. Messages are fit to show and say what to do next; none holds a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from onerelay.errors import OneRelayError
from onerelay.user.crypto.errors import CryptoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from onerelay.user.crypto.passwords import PasswordRefusal
    from onerelay.user.reseals import Reseal

T = TypeVar("T")

NO_ANSWER: Final = {
    "network_unreachable": "The relay can’t be reached. Check its address and your network, then try again.",
    "network_timeout": "The relay took too long to answer. Try again in a moment.",
    "unreadable_answer": "What answered there is no 1Relay, or its answer was cut off. Check the relay’s address.",
}
_SESSION_ENDED = {"unauthenticated", "invalid_token", "token_expired"}
_WORDS: Final = {
    "vault_locked": "The vault is locked. Unlock it with the master password.",
    "wrong_password": "That is not the email and master password of an account here.",
    "tampered": "Something stored for your account was altered or damaged, and was not used.",
    "kdf_lowered": "The relay asks for a weaker protection of your password than before. Nothing was sent.",
    "other_origin": "This relay calls itself by another address than the one you gave. Nothing was sent.",
    "bad_origin": "That is no relay’s address. Give it like https://relay.example.",
    "insecure_origin": "A relay is reached by https (plain http only on this machine). Nothing was sent.",
    "password_refused": "This password can’t be used.",
    "email_refused": "That is not an email address.",
    "kit_refused": "That is not a recovery code. It has eight groups of four letters and digits.",
    "wrong_kit": "This recovery code does not open an account with this email. Check both; a newer kit replaces older ones.",
    "provider_key_refused": "That can’t be a provider key: it must be 8 to 512 visible characters without spaces.",
    "no_such_key": "There is no key of this provider in your vault. Add one first.",
    "key_exists": "There is a key of this provider in your vault already. Replace it instead.",
    "connections_changed": "Other connections use this key than those you were shown. Look at the list, then try again.",
    "not_requested": "Choose at least one of the providers that were asked for, and no other.",
    "not_usable": "This connection has ended, or has not begun; it can’t be changed.",
    "unsure_outcome": "The relay gave no clear answer, so it may or may not have been done.",
}
_PASSWORD_WORDS: Final = {
    "too_short": "Choose a longer password: at least 12 characters.",
    "too_common": "This password is on a list of common ones, which are tried first. Choose another.",
    "not_text": "This password has characters that can’t be typed again.",
}


class UserError(OneRelayError):
    """Anything that the user's side refuses or fails at. `code` is stable, `message` a sentence fit to show."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RelayError(UserError):
    """The relay said no, or gave no usable answer (`status` 0 where there was none). Never refers to the request."""

    def __init__(self, code: str, status: int, message: str, request_id: str | None = None, details: dict[str, Any] | None = None) -> None:
        super().__init__(code, message)
        self.status = status
        self.request_id = request_id
        self.details = details or {}

    @property
    def is_unsure(self) -> bool:
        """Whether the deed may have been done all the same."""
        return self.status == 0 or self.status >= 500 or self.code == "unreadable_answer"

    @property
    def ends_session(self) -> bool:
        """Whether the relay no longer knows the session that asked."""
        return self.code in _SESSION_ENDED


class DeviceError(UserError):
    """This device said no, before or after talking to the relay."""

    def __init__(self, code: str, message: str | None = None, *, reseals: tuple[Reseal, ...] = ()) -> None:
        super().__init__(code, message or _WORDS[code])
        self.reseals = reseals
        """With `connections_changed`: what replacing the key means now."""


def no_answer(code: str, status: int = 0) -> RelayError:
    """The error of an answer that never came or can't be read; `code` is one of NO_ANSWER."""
    return RelayError(code, status, NO_ANSWER[code])


def password_refused(reason: PasswordRefusal) -> DeviceError:
    """The error of a new password that is too weak."""
    return DeviceError("password_refused", _PASSWORD_WORDS[reason])


def else_refused(code: str, step: Callable[[], T]) -> T:
    """Run a step on given data; what is malformed or does not open becomes DeviceError `code`, without its cause."""
    try:
        return step()
    except CryptoError:
        pass
    raise DeviceError(code)


def else_tampered(step: Callable[[], T]) -> T:
    """Run a step on data from the relay; what does not open or is malformed becomes DeviceError `tampered`."""
    return else_refused("tampered", step)
