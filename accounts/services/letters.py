"""What a mail says: templates/mail/<kind>.txt, whose first line is the subject, and the same words as plain HTML.

In a template paragraphs stand between empty lines; one of the form "Label: address" is the mail's one link. Nothing is loaded
from anywhere, so nobody learns whether a mail was read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from relay.crypto.email_tokens import make_email_token

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Activity, Mail, User

_LINK: Final = re.compile(r"(?P<label>[^:]+): (?P<address>https?://\S+)")
# A mail program makes a link of "evil.example": what other people named must not become one.
_LINKLIKE: Final = re.compile(r"(?<=\S)([.:/@])(?=\S)")
_NO_BREAK: Final = "\u2060"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text, or (with an address) the mail's link."""

    text: str
    address: str = ""


def letter(mail: Mail, now: datetime) -> EmailMultiAlternatives:
    """The message of a mail whose `user` and `activity` are loaded; a link that confirms an address is minted here."""
    origin = settings.RELAY_ORIGINS[0]
    if mail.activity is None:
        kind, context = "verify_email", {"token": _token(mail.user, now)}
    else:
        kind, context = mail.activity.kind, _context(mail.activity)
    written = render_to_string(f"mail/{kind}.txt", {"origin": origin, "host": urlsplit(origin).hostname, **context})
    subject, _, text = written.strip().partition("\n")
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=text.strip() + "\n",
        to=[mail.user.email],
        headers={"Message-ID": f"<mail-{mail.pk}@{urlsplit(origin).hostname}>", "Auto-Submitted": "auto-generated"},
    )
    html = render_to_string("mail/frame.html", {"subject": message.subject, "paragraphs": _paragraphs(text)})
    message.attach_alternative(html, "text/html")
    return message


def _context(done: Activity) -> dict[str, str]:
    return {
        "device": done.device,
        "subject": _inert(done.subject),
        "id": done.subject_id,
        "detail": _inert(done.detail),
        "at": f"{done.at.astimezone(UTC):%-d %B %Y at %H:%M} UTC",
    }


def _inert(named: str) -> str:
    return _LINKLIKE.sub(rf"\1{_NO_BREAK}", " ".join(named.split()))


def _token(user: User, now: datetime) -> str:
    return make_email_token(settings.RELAY_SERVER_SECRET.reveal(), user.pk, user.email, int(now.timestamp()))


def _paragraphs(text: str) -> list[Paragraph]:
    found = []
    for block in re.split(r"\n\s*\n", text.strip()):
        words = " ".join(block.split())
        link = _LINK.fullmatch(words)
        found.append(Paragraph(link["label"], link["address"]) if link else Paragraph(words))
    return found
