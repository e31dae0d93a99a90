"""/v1/apps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import App
from accounts.services import activity
from tests.factories import Person, Product, make_app, make_person
from tests.interleaving import just_after

pytestmark = pytest.mark.django_db
BODY = {"name": "Chat", "allowedOrigins": ["https://chat.example"], "redirectUris": ["https://chat.example/done?x=1"]}


def code(response: Any) -> str:
    return str(response.json()["error"]["code"])


def register(owner: Person, body: dict[str, Any] | None = None, **headers: Any) -> Any:
    return owner.call("POST", "/v1/apps", body or BODY, **headers)


def test_it_works() -> None:
    bob = make_person()
    data = register(bob).json()["data"]
    assert data["clientId"].startswith("1r_cid_")
    assert data["clientSecret"].startswith("1r_cs_")
    listed = bob.call("GET", "/v1/apps").json()["data"]["items"]
    assert [app["id"] for app in listed] == [data["id"]]
    assert "clientSecret" not in listed[0]
    product = Product(App.objects.get(), data["clientSecret"])
    assert product.call("GET", "/v1/connections").status_code == 200


BAD_ORIGINS = [
    "*",
    "null",
    "http://chat.example",
    "https://Chat.example",
    "https://chat.example/",
    "https://chat.example:443",
    "https://user@chat.example",
    "https://chat.example/path",
    "chat.example",
    "https://",
    "https://chät.example",
    "https://chat.example:99999",
    7,
]


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_it_rejects_origins_that_are_not_their_own_serialisation(origin: Any) -> None:
    response = register(make_person(), {**BODY, "allowedOrigins": [origin]})
    assert code(response) == "invalid_request"
    assert not App.objects.exists()


@pytest.mark.parametrize("origin", ["https://a.b-c.example:8443", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:80" + "80"])
def test_it_takes_origins(origin: str) -> None:
    assert register(make_person(), {**BODY, "allowedOrigins": [origin]}).status_code == 201


def test_it_rejects_more_than_twenty_origins() -> None:
    origins = [f"https://a{number}.example" for number in range(21)]
    assert code(register(make_person(), {**BODY, "allowedOrigins": origins})) == "invalid_request"


BAD_REDIRECTS = [
    "https://chat.example/#x",
    "https://u:p@chat.example/",
    "javascript:alert(1)",
    "/done",
    "http://chat.example/",
    "https://chat.example/\n",
    "https:///x",
]


@pytest.mark.parametrize("uri", BAD_REDIRECTS)
def test_it_rejects_redirects(uri: str) -> None:
    assert code(register(make_person(), {**BODY, "redirectUris": [uri]})) == "invalid_request"


def test_another_persons_app_is_not_found() -> None:
    product, mallory = make_app(make_person().user), make_person()
    for method, body in [("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)]:
        assert code(mallory.call(method, f"/v1/apps/{product.app.pk}", body, elevated=True)) == "not_found"


def test_changes_need_elevation() -> None:
    bob = make_person()
    product = make_app(bob.user)
    path = f"/v1/apps/{product.app.pk}"
    assert code(bob.call("PATCH", path, {"name": "New"})) == "reauth_required"
    changed = bob.call("PATCH", path, {"name": "New", "websiteUrl": "https://new.example/"}, elevated=True).json()["data"]
    assert (changed["name"], changed["websiteUrl"]) == ("New", "https://new.example/")
    assert bob.call("PATCH", path, {"websiteUrl": None}, elevated=True).json()["data"]["websiteUrl"] is None
    assert bob.call("DELETE", path, elevated=True).status_code == 200
    assert not App.objects.exists()


def test_the_old_secret_works_a_day_more() -> None:
    with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
        bob = make_person()
        old = make_app(bob.user)
        path = f"/v1/apps/{old.app.pk}/rotate-secret"
        fresh = Product(old.app, bob.call("POST", path, {}, elevated=True).json()["data"]["clientSecret"])
        assert old.call("GET", "/v1/connections").status_code == 200
        clock.shift(timedelta(hours=24))
        assert code(old.call("GET", "/v1/connections")) == "invalid_client"
        assert fresh.call("GET", "/v1/connections").status_code == 200


def test_rotating_immediately_ends_the_old_secret() -> None:
    bob = make_person()
    old = make_app(bob.user)
    path = f"/v1/apps/{old.app.pk}/rotate-secret"
    assert bob.call("POST", path, {"immediately": True}, elevated=True).json()["data"]["previousExpiresAt"] is None
    assert code(old.call("GET", "/v1/connections")) == "invalid_client"


def test_idempotency_replays_the_secret_for_ten_minutes() -> None:
    with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
        bob = make_person()
        headers: dict[str, Any] = {"Idempotency-Key": "register-1"}
        first = register(bob, **headers).json()
        assert register(bob, **headers).json() == first
        assert code(register(bob, {**BODY, "name": "Other"}, **headers)) == "idempotency_mismatch"
        assert register(make_person(), **headers).json() != first
        clock.shift(601)
        assert code(register(bob, **headers)) == "conflict"
        assert App.objects.count() == 2


def test_a_refused_request_may_be_repeated_with_its_key() -> None:
    bob = make_person()
    product = make_app(bob.user)
    path = f"/v1/apps/{product.app.pk}/rotate-secret"
    headers: dict[str, Any] = {"Idempotency-Key": "rotate-1"}
    assert code(bob.call("POST", path, {}, **headers)) == "reauth_required"
    assert bob.call("POST", path, {}, elevated=True, **headers).status_code == 200


@pytest.mark.parametrize(("method", "end", "body"), [("PATCH", "", {"name": "y"}), ("POST", "/rotate-secret", {})])
def test_an_app_deleted_meanwhile_is_not_found(method: str, end: str, body: dict[str, Any]) -> None:
    ada = make_person()
    product = make_app(ada.user)
    with just_after('SELECT "accounts_app"', product.app.delete):
        answer = ada.call(method, f"/v1/apps/{product.app.pk}{end}", body, elevated=True)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_what_is_done_to_an_app_is_in_its_owners_activity() -> None:
    bob = make_person()
    app_id = register(bob).json()["data"]["id"]
    path = f"/v1/apps/{app_id}"
    bob.call("PATCH", path, {"name": "New", "testMode": True}, elevated=True)
    bob.call("PATCH", path, {"name": "New"}, elevated=True)  # nothing changes, nothing is told
    bob.call("POST", f"{path}/rotate-secret", {}, elevated=True)
    bob.call("DELETE", f"{path}/previous-secret", elevated=True)
    bob.call("DELETE", path, elevated=True)
    told = list(activity.of(bob.user).values_list("kind", "subject", "subject_id", "detail", "session_id"))[::-1]
    who = (app_id, bob.session.pk)
    assert [(kind, subject, detail) for kind, subject, _, detail, _ in told] == [
        ("app_created", "Chat", ""),
        ("app_changed", "New", "Name, test mode"),
        ("app_secret_rotated", "New", "The old one works a day more"),
        ("app_changed", "New", "The old secret was stopped"),
        ("app_deleted", "New", ""),
    ]
    assert {(subject_id, session_id) for _, _, subject_id, _, session_id in told} == {who}


def test_the_old_secret_can_be_stopped_within_its_day() -> None:
    bob = make_person()
    old = make_app(bob.user)
    path = f"/v1/apps/{old.app.pk}"
    fresh = Product(old.app, bob.call("POST", f"{path}/rotate-secret", {}, elevated=True).json()["data"]["clientSecret"])
    assert old.call("GET", "/v1/connections").status_code == 200
    assert code(bob.call("DELETE", f"{path}/previous-secret")) == "reauth_required"
    assert bob.call("DELETE", f"{path}/previous-secret", elevated=True).status_code == 200
    assert code(old.call("GET", "/v1/connections")) == "invalid_client"
    assert fresh.call("GET", "/v1/connections").status_code == 200
