"""/v1/keys."""

from typing import Any

import pytest

from linkflow.models import Connection, SealedKey
from relay.crypto import connection_keys
from relay.crypto.device import connections as device
from relay.crypto.device import vault
from relay.crypto.encoding import b64u_encode
from tests.factories import SANDBOX_KEY, Linked, Person, make_connection, make_person
from tests.linkflow.helpers import OPENAI_KEY, code, data
from vault.models import VaultItem

pytestmark = pytest.mark.django_db
NEW_KEY = "sk-" + "proj-replaced-0123456789"


def item_of(person: Person, api_key: str = OPENAI_KEY) -> dict[str, Any]:
    sealed = vault.seal_vault_item(person.vault_key, "openai", {"apiKey": api_key, "label": "work"})
    return {"provider": "openai", "ciphertext": sealed}


def put(person: Person, body: dict[str, Any]) -> Any:
    return person.call("POST", "/v1/keys", body, elevated=True)


def reseal(linked: Linked, api_key: str = NEW_KEY) -> dict[str, str]:
    blob = device.seal_key(linked.connection_key, linked.connection.pk, "openai", api_key)
    return {"connectionId": linked.connection.pk, "sealedKey": blob}


def test_it_works() -> None:
    ada, mallory = make_person(), make_person()
    made = data(put(ada, item_of(ada)), 201)
    listed = data(ada.call("GET", "/v1/keys"))["items"]
    assert listed == [made]
    assert vault.open_vault_item(ada.vault_key, "openai", listed[0]["ciphertext"])["apiKey"] == OPENAI_KEY
    assert data(mallory.call("GET", "/v1/keys"))["items"] == []
    assert code(mallory.call("DELETE", "/v1/keys/openai", elevated=True)) == "not_found"


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a key in clear by name": ({"apiKey": "x"}, "plaintext_secret_refused"),
    "a key in clear by another name": ({"key": "x"}, "plaintext_secret_refused"),
    "a key in clear as ciphertext": ({"ciphertext": "sk-ant-" + "api03-" + "a" * 93 + "AA"}, "plaintext_secret_refused"),
    "a key in clear in any member": ({"note": ["gsk_" + "a" * 52]}, "plaintext_secret_refused"),
    "a padded blob": ({"ciphertext": "AAAA" * 20 + "AA=="}, "invalid_request"),
    "a short blob": ({"ciphertext": "AAAA"}, "invalid_request"),
    "an unknown provider": ({"provider": "acme"}, "unsupported_provider"),
    "a malformed provider": ({"provider": "../x"}, "invalid_request"),
    "a re-seal of nothing": ({"sealedKeys": [{"connectionId": "con_0000000000000000000000", "sealedKey": "A" * 60}]}, "conflict"),
}


@pytest.mark.parametrize(("over", "expected"), BAD.values(), ids=BAD.keys())
def test_it_rejects(over: dict[str, Any], expected: str) -> None:
    ada = make_person()
    assert code(put(ada, {**item_of(ada), **over})) == expected
    assert not VaultItem.objects.exists()


def test_writes_need_elevation() -> None:
    ada = make_person()
    assert code(ada.call("POST", "/v1/keys", item_of(ada))) == "reauth_required"
    data(put(ada, item_of(ada)), 201)
    assert code(ada.call("DELETE", "/v1/keys/openai")) == "reauth_required"
    assert VaultItem.objects.count() == 1


def linked_twice(person: Person) -> tuple[Linked, Linked]:
    both = {"openai": OPENAI_KEY, "sandbox": SANDBOX_KEY}
    return make_connection(person, keys=both), make_connection(person, keys={"openai": OPENAI_KEY})


def test_replacing_reseals_exactly_the_connections_that_use_it() -> None:
    ada = make_person()
    data(put(ada, item_of(ada)), 201)
    one, two = linked_twice(ada)
    make_connection(keys={"openai": OPENAI_KEY})
    SealedKey.objects.filter(connection=one.connection, provider="openai").update(attention_code="key_invalid")
    wanted = {one.connection.pk, two.connection.pk}
    for wrong in ({}, {"sealedKeys": [reseal(one)]}, {"sealedKeys": [reseal(one), reseal(two)], "dropConnections": [two.connection.pk]}):
        response = put(ada, {**item_of(ada, NEW_KEY), **wrong})
        assert code(response) == "conflict"
        assert set(response.json()["error"]["details"]["connections"]) == wanted
    assert vault.open_vault_item(ada.vault_key, "openai", VaultItem.objects.get().ciphertext)["apiKey"] == OPENAI_KEY
    data(put(ada, {**item_of(ada, NEW_KEY), "sealedKeys": [reseal(one), reseal(two)]}), 200)
    for linked in (one, two):
        seal = SealedKey.objects.get(connection=linked.connection, provider="openai")
        assert seal.attention_code is None
        opened = connection_keys.open_sealed_key(linked.connection_key, linked.connection.pk, "openai", seal.blob)
        assert opened == NEW_KEY


def test_a_dropped_connection_loses_the_provider_or_ends() -> None:
    ada = make_person()
    data(put(ada, item_of(ada)), 201)
    one, two = linked_twice(ada)
    data(put(ada, {**item_of(ada, NEW_KEY), "dropConnections": [one.connection.pk, two.connection.pk]}), 200)
    assert list(SealedKey.objects.filter(connection=one.connection).values_list("provider", flat=True)) == ["sandbox"]
    assert Connection.objects.get(pk=one.connection.pk).status == "active"
    assert Connection.objects.get(pk=two.connection.pk).status == "revoked"


def test_deleting_takes_the_sealed_copies_along() -> None:
    ada = make_person()
    data(put(ada, item_of(ada)), 201)
    one, two = linked_twice(ada)
    other = make_connection(keys={"openai": OPENAI_KEY})
    answer = data(ada.call("DELETE", "/v1/keys/openai", elevated=True))
    assert answer == {"deleted": True, "connectionsAffected": 2}
    assert set(SealedKey.objects.values_list("connection_id", "provider")) == {
        (one.connection.pk, "sandbox"),
        (other.connection.pk, "openai"),
    }
    assert Connection.objects.get(pk=two.connection.pk).status == "revoked"
    assert code(ada.call("DELETE", "/v1/keys/openai", elevated=True)) == "not_found"


def test_lists_never_hold_what_is_inside() -> None:
    ada = make_person()
    data(put(ada, item_of(ada)), 201)
    assert OPENAI_KEY.encode() not in ada.call("GET", "/v1/keys").content
    assert b64u_encode(OPENAI_KEY.encode()).encode() not in ada.call("GET", "/v1/keys").content


def test_a_label_is_changed_without_touching_seals_or_dates() -> None:
    ada = make_person()
    before = data(put(ada, item_of(ada)), 201)
    linked = make_connection(ada, keys={"openai": OPENAI_KEY})
    blob = SealedKey.objects.get(connection=linked.connection).blob
    body = {"ciphertext": item_of(ada)["ciphertext"], "previousCiphertext": before["ciphertext"]}
    after = data(ada.call("PATCH", "/v1/keys/openai", body, elevated=True))
    assert after == {**before, "ciphertext": body["ciphertext"], "lastUsedAt": after["lastUsedAt"]}
    assert SealedKey.objects.get(connection=linked.connection).blob == blob
    assert code(ada.call("PATCH", "/v1/keys/openai", body)) == "reauth_required"
    assert code(ada.call("PATCH", "/v1/keys/groq", body, elevated=True)) == "not_found"
    assert code(make_person().call("PATCH", "/v1/keys/openai", body, elevated=True)) == "not_found"


def test_a_label_does_not_undo_a_replacement() -> None:
    ada = make_person()
    read = data(put(ada, item_of(ada)), 201)
    now = data(put(ada, item_of(ada, NEW_KEY)))
    body = {"ciphertext": read["ciphertext"], "previousCiphertext": read["ciphertext"]}
    assert code(ada.call("PATCH", "/v1/keys/openai", body, elevated=True)) == "conflict"
    assert data(ada.call("GET", "/v1/keys"))["items"][0]["ciphertext"] == now["ciphertext"]
