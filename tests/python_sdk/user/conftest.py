"""A relay of these tests' own, and machines on which somebody uses the command."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.demo_parties import App, Person
from scripts.demo_relay import running_relay
from tests.python_sdk.user.machines import PASSWORD, Machine


@pytest.fixture(scope="session")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its origin."""
    with running_relay(tmp_path_factory.mktemp("relay")) as origin:
        yield origin


@pytest.fixture
def new_machine(relay: str, tmp_path: Path) -> Callable[..., Machine]:
    """Makes machines on which nobody has logged in."""

    def make() -> Machine:
        return Machine(relay, tmp_path / secrets.token_hex(3))

    return make


@pytest.fixture
def machine(new_machine: Callable[..., Machine]) -> Machine:
    """One where a new person is logged in, with a key of the sandbox."""
    made = new_machine()
    made.register()
    made.done("keys", "add", "sandbox", "--key-stdin", "--no-check", typed="sandbox-key-" + "works\n", unlocked=True)
    return made


@pytest.fixture
def loopback_app(relay: str) -> Callable[[str], App]:
    """Registers an app whose redirect address is the given one."""

    def make(redirect_uri: str) -> App:
        developer = Person(relay, f"developer-{secrets.token_hex(4)}@example.com", PASSWORD)
        developer.register()
        body = {"name": "Quill\u202e for terminals", "allowedOrigins": ["http://localhost:3000"], "redirectUris": [redirect_uri]}
        made = developer.call("POST", "/v1/apps", body)
        return App(relay, made["clientId"], made["clientSecret"])

    return make
