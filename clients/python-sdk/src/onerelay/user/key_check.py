"""Whether a key works at its provider: the calls and outcomes of the relay's own pages, from the same facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from onerelay.user.errors import RelayError
from onerelay.user.personal import TrialCall

if TYPE_CHECKING:
    from onerelay.user.api import Json, RawAnswer
    from onerelay.user.personal import Send
    from onerelay.user.providers import Provider
    from onerelay.user.vault import UnlockedVault

Tone = Literal["good", "warn", "bad"]
GOOD = frozenset({"works", "accepted", "unproven", "skipped"})
_ABOUT_THE_KEY = frozenset(
    {
        "no_scope", "no_credit", "admin_key", "refused", "refused_or_no_credit",
        "account_blocked", "address_blocked", "region", "not_allowed", "busy",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """An outcome, and what is said of it to a person."""

    outcome: str
    tone: Tone
    title: str
    text: str


def check_key(vault: UnlockedVault, provider: Provider, api_key: str) -> Said:
    """Try a key at its provider through a trial connection. The relay sees the key for these calls.

    Raises: RelayError where the session has ended; DeviceError provider_key_refused.
    """
    try:
        with vault.trial(provider.id, api_key) as send:
            outcome = calls_for(provider, send)
    except RelayError as error:
        # Trying is an offer: that it fails must not keep anybody from saving a key.
        if error.ends_session:
            raise
        outcome = "relay_failed"
    return said_of(outcome, provider.name)


def calls_for(provider: Provider, send: Send) -> str:
    """The free check, and where that can't tell all, the smallest generation; answers the outcome."""
    check = provider.facts["check"]
    answer = send(TrialCall(check["method"], check["path"], check["headers"]))
    meaning = meaning_of(provider, answer)
    if meaning not in {None, "no_list"}:
        return str(meaning)
    listed = answer.text if check["listsModels"] and meaning is None else None
    unproven = "check" in provider.facts["doubts"]
    return _generation(provider, listed, send) or ("unproven" if unproven else "accepted")


def meaning_of(provider: Provider, answer: RawAnswer) -> str | None:
    """What an answer means; None if it is no refusal."""
    if answer.relay_code is not None:
        return "unreachable" if answer.relay_code in {"provider_unreachable", "provider_timeout"} else "relay_failed"
    for told in provider.facts["answers"]:
        if told["status"] == answer.status and re.search(told["matches"] or "", answer.text, re.IGNORECASE):
            return str(told["outcome"])
    if answer.status < 300:
        return None
    for trouble in provider.facts["troubles"]:
        if trouble["status"] == answer.status and (trouble["contains"] or "") in answer.text:
            return "no_credit" if trouble["code"] == "key_quota_exhausted" else "refused"
    return _by_status(answer.status)


def said_of(outcome: str, name: str) -> Said:
    """What is said of an outcome; `name` is the provider's."""
    tone, title, text = _WORDS[outcome]
    return Said(outcome, tone, title.format(name=name), text.format(name=name))


def _generation(provider: Provider, listed: str | None, send: Send) -> str | None:
    trial = provider.facts["trial"]
    model = _trial_model(trial, listed)
    if trial is None or model is None:
        return None
    body = {**trial["body"], "model": model} if "model" in trial["body"] else trial["body"]
    path = str(trial["path"]).replace("{model}", model)
    answer = send(TrialCall("POST", path, provider.facts["check"]["headers"], body))
    meaning = meaning_of(provider, answer)
    if meaning is None:
        return "works"
    return meaning if meaning in _ABOUT_THE_KEY else None


def _trial_model(trial: Json | None, listed: str | None) -> str | None:
    """The first of the trial's models that the list names; with no list to look at, the first of all."""
    for model in trial["models"] if trial else []:
        if listed is None or f'"{model}"' in listed or f'/{model}"' in listed:
            return str(model)
    return None


def _by_status(status: int) -> str:
    known = {401: "refused", 402: "no_credit", 403: "not_allowed", 429: "busy"}
    return known.get(status, "provider_down" if status >= 500 else "unclear")


# The words of the relay's own pages; a test compares them.
_WORDS: dict[str, tuple[Tone, str, str]] = {
    "works": ("good", "The key works.", "A model of {name} answered."),
    "accepted": ("good", "{name} accepts the key.", "Whether the account has credit shows only when a model is used."),
    "unproven": (
        "good",
        "{name} had nothing against the key.",
        "We could not confirm that this proves it; the first use will show.",
    ),
    "no_scope": (
        "bad",
        "This key may not use models.",
        "{name} knows it, but it lacks the permission. Change its permissions there, or make another key.",
    ),
    "no_credit": (
        "warn",
        "The account has no credit left.",
        "{name} knows the key, but the account is out of credit or at its spend limit. Add credit there; the key itself can stay.",
    ),
    "admin_key": (
        "bad",
        "This key manages an account.",
        "It can’t use models, and is too powerful to give to apps. Make an ordinary key instead.",
    ),
    "refused": (
        "bad",
        "{name} refuses the key.",
        "It may be mistyped, deleted or expired. Copy it again, or make another one.",
    ),
    "refused_or_no_credit": (
        "bad",
        "{name} refuses the key.",
        "It answers so to a wrong key, and when the credit is used up. Check the balance there, then copy the key again.",
    ),
    "account_blocked": (
        "bad",
        "The account or project is blocked.",
        "{name} refuses its calls, whatever the key. Look for a notice there.",
    ),
    "address_blocked": (
        "bad",
        "The key is tied to other addresses.",
        "{name} accepts it only from places set for it, and the relay is none of them. Lift that restriction, or make a key without one.",
    ),
    "region": (
        "bad",
        "Not available from where this relay runs.",
        "{name} refused the relay’s place or network, not the key. Another key won’t help here.",
    ),
    "not_allowed": (
        "warn",
        "{name} does not allow the call.",
        "The key may lack a permission, or the account or region is not allowed to use models.",
    ),
    "busy": (
        "warn",
        "{name} is holding the account back.",
        "Too many calls were made lately, so it answered nothing else about the key. Try again in a minute, or save the key as it is.",
    ),
    "provider_down": (
        "warn",
        "{name} has trouble of its own.",
        "That says nothing about the key. Try again in a moment, or save the key as it is.",
    ),
    "unclear": (
        "warn",
        "{name} gave an answer we don’t know.",
        "That says nothing sure about the key. You can save it and see.",
    ),
    "unreachable": (
        "warn",
        "{name} can’t be reached.",
        "The relay got no answer from there. Try again in a moment, or save the key as it is.",
    ),
    "relay_failed": (
        "warn",
        "The key could not be tried.",
        "The relay refused or did not answer. Try again in a moment, or save the key as it is.",
    ),
    "skipped": ("warn", "The key was not tried.", "The first use will show whether it works."),
}
