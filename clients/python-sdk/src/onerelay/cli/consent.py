"""What a person is shown before they approve: who asks, where the answer goes, for what and for how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from onerelay.cli.terminal import clean, pairs
from onerelay.cli.words import dollars, when

if TYPE_CHECKING:
    from rich.table import Table

    from onerelay.user.approval import LinkChoice, LinkRequest

_LIMITS = {
    "dailyCents": "A day",
    "requestsPerMinute": "Calls a minute",
    "concurrency": "Calls at once",
    "models": "Only models",
    "expiresAt": "Until",
}


def headline(request: LinkRequest, origin: str | None) -> Text:
    """Where the approval goes, first and large; the name anybody can choose, after it."""
    where = Text.assemble(("\n  ", ""), (clean(origin or "An app you connected before"), "bold reverse"), "\n")
    checked = (
        ("  verified: the relay has asked its site\n", "green")
        if request.verified
        else ("  not verified: anybody can choose this name\n", "yellow")
    )
    return where + Text.assemble("  calls itself ", (clean(request.app_name), "bold"), f" ({clean(request.client_id)})\n", checked)


def terms(request: LinkRequest, choice: LinkChoice, connection: dict[str, Any] | None) -> Table:
    """What it would get. `connection`: the one an update changes."""
    rows: list[tuple[str, object]] = [
        ("Asks for", ", ".join(request.requested)),
        ("You give", ", ".join(choice.providers) or "nothing new"),
    ]
    if connection is None:
        rows.append(("Budget a month", "the app suggests none" if choice.budget_cents is None else dollars(choice.budget_cents)))
    elif choice.budget_cents is not None:
        rows.append(("Budget a month", f"now {dollars(connection['budgetCents'])}, then {dollars(choice.budget_cents)}"))
    else:
        rows.append(("Budget a month", f"stays {dollars(connection['budgetCents'])}"))
    rows += [(label, _limit(name, (choice.limits or {}).get(name))) for name, label in _LIMITS.items() if (choice.limits or {}).get(name)]
    if (choice.limits or {}).get("allowUnpriced"):
        rows.append(("Also", "models without a known price, which no budget can hold back exactly"))
    if request.website:
        rows.append(("Says its site is", request.website))
    return pairs(rows)


def _limit(name: str, value: Any) -> str:
    if name == "expiresAt":
        return when(value)
    if name == "dailyCents":
        return dollars(value)
    return ", ".join(value) if isinstance(value, list) else str(value)
