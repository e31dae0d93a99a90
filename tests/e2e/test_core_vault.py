"""clients/core's unlocked vault against a running relay, in Chromium: keys, re-seals, approval, personal connections."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route

from scripts.demo_parties import App, Chat, Json, Person, Refused
from tests.e2e.conftest import Visit
from tests.e2e.core_bundles import build
from tests.e2e.core_pages import Browser, Tab

pytestmark = [pytest.mark.e2e, pytest.mark.long]

WORKS, INVALID = "sandbox-key-" + "works", "sandbox-key-" + "invalid"
OTHER_CLIENT = "1r_cid_" + "m" * 22
# As the keys page does it: with every connection that would get the key listed first.
PUT = "const shown = (await vault.reseals(it.provider)).map((one) => one.connectionId); return vault.putKey({ shown, ...it });"


@pytest.fixture
def browser(relay: str, new_visit: Callable[..., Visit]) -> Browser:
    """One person's browser."""
    build()
    return Browser(new_visit().context, relay)


@pytest.fixture
def owner(browser: Browser) -> Tab:
    """A person's tab with an unlocked, empty vault."""
    return browser.sign_up()[0]


@pytest.fixture
def new_app(relay: str, developer: Person) -> Callable[[], App]:
    """Registers apps."""

    def register() -> App:
        made = developer.call("POST", "/v1/apps", {"name": f"App {secrets.token_hex(3)}", "allowedOrigins": ["https://app.example"]})
        return App(relay, made["clientId"], made["clientSecret"])

    return register


def key(api_key: str = WORKS, **more: Any) -> Json:
    """What putKey is given."""
    return {"provider": "sandbox", "apiKey": api_key, "label": "mine", **more}


def link_session(owner: Tab, app: App, **asked: Any) -> Json:
    """What the Link window knows of a fresh link session."""
    opened = app.call("POST", "/v1/link/sessions", {"requestedProviders": ["sandbox"], **asked})
    read = "return account.api.get('/v1/link/session', {}, { bearer: it });"
    return {**owner.run(read, opened["linkToken"]), "linkToken": opened["linkToken"]}


def connect(owner: Tab, app: App) -> Json:
    """An approved and exchanged connection."""
    session = link_session(owner, app)
    choice = {"session": session, "choice": {"providers": ["sandbox"], "budgetCents": 500}}
    done = owner.run("return vault.authorize(it.session, it.choice);", choice)
    return dict(app.call("POST", "/v1/link/exchange", {"publicToken": done["publicToken"]}))


def works(relay: str, access_token: str) -> str | None:
    """None if a chat call is answered, else the code of its refusal ("provider" for the provider's own)."""
    try:
        Chat(relay, access_token).ask("Hello")
    except Refused as refused:
        return refused.code or "provider"
    return None


def test_a_key_is_added_shown_replaced_and_deleted_without_leaving_in_clear(owner: Tab) -> None:
    assert owner.run("return vault.listItems();") == []
    added = owner.run(PUT, key(INVALID))
    assert (added["created"], added["item"]["label"], added["item"]["damaged"]) == (True, "mine", False)
    replaced = owner.run(PUT, key(label="wörk"))
    assert (replaced["created"], replaced["resealed"], replaced["dropped"]) == (False, [], [])
    assert owner.run("return vault.revealKey('sandbox');") == WORKS
    assert [item["label"] for item in owner.run("return vault.listItems();")] == ["wörk"]
    assert owner.run("return vault.deleteKey('sandbox');") == {"deleted": True, "connectionsAffected": 0}
    assert owner.run("return vault.revealKey('sandbox');")["code"] == "no_such_key"
    everything = "".join(request.url + str(request.headers) + (request.post_data or "") for request in owner.sent)
    assert WORKS not in everything
    assert INVALID not in everything


def test_what_can_be_no_key_is_refused_before_anything_is_sent(owner: Tab) -> None:
    before = len(owner.sent)
    for bad in ("short", "has a space in it", "sandbox-key\r\nX-Evil: 1", "schlüssel-12345678"):
        assert owner.run("return vault.putKey(it);", key(bad))["code"] == "provider_key_refused"
    assert len(owner.sent) == before


def test_an_item_that_was_swapped_is_shown_as_damaged_and_never_used(owner: Tab) -> None:
    owner.run(PUT, key())
    owner.page.route("**/v1/keys?*", lambda route: _swap(route, "items", "provider", "groq"))
    assert owner.run("return vault.listItems();")[0]["damaged"] is True
    assert owner.run("return vault.revealKey('groq');")["code"] == "tampered"


def test_an_approved_app_calls_with_a_key_it_never_saw(owner: Tab, new_app: Callable[[], App], relay: str) -> None:
    owner.run(PUT, key())
    connection = connect(owner, new_app())
    assert connection["providers"] == ["sandbox"]
    assert works(relay, connection["accessToken"]) is None


def test_approval_refuses_what_was_not_asked_for_or_is_not_there(owner: Tab, new_app: Callable[[], App]) -> None:
    session = link_session(owner, new_app())
    approve = "return vault.approve(it.session, { providers: it.providers, budgetCents: 500 });"
    assert owner.run(approve, {"session": session, "providers": ["openai"]})["code"] == "not_requested"
    assert owner.run(approve, {"session": session, "providers": []})["code"] == "not_requested"
    assert owner.run(approve, {"session": session, "providers": ["sandbox"]})["code"] == "no_such_key"


def test_a_replaced_key_reaches_every_connection_that_was_not_dropped(owner: Tab, new_app: Callable[[], App], relay: str) -> None:
    owner.run(PUT, key(INVALID))
    kept, dropped = connect(owner, new_app()), connect(owner, new_app())
    assert works(relay, kept["accessToken"]) is not None
    assert {one["refused"] for one in owner.run("return vault.reseals('sandbox');")} == {None}
    done = owner.run(PUT, key(drop=[dropped["connectionId"]]))
    assert (done["resealed"], done["dropped"]) == ([kept["connectionId"]], [dropped["connectionId"]])
    assert works(relay, kept["accessToken"]) is None
    assert works(relay, dropped["accessToken"]) == "connection_revoked"


def test_a_connection_that_the_relay_slips_in_gets_no_new_key(owner: Tab, new_app: Callable[[], App]) -> None:
    owner.run(PUT, key())
    mine, other = connect(owner, new_app()), connect(owner, new_app())
    # The relay claims that the first connection's note is the second's, as if it belonged to another app's row.
    owner.page.route("**/v1/connections?*", lambda route: _give_note_of(route, mine["connectionId"], other["connectionId"]))
    plans = {one["connectionId"]: one["refused"] for one in owner.run("return vault.reseals('sandbox');")}
    assert plans == {mine["connectionId"]: None, other["connectionId"]: "tampered"}
    done = owner.run(PUT, key())
    assert (done["resealed"], done["dropped"]) == ([mine["connectionId"]], [other["connectionId"]])


def test_a_connection_under_another_apps_name_or_for_another_provider_is_refused(owner: Tab, new_app: Callable[[], App]) -> None:
    owner.run(PUT, key())
    connect(owner, new_app())
    owner.page.route("**/v1/connections?*", lambda route: _swap(route, "items", "app", {"name": "Mallory", "clientId": OTHER_CLIENT}))
    assert [one["refused"] for one in owner.run("return vault.reseals('sandbox');")] == ["other_client"]
    owner.page.unroute("**/v1/connections?*")
    owner.page.route("**/v1/connections?*", lambda route: route.continue_(url=route.request.url.replace("&provider=openai", "")))
    assert [one["refused"] for one in owner.run("return vault.reseals('openai');")] == ["not_approved"]


def test_a_connection_the_person_was_not_shown_gets_no_new_key(owner: Tab, new_app: Callable[[], App], relay: str) -> None:
    owner.run(PUT, key(INVALID))
    connection = connect(owner, new_app())
    unseen = "return vault.putKey(it).catch((error) => ({ code: error.code, names: error.reseals.map((one) => one.connectionId) }));"
    assert owner.run(unseen, key()) == {"code": "connections_changed", "names": [connection["connectionId"]]}
    # Neither does one that the first look didn't find, and the relay's refusal names.
    stale = {"success": True, "data": {"items": [], "nextCursor": None}}
    owner.page.route("**/v1/connections?*", lambda route: route.fulfill(json=stale), times=1)
    assert owner.run(unseen, key())["code"] == "connections_changed"
    assert owner.run("return vault.revealKey('sandbox');") == INVALID
    owner.page.route("**/v1/connections?*", lambda route: route.fulfill(json=stale), times=1)
    shown = key(shown=[connection["connectionId"]])
    assert owner.run("return vault.putKey(it);", shown)["resealed"] == [connection["connectionId"]]
    assert works(relay, connection["accessToken"]) is None


def test_notes_that_cannot_be_tidied_do_not_fail_what_was_done(owner: Tab, new_app: Callable[[], App]) -> None:
    owner.run(PUT, key())
    owner.run(PUT, key("sk-proj-" + "x" * 24, provider="openai"))
    connect(owner, new_app())
    owner.run("return account.api.all('/v1/connections').then(([one]) => vault.addProvider(one, 'openai')).then(() => null);")
    owner.page.route("**/v1/connections?*", lambda route: route.abort())
    assert owner.run("return vault.deleteKey('openai');") == {"deleted": True, "connectionsAffected": 1}


def test_update_mode_adds_a_provider_and_notes_it(owner: Tab, new_app: Callable[[], App]) -> None:
    owner.run(PUT, key())
    owner.run(PUT, key("sk-proj-" + "x" * 24, provider="openai"))
    app = new_app()
    connection = connect(owner, app)
    session = link_session(owner, app, requestedProviders=["sandbox", "openai"], connectionId=connection["connectionId"])
    choice = {"session": session, "choice": {"providers": ["sandbox", "openai"], "budgetCents": 700}}
    done = owner.run("return vault.authorize(it.session, it.choice);", choice)
    assert done == {"connectionId": connection["connectionId"], "publicToken": None}
    [row] = owner.run("return account.api.all('/v1/connections');")
    assert (sorted(row["providers"]), row["budgetCents"]) == (["openai", "sandbox"], 700)
    assert [one["refused"] for one in owner.run("return vault.reseals('openai');")] == [None]


def test_a_removed_provider_leaves_the_note_too(owner: Tab, new_app: Callable[[], App]) -> None:
    owner.run(PUT, key())
    owner.run(PUT, key("sk-proj-" + "x" * 24, provider="openai"))
    connect(owner, new_app())
    change = "return account.api.all('/v1/connections').then(([one]) => vault[it.verb](one, it.provider)).then((one) => one.providers);"
    assert sorted(owner.run(change, {"verb": "addProvider", "provider": "openai"})) == ["openai", "sandbox"]
    assert owner.run(change, {"verb": "removeProvider", "provider": "openai"}) == ["sandbox"]
    assert owner.run(change, {"verb": "addProvider", "provider": "openai"}) == ["openai", "sandbox"]
    # Deleting the key takes the provider from the connection at the relay; the note follows.
    assert owner.run("return vault.deleteKey('openai');")["connectionsAffected"] == 1
    owner.page.route("**/v1/connections?*", lambda route: route.continue_(url=route.request.url.replace("&provider=openai", "")))
    assert [one["refused"] for one in owner.run("return vault.reseals('openai');")] == ["not_approved"]


def test_a_personal_connection_works_with_its_own_token(owner: Tab, relay: str) -> None:
    owner.run(PUT, key())
    made = owner.run("return vault.createPersonalConnection(it);", {"name": "CLI", "providers": ["sandbox"], "budgetCents": 100})
    assert made["connection"]["personal"] is True
    assert works(relay, made["accessToken"]) is None
    assert [one["name"] for one in owner.run("return vault.reseals('sandbox');")] == ["CLI"]
    assert owner.run(PUT, key(INVALID))["resealed"] == [made["connection"]["id"]]
    assert works(relay, made["accessToken"]) is not None


def test_a_key_is_checked_by_one_call_and_nothing_stays(owner: Tab) -> None:
    check = "return vault.checkKey('sandbox', it, { method: 'GET', path: '/v1/models' });"
    assert owner.run(check, WORKS) == {"works": True, "status": 200, "code": None}
    refused = owner.run(check, INVALID)
    assert (refused["works"], refused["status"]) == (False, 401)
    assert owner.run("return account.api.all('/v1/connections');") == []
    assert owner.run("return vault.listItems();") == []


def _swap(route: Route, items: str, member: str, value: Any) -> None:
    response = route.fetch()
    envelope = response.json()
    for item in envelope["data"][items]:
        item[member] = value
    route.fulfill(response=response, json=envelope)


def _give_note_of(route: Route, source: str, target: str) -> None:
    response = route.fetch()
    envelope = response.json()
    rows = {row["id"]: row for row in envelope["data"]["items"]}
    rows[target]["ownerGrant"] = rows[source]["ownerGrant"]
    route.fulfill(response=response, json=envelope)
