"""Activities in the words of the page: a sentence, what it was about, and where to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from accounts.services.activity import GROUPS, KINDS

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Activity

SENTENCES: Final = {
    "registered": "This account was created",
    "signed_in": "Signed in",
    "new_device": "Signed in on a device not seen before",
    "session_ended": "{subject} was signed out",
    "password_changed": "The master password was changed",
    "recovery_set": "A recovery kit was made",
    "recovered": "The account was recovered with the kit",
    "email_verified": "{subject} was confirmed",
    "exported": "Data was exported",
    "cap_changed": "The cap over all apps was changed",
    "auto_lock_changed": "Automatic locking was changed",
    "key_added": "{subject} key was added",
    "key_replaced": "{subject} key was replaced",
    "key_relabelled": "{subject} key got another label",
    "key_deleted": "{subject} key was deleted",
    "key_failing": "{subject} key stopped working",
    "connection_approved": "{subject} was approved",
    "connection_changed": "{subject} was changed",
    "connection_paused": "{subject} was paused",
    "connection_resumed": "{subject} was resumed",
    "connection_revoked": "{subject} was revoked",
    "connection_expired": "{subject} expired",
    "connection_lapsed": "The approval of {subject} lapsed",
    "budget_threshold": "{subject} used 80 % of its budget",
    "budget_exhausted": "{subject} used up its budget",
    "app_created": "{subject} was registered as your app",
    "app_changed": "Your app {subject} was changed",
    "app_secret_rotated": "Your app {subject} got a new secret",
    "app_webhook_secret_made": "Webhooks of {subject} got a signing secret",
    "app_webhooks_disabled": "Webhooks of {subject} were stopped",
    "app_webhooks_enabled": "Webhooks of {subject} were enabled again",
    "app_deleted": "Your app {subject} was deleted",
}
_WITHOUT_SUBJECT: Final = {
    "session_ended": "A device was signed out",
    "budget_threshold": "80 % of the cap over all apps is used",
    "budget_exhausted": "The cap over all apps is used up",
}
_ICONS: Final = {"security": "shield", "keys": "key", "connections": "link", "budgets": "chart", "developer": "app"}
_ALARMING: Final = frozenset({"new_device", "key_failing", "budget_exhausted", "recovered", "app_webhooks_disabled"})
GROUP_OF: Final = {kind: group for group, kinds in GROUPS.items() for kind in kinds}


@dataclass(frozen=True, slots=True)
class Line:
    """One activity as the page shows it; `href` is "" where there is nothing to look at."""

    id: str
    at: datetime
    sentence: str
    detail: str
    device: str
    icon: str
    alarming: bool
    href: str


def line_of(done: Activity) -> Line:
    """An activity in words; one of a kind that this version no longer knows by its subject alone."""
    template = SENTENCES.get(done.kind, KINDS.get(done.kind, done.subject))
    shown = template.replace("{subject}", done.subject) if done.subject else _WITHOUT_SUBJECT.get(done.kind, template)
    rest = [] if "{subject}" in template or not done.subject else [done.subject]
    return Line(
        id=done.pk,
        at=done.at,
        sentence=shown,
        detail=" · ".join([*rest, *([done.detail] if done.detail else [])]),
        device=done.device,
        icon="warning" if done.kind in _ALARMING else _ICONS.get(GROUP_OF.get(done.kind, ""), "activity"),
        alarming=done.kind in _ALARMING,
        href=_href(done),
    )


def _href(done: Activity) -> str:
    if done.subject_id.startswith("con_") and done.kind != "connection_lapsed":
        return f"/connections/{done.subject_id}"
    if done.kind.startswith("app_webhook"):
        return f"/apps/{done.subject_id}/webhooks"
    if done.subject_id.startswith("app_") and done.kind != "app_deleted":
        return f"/apps/{done.subject_id}"
    if done.kind in {"new_device", "session_ended", "password_changed", "recovery_set", "recovered", "auto_lock_changed"}:
        return "/security"
    return "/keys" if done.kind in {"key_added", "key_replaced", "key_relabelled", "key_failing"} else ""
