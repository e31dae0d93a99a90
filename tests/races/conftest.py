"""One database, one provider and a few relay processes for all the races of a module; every race has a budget of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.races.parties import Books, Fleet, books
from tests.races.provider import CountingProvider

ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")
RELAYS = 3 if ON_POSTGRES else 2
BUDGET_CENTS = 10
_MOST_RACES = 100


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rounds`: how often each race is run; `--seed`: the first round's, printed where a race fails."""
    parser.addoption("--rounds", type=int, default=1)
    parser.addoption("--seed", type=int, default=None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what takes `round_number` once a round."""
    if "round_number" in metafunc.fixturenames:
        metafunc.parametrize("round_number", range(metafunc.config.getoption("--rounds", 1)))


@dataclass
class Course:
    """Where races are run. `budgets` are connections nobody has used yet."""

    books: Books
    fleet: Fleet
    provider: CountingProvider
    budgets: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """The database that this stage of the tests is about, and relays on it."""
    folder: Path = tmp_path_factory.mktemp("races")
    with CountingProvider() as provider, books(folder, postgres=ON_POSTGRES) as own:
        made = own.ask("open", budgets=[BUDGET_CENTS] * _MOST_RACES)
        fleet = Fleet(own, provider.base)
        try:
            fleet.start(RELAYS)
            yield Course(own, fleet, provider, made)
        finally:
            fleet.stop()


@pytest.fixture
def seed(request: pytest.FixtureRequest, round_number: int) -> int:
    """What everything random in a race comes from."""
    given: int | None = request.config.getoption("--seed", None)
    drawn = secrets.randbits(32) if given is None else given + round_number
    print(f"--seed {drawn}")
    return drawn
