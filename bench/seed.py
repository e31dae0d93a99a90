"""Fills a fresh database with people and connections, and prints their access tokens into a file.

python -m bench.seed FILE, with the environment of the relay to be measured. The keys are sealed as a browser seals them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

USERS = 4
CONNECTIONS = 16
BUDGET_CENTS = 100_000_000
PROVIDER_KEY = "sk-proj-" + "onlyforbenchmarks0000000000000000000000000000000"


def seed(file: Path) -> None:
    """Make the connections, four to a user, and write one access token a line."""
    from tests.factories import make_app, make_connection, make_person  # noqa: PLC0415 (needs Django set up)

    people = [make_person() for _ in range(USERS)]
    product = make_app(people[0].user)
    made = [
        make_connection(people[number % USERS], product, keys={"openai": PROVIDER_KEY}, budget_cents=BUDGET_CENTS)
        for number in range(CONNECTIONS)
    ]
    file.touch(mode=0o600)
    file.write_text("".join(f"{linked.access_token}\n" for linked in made))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay.settings")
    django.setup()
    seed(Path(sys.argv[1]))
