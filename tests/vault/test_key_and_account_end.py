"""A key is put while its account is deleted: on PostgreSQL, whichever comes first, the account is gone and the key with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from accounts.models import User
from relay.crypto.device import vault
from tests.accounts.account_life import delete_body
from tests.factories import SANDBOX_KEY, Person, make_person
from tests.interleaving import just_after
from tests.linkflow.test_account_end import mentions
from usage.forgetting import forget_rows
from vault.models import VaultItem

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer and no row locks"),
]
ROUNDS = 4


def race(person: Person, *, end_first: bool) -> tuple[Any, Any]:
    """The answers to putting a key and to deleting the account, both let in before either goes on: freely, or the put when all is gone."""
    sealed = vault.seal_vault_item(person.vault_key, "sandbox", {"apiKey": SANDBOX_KEY, "label": ""})
    let_in, ended = threading.Barrier(2, timeout=20), threading.Event()

    def put_goes_on() -> None:
        let_in.wait()
        assert not end_first or ended.wait(20)

    def send(method: str, path: str, body: dict[str, Any], meanwhile: Callable[[], object]) -> Any:
        try:
            with just_after('SELECT "accounts_usersession"', meanwhile):
                return person.call(method, path, body, elevated=True)
        finally:
            connections.close_all()

    deletion = delete_body(person)
    with ThreadPoolExecutor(2) as both:
        put = both.submit(send, "POST", "/v1/keys", {"provider": "sandbox", "ciphertext": sealed}, put_goes_on)
        end = both.submit(send, "DELETE", "/v1/auth/account", deletion, let_in.wait)
        end.add_done_callback(lambda _: ended.set())
        return put.result(), end.result()


@pytest.mark.parametrize(("end_first", "answers"), [(False, (201, 401, 404, 409)), (True, (401,))])
def test_a_key_put_and_an_account_deleted_leave_nothing_behind(end_first: bool, answers: tuple[int, ...]) -> None:
    for _ in range(ROUNDS):
        ada = make_person()
        put, end = race(ada, end_first=end_first)
        assert put.status_code in answers, put.content
        assert end.status_code == 200, end.content
        forget_rows()
        assert mentions(ada.user.pk) == []
        assert not User.objects.filter(pk=ada.user.pk).exists()
    assert not VaultItem.objects.exists()
