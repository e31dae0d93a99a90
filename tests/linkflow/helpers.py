"""Opening and approving link sessions over HTTP, as apps and browsers do."""

from __future__ import annotations

from typing import Any

from tests.factories import SANDBOX_KEY, Approval, Person, Product, make_approval

ASKED = {"requestedProviders": ["sandbox", "openai"], "budgetSuggestionCents": 500}
OPENAI_KEY = "sk-" + "proj-example-0123456789"


def code(response: Any) -> str:
    """The error's code."""
    return str(response.json()["error"]["code"])


def data(response: Any, status: int = 200) -> Any:
    """The answer's data, after a look at the status."""
    assert response.status_code == status, response.content
    return response.json()["data"]


def open_session(product: Product, **over: Any) -> dict[str, Any]:
    """A link session's answer, with its connection id read as the Link pages read it."""
    session: dict[str, Any] = data(product.call("POST", "/v1/link/sessions", {**ASKED, **over}), 201)
    return session


def read_session(session: dict[str, Any]) -> dict[str, Any]:
    """What the Link pages are told."""
    from tests.factories import call

    read: dict[str, Any] = data(call("GET", "/v1/link/session", Authorization=f"Bearer {session['linkToken']}"))
    return read


def approval_for(person: Person, session: dict[str, Any], keys: dict[str, str] | None = None, budget_cents: int = 1000) -> Approval:
    """What the person's browser makes of this session."""
    read = read_session(session)
    keys = keys or {"sandbox": SANDBOX_KEY}
    return make_approval(person, session["linkToken"], read["connectionId"], read["app"]["clientId"], keys, budget_cents)


def authorize(person: Person, approval: Approval, **over: Any) -> Any:
    """POST /v1/link/authorize, elevated."""
    return person.call("POST", "/v1/link/authorize", {**approval.body, **over}, elevated=True)


def exchange(product: Product, public_token: str, **body: Any) -> Any:
    """POST /v1/link/exchange."""
    return product.call("POST", "/v1/link/exchange", {"publicToken": public_token, **body})
