"""One relay for each file of tests, and every official SDK, in Python and in JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.test.utils import setup_databases, teardown_databases

from tests.sdks.every import EVERY
from tests.sdks.javascript import end_node
from tests.sdks.world import World, running_world

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

    from tests.sdks.asking import Sdk


@pytest.fixture(scope="session")
def database(django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A test database; pytest-django makes one only for tests that are marked for a flush after each."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
        yield
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session", autouse=True)
def node_ends() -> Iterator[None]:
    """The Node process of the JavaScript SDKs, if there is one, ends with the tests."""
    yield
    end_node()


@pytest.fixture(scope="module")
def running(database: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The parties, for all tests of a file."""
    with django_db_blocker.unblock(), running_world() as world:
        yield world


@pytest.fixture
def world(running: World) -> Iterator[World]:
    """The parties as if new; what a test undid of them is put right again."""
    running.begin()
    with running.undone:
        yield running


@pytest.fixture(params=EVERY, ids=lambda sdk: sdk.id)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    """Each SDK in turn."""
    given: Sdk = request.param
    return given
