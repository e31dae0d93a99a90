"""What the sandbox can be made to do, each by a key that is no secret: spec/sandbox.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from relay.providers.registry import SPEC_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = SPEC_FILE.with_name("sandbox.json")
UNTIL: Final = "works until"
_SECONDS: Final = "SECONDS"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome: its published key, what the sandbox does with it, the error it answers, the budget it needs (US cents)."""

    name: str
    key: str
    behaviour: str
    description: str
    answer: dict[str, Any] | None = None
    budget_cents: int | None = None

    def key_until(self, seconds: int) -> str:
        """The key; one that dies does so at this Unix time."""
        return self.key.replace(_SECONDS, str(seconds))


@cache
def outcomes() -> Mapping[str, Outcome]:
    """All by name, in the order of the file."""
    read = json.loads(FILE.read_text(encoding="utf-8"))["outcomes"]
    return {one["name"]: Outcome(budget_cents=one.pop("budgetCents", None), **one) for one in read}


def outcome_of(key: str, seconds: float) -> Outcome:
    """What a key makes happen at this Unix time; as the wrong key does, where it is none of ours."""
    for outcome in outcomes().values():
        if outcome.behaviour != UNTIL and outcome.key == key:
            return outcome
        prefix = outcome.key.removesuffix(_SECONDS)
        ends = key.removeprefix(prefix)
        if outcome.behaviour == UNTIL and key.startswith(prefix) and len(ends) == 10 and ends.isascii() and ends.isdigit():
            return outcomes()["works" if seconds < int(ends) else "invalid"]
    return outcomes()["invalid"]
