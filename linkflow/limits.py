"""What a person approves besides providers: the monthly budget and the finer limits (api.md, `limits`)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from usage.services import BudgetLimits

if TYPE_CHECKING:
    from datetime import datetime

    from linkflow.models import Connection


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that bounds a connection; None is no bound. Cents, calls, names of models, an aware time."""

    budget_cents: int
    daily_cents: int | None = None
    requests_per_minute: int | None = None
    concurrency: int | None = None
    allowed_models: list[str] | None = None
    expires_at: datetime | None = None
    allow_unpriced: bool = False

    @classmethod
    def of(cls, connection: Connection) -> Terms:
        """The terms a connection has now."""
        return cls(**{field.name: getattr(connection, field.name) for field in fields(cls)})

    def changed(self, budget_cents: int | None, limits: dict[str, Any]) -> Terms:
        """These terms with a new budget and the given limits; a limit given as None is lifted."""
        given = dict(limits)
        if budget_cents is not None:
            given["budget_cents"] = budget_cents
        if "allow_unpriced" in limits:
            given["allow_unpriced"] = bool(limits["allow_unpriced"])
        return replace(self, **given)

    def only_lowers(self, old: Terms) -> bool:
        """Whether nothing here allows more than `old` did."""
        numbers = ("budget_cents", "daily_cents", "requests_per_minute", "concurrency", "expires_at")
        return (
            all(_at_most(getattr(self, name), getattr(old, name)) for name in numbers)
            and (old.allowed_models is None or set(self.allowed_models or ["\0"]) <= set(old.allowed_models))
            and (old.allow_unpriced or not self.allow_unpriced)
        )

    def apply(self, connection: Connection) -> list[str]:
        """Set them on a connection; answers the names of the columns, for `update_fields`."""
        for field in fields(self):
            setattr(connection, field.name, getattr(self, field.name))
        return [field.name for field in fields(self)]

    def budget_limits(self) -> BudgetLimits:
        """The part that the budget guards."""
        return BudgetLimits(
            monthly_cents=self.budget_cents,
            daily_cents=self.daily_cents,
            requests_per_minute=self.requests_per_minute,
            concurrency=self.concurrency,
        )


def _at_most(new: Any, old: Any) -> bool:
    return bool(old is None or (new is not None and new <= old))
