"""Who gets to see a page, and where signing in leads to."""

import pytest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client

from tests.factories import make_app, make_person
from tests.web.browser import browser_of

pytestmark = pytest.mark.django_db
USER_PAGES = ["/overview", "/activity", "/export", "/security", "/keys", "/connections", "/apps"]


@pytest.mark.parametrize("path", [*USER_PAGES, "/apps/app_0000000000000000000000"])
def test_signed_out_people_are_sent_to_sign_in_and_back(path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 302
    assert response["Location"] == "/signin?next=" + path.replace("/", "%2F")


@pytest.mark.parametrize("path", ["/", "/signup", "/signin", "/recover", "/docs/errors"])
def test_public_pages_need_no_session(path: str) -> None:
    assert Client().get(path).status_code == 200


def test_another_users_app_looks_like_none() -> None:
    product = make_app(make_person().user)
    mallory = browser_of(make_person().user)
    theirs = mallory.get(f"/apps/{product.app.pk}")
    missing = mallory.get("/apps/app_0000000000000000000000")
    assert (theirs.status_code, missing.status_code) == (404, 404)
    assert product.app.name not in theirs.content.decode()
    assert _without_request_id(theirs) == _without_request_id(missing)


def _without_request_id(response: HttpResponseBase) -> str:
    assert isinstance(response, HttpResponse)
    return response.content.decode().replace(response["X-Request-Id"], "")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "keys",
        "http:///evil.example",
        "/" + "a" * 600,
        "/signin?next=/signin",
        "/signup",
        "",
    ],
)
def test_next_cannot_leave_the_site(target: str) -> None:
    signed_in = browser_of(make_person().user).get("/signin", {"next": target})
    assert signed_in["Location"] == "/overview"
    form = Client().get("/signin", {"next": target}).content.decode()
    assert 'data-next="/overview"' in form
    assert "evil.example" not in form


@pytest.mark.parametrize("page", ["/signin", "/signup"])
def test_next_leads_to_a_page_of_the_site(page: str) -> None:
    assert browser_of(make_person().user).get(page, {"next": "/apps/app_1?x=1"})["Location"] == "/apps/app_1?x=1"
    assert 'data-next="/connections"' in Client().get(page, {"next": "/connections"}).content.decode()


@pytest.mark.parametrize("path", ["/", "/signup", "/signin", "/recover", "/docs/errors", *USER_PAGES])
def test_pages_take_nothing_in(path: str) -> None:
    response = browser_of(make_person().user).post(path, {"email": "a@example.com"})
    assert response.status_code == 405


def test_an_ended_session_opens_no_page() -> None:
    person = make_person()
    browser = browser_of(person.user)
    assert browser.get("/keys").status_code == 200
    person.user.sessions.all().delete()
    assert browser.get("/keys").status_code == 302


def test_the_relays_origin_is_the_configured_one_and_not_the_host_header() -> None:
    page = Client().get("/signin", headers={"host": "localhost:8000"}).content.decode()
    assert 'name="relay-origin" content="http://localhost:8000"' in page
    page = Client().get("/signin", headers={"host": "127.0.0.1:8000"}).content.decode()
    assert 'name="relay-origin" content="http://127.0.0.1:8000"' in page
    strange = Client().get("/signin", headers={"host": "evil.example"})
    assert strange.status_code == 400
    assert "evil.example" not in strange.content.decode()
