"""What the security page tells people to look for is what the browser sends, and its claims are those of the protocol."""

from __future__ import annotations

import re

from django.conf import settings

from accounts.serializers import RegisterBody
from linkflow.serializers import AuthorizeBody
from linkflow.services import sessions as link_sessions
from relay.core.plaintext import _NEVER
from tests.docs.reading import get
from vault.serializers import KeyBody

PAGE = (settings.BASE_DIR / "docs" / "site" / "security.md").read_text(encoding="utf-8")
TRUTH = "encrypted in your browser, unreadable at rest, and decrypted in memory for one call"


def names_in_step(number: int) -> set[str]:
    """Names of members that a step of the walk mentions."""
    found = re.search(rf"^{number}\. (.*?)^{number + 1}\. ", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return set(re.findall(r"`([a-z]+[A-Z]?\w*)`", found[1]))


def test_the_steps_name_what_is_in_the_requests() -> None:
    assert names_in_step(2) == {"register", *RegisterBody().fields}
    assert names_in_step(4) == {"keys", "provider", "ciphertext"}
    assert {"provider", "ciphertext"} == {name for name, field in KeyBody().fields.items() if field.required}
    sealed = {"publicTokenHash", "grantedKey", "ownerGrant", "sealedKeys", "budgetCents"}
    assert names_in_step(5) == {"authorize", *sealed}
    assert sealed <= set(AuthorizeBody().fields)


def test_no_body_has_a_member_for_what_is_said_never_to_leave() -> None:
    for body in (RegisterBody, KeyBody, AuthorizeBody):
        assert not set(body().fields) & {"password", "masterKey", "apiKey", "key"}
    assert {"password", "masterKey"} == _NEVER


def test_scripts_may_reach_this_relay_alone_as_the_page_says(db: None) -> None:
    assert "connect-src 'self'" in PAGE
    assert "connect-src 'self'" in get("/docs/security")["Content-Security-Policy"]


def test_it_never_claims_more_than_the_protocol() -> None:
    assert TRUTH in PAGE
    assert "zero-knowledge" not in PAGE.lower()
    assert f"| {link_sessions.KEPT.days} days |" in PAGE
    protocol = (settings.BASE_DIR / "spec" / "protocol.md").read_text(encoding="utf-8")
    assert "**yes, that connection's keys, and every later replacement while the connection lives.**" in protocol
    assert "**yes, the keys of that connection, and every later replacement while it lives.**" in PAGE
    for promised in ("malicious while it runs", "scripts come from its server", "Memory can’t be wiped", "does not change the vault’s key"):
        assert promised in PAGE
