"""/v1/apps/:id/logo: what is taken for a picture, and how it is served."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from django.test import Client

from accounts.models import App
from relay.crypto.encoding import b64u_encode
from tests.factories import Person, make_app, make_connection, make_person, make_png
from tests.linkflow.helpers import open_session, read_session
from tests.web.browser import browser_of

pytestmark = pytest.mark.django_db
SQUARE = make_png(64, 64)


def put(owner: Person, app: App, picture: bytes) -> Any:
    """PUT the picture as the app's logo."""
    return owner.call("PUT", f"/v1/apps/{app.pk}/logo", {"png": b64u_encode(picture)}, elevated=True)


def test_it_works() -> None:
    bob = make_person()
    app = make_app(bob.user).app
    address = put(bob, app, SQUARE).json()["data"]["logoUrl"]
    assert address.startswith("http://localhost:8000/logos/" + app.client_id)
    path = address.removeprefix("http://localhost:8000")
    served = Client().get(path)
    assert (served.status_code, served.content, served["Content-Type"]) == (200, SQUARE, "image/png")
    assert served["X-Content-Type-Options"] == "nosniff"
    assert served["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in served["Cache-Control"]
    other = put(bob, app, make_png(65, 65)).json()["data"]["logoUrl"]
    assert other != address
    assert Client().get(path).status_code == 404
    assert bob.call("DELETE", f"/v1/apps/{app.pk}/logo", elevated=True).json()["data"]["logoUrl"] is None
    assert Client().get(other.removeprefix("http://localhost:8000")).status_code == 404
    assert Client().get(f"/logos/{app.client_id}/.png").status_code == 404


def test_it_needs_elevation_and_the_owner() -> None:
    bob, mallory = make_person(), make_person()
    app = make_app(bob.user).app
    assert put(mallory, app, SQUARE).status_code == 404
    body = {"png": b64u_encode(SQUARE)}
    assert bob.call("PUT", f"/v1/apps/{app.pk}/logo", body).json()["error"]["code"] == "reauth_required"
    assert App.objects.get().logo is None


def test_a_picture_of_noise_is_no_key_in_clear() -> None:
    bob = make_person()
    app = make_app(bob.user).app
    for _ in range(5):
        noise = make_png(64, 64, (b"tEXt", secrets.token_bytes(60_000)))
        assert put(bob, app, noise).status_code == 200


BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "PNG picture"),
    "a page": (b"<html><script>alert(1)</script></html>", "PNG picture"),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG picture"),
    "a GIF": (b"GIF89a" + bytes(100), "PNG picture"),
    "too wide": (make_png(64, 63), "64 by 63"),
    "too small": (make_png(31, 31), "32 to 1024"),
    "too large": (make_png(1025, 1025), "32 to 1024"),
    "too long": (make_png(64, 64, (b"tEXt", bytes(66_000))), "64 KiB"),
    "moving": (make_png(64, 64, (b"acTL", bytes(8))), "not move"),
    "cut short": (SQUARE[:-5], "damaged"),
    "followed by a page": (SQUARE + b"<html>", "damaged"),
    "followed by a chunk": (SQUARE + SQUARE[-12:], "damaged"),
    "with a wrong checksum": (SQUARE[:20] + bytes([SQUARE[20] ^ 1]) + SQUARE[21:], "damaged"),
    "only its beginning": (SQUARE[:8], "damaged"),
}


@pytest.mark.parametrize(("picture", "why"), BAD.values(), ids=BAD.keys())
def test_it_rejects(picture: bytes, why: str) -> None:
    bob = make_person()
    refused = put(bob, make_app(bob.user).app, picture)
    assert refused.status_code == 400
    assert why in refused.json()["error"]["details"]["fields"]["png"][0]
    assert App.objects.get().logo_hash == ""


def test_no_list_of_apps_or_connections_reads_pictures(django_assert_max_num_queries: Any) -> None:
    bob = make_person()
    product = make_app(bob.user)
    put(bob, product.app, SQUARE)
    make_connection(bob, product)
    session, browser = open_session(product), browser_of(bob.user)
    with django_assert_max_num_queries(200) as caught:
        for path in ("/overview", "/keys", "/connections", "/apps", f"/apps/{product.app.pk}/connections"):
            assert browser.get(path).status_code == 200
        assert read_session(session)["app"]["name"] == "Chat"
        assert browser.get(session["frameUrl"].removeprefix("http://localhost:8000").partition("#")[0]).status_code == 200
        assert product.call("GET", "/v1/connections").status_code == 200
    assert [query["sql"] for query in caught.captured_queries if '"logo"' in query["sql"]] == []


def test_apps_are_read_without_their_pictures(django_assert_num_queries: Any) -> None:
    bob = make_person()
    app = make_app(bob.user).app
    put(bob, app, SQUARE)
    with django_assert_num_queries(1) as caught:
        App.objects.get(pk=app.pk)
    assert '"logo"' not in caught.captured_queries[0]["sql"]
