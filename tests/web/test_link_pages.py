"""The two pages of Link: who may frame them, what they know of a session, and what they are never told."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from linkflow.models import LinkSession
from relay.providers import registry
from tests.factories import make_app, make_person
from tests.linkflow.helpers import open_session
from tests.web.browser import browser_of

pytestmark = pytest.mark.django_db
ORIGINS = ["http://127.0.0.1:9000", "https://app.example"]
UNKNOWN = "A" * 43


@pytest.fixture
def session() -> dict[str, Any]:
    """A link session of an app with two origins, as the app's server sees it."""
    return open_session(make_app(make_person().user, allowed_origins=ORIGINS))


def get(url: str, client: Client | None = None) -> HttpResponse:
    """A page, asked for as a browser does: the fragment stays behind."""
    response = (client or Client()).get(url.removeprefix("http://localhost:8000").partition("#")[0])
    assert isinstance(response, HttpResponse)
    return response


def frame_ancestors(response: HttpResponse) -> list[str]:
    """The directive's values."""
    directives = (directive.split() for directive in response["Content-Security-Policy"].split(";"))
    return next(values for name, *values in directives if name == "frame-ancestors")


def test_the_frame_may_be_framed_by_the_sessions_origins_alone(session: dict[str, Any]) -> None:
    frame = get(session["frameUrl"])
    assert frame.status_code == 200
    assert frame_ancestors(frame) == ORIGINS
    assert "X-Frame-Options" not in frame


def test_origins_are_those_of_the_session_not_of_the_app_as_it_is_now(session: dict[str, Any]) -> None:
    app = LinkSession.objects.get(pk=session["id"]).app
    app.allowed_origins = ["https://later.example"]
    app.save(update_fields=["allowed_origins"])
    assert frame_ancestors(get(session["frameUrl"])) == ORIGINS


def test_an_app_without_origins_can_frame_nothing() -> None:
    session = open_session(make_app(make_person().user, allowed_origins=[]))
    assert frame_ancestors(get(session["frameUrl"])) == ["'none'"]


@pytest.mark.parametrize("link_hash", [UNKNOWN, "A" * 42, "A" * 42 + "B", "A" * 43 + "=", "x", "%00"])
@pytest.mark.parametrize("below", ["/link/", "/link/frame/"])
def test_an_unknown_hash_is_framed_by_nobody_and_keeps_its_opener_away(below: str, link_hash: str) -> None:
    page = get(below + link_hash)
    assert page.status_code == 404
    assert frame_ancestors(page) == ["'none'"]
    assert page["Cross-Origin-Opener-Policy"] == "same-origin"


def test_an_expired_session_still_tells_its_app(session: dict[str, Any]) -> None:
    LinkSession.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert frame_ancestors(get(session["frameUrl"])) == ORIGINS


def test_the_window_is_framed_by_nobody_and_alone_leaves_its_opener(session: dict[str, Any]) -> None:
    window = get(session["linkUrl"])
    assert window.status_code == 200
    assert frame_ancestors(window) == ["'none'"]
    assert window["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert get(session["frameUrl"])["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_frame_has_no_password_field_and_does_not_know_who_is_signed_in(session: dict[str, Any]) -> None:
    ada = make_person()
    frame = get(session["frameUrl"], browser_of(ada.user)).content.decode()
    assert 'type="password"' not in frame
    for known in (ada.user.email, ada.user.pk, "csrf-token"):
        assert known not in frame


def test_the_window_knows_who_is_signed_in(session: dict[str, Any]) -> None:
    ada = make_person()
    window = get(session["linkUrl"], browser_of(ada.user)).content.decode()
    assert f'<meta name="user-id" content="{ada.user.pk}">' in window
    assert '<meta name="user-id"' not in get(session["linkUrl"]).content.decode()


@pytest.mark.parametrize("page", ["frameUrl", "linkUrl"])
def test_neither_page_holds_what_only_the_link_token_may_read(session: dict[str, Any], page: str) -> None:
    app = LinkSession.objects.get(pk=session["id"]).app
    shown = get(session[page])
    text = shown.content.decode()
    for secret in (session["linkToken"], session["id"], app.client_id):
        assert secret not in text
    assert shown["Referrer-Policy"] == "no-referrer"
    assert shown["Cache-Control"] == "no-store"


def test_the_pages_name_every_provider(session: dict[str, Any]) -> None:
    for page in ("frameUrl", "linkUrl"):
        text = get(session[page]).content.decode()
        for known in registry.providers():
            assert f'"name": "{known.name}", "confirmed": {json.dumps(known.is_confirmed)}' in text


@pytest.mark.parametrize("page", ["frameUrl", "linkUrl"])
def test_the_logo_is_shown_where_the_app_has_one(session: dict[str, Any], page: str) -> None:
    app = LinkSession.objects.get(pk=session["id"]).app
    address = session["linkUrl"].partition("#")[0] + "/logo"
    path = address.removeprefix("http://localhost:8000")
    assert path not in get(session[page]).content.decode()
    assert get(address).status_code == 404

    app.logo = b"\x89PNG\r\n\x1a\n" + b"picture"
    app.logo_hash = "A" * 22
    app.save(update_fields=["logo", "logo_hash"])
    assert f'src="{path}"' in get(session[page]).content.decode()
    picture = get(address)
    assert (picture["Content-Type"], picture.content) == ("image/png", app.logo)
    assert "sandbox" in picture["Content-Security-Policy"]
    assert picture["X-Content-Type-Options"] == "nosniff"


def test_a_logo_of_no_session_is_not_found() -> None:
    assert get(f"/link/{UNKNOWN}/logo").status_code == 404
