"""Domain verification: real answers of a real server, what is kept of them, and whose session is verified."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from accounts.models import App
from accounts.services import activity, apps, verification
from accounts.tasks import verify_oldest_app
from relay.core.errors import InvalidRequest
from tests.factories import Person, make_app, make_person
from tests.linkflow.helpers import open_session, read_session

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, tzinfo=UTC)
Site = Callable[[int, bytes], str]


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    """Sets what the one path answers from now on; answers the site's origin. Loopback counts in debug alone."""
    settings.DEBUG = True
    said: dict[str, Any] = {"status": 404, "body": b""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_there = self.path == "/.well-known/1relay.json"
            self.send_response(said["status"] if is_there else 500)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(said["body"])

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def says(status: int, body: bytes) -> str:
        said.update(status=status, body=body)
        return f"http://127.0.0.1:{server.server_port}"

    yield says
    server.shutdown()
    server.server_close()


def naming(*client_ids: str) -> bytes:
    """The file."""
    return json.dumps({"clientIds": client_ids}).encode()


def ask(owner: Person, app: App, origin: str) -> Any:
    """What POST verify answers."""
    answer = owner.call("POST", f"/v1/apps/{app.pk}/verify", {"origin": origin})
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_it_works(site: Site) -> None:
    bob = make_person()
    origin = site(404, b"")
    app = make_app(bob.user, allowed_origins=[origin, "https://two.example"]).app
    assert "answers 404" in ask(bob, app, origin)["why"]
    site(200, naming("1r_cid_other", app.client_id))
    assert ask(bob, app, origin) == {"origin": origin, "verified": True, "why": None}
    read = bob.call("GET", f"/v1/apps/{app.pk}").json()["data"]
    assert (read["verifiedOrigins"], read["lostOrigins"], read["verified"]) == ([origin], [], False)


def test_a_lost_verification_shows_and_comes_back(site: Site) -> None:
    bob = make_person()
    app = make_app(bob.user, allowed_origins=[site(200, b"")]).app
    origin = site(200, naming(app.client_id))
    ask(bob, app, origin)
    site(200, naming())
    app.refresh_from_db()
    verification.check_again(app, NOW)
    ask(bob, app, origin)
    app.refresh_from_db()
    assert (app.verified_origins, app.lost_origins, app.verified) == ([], [origin], False)
    site(200, naming(app.client_id))
    verification.check_again(app, NOW)
    app.refresh_from_db()
    assert (app.verified_origins, app.lost_origins) == ([origin], [])
    told = activity.of(bob.user).filter(kind="app_changed").values_list("detail", flat=True)
    # Asked by its owner at the real time, again at the test's: their order says nothing.
    assert sorted(told) == [f"{origin} is not verified any more", f"{origin} was verified", f"{origin} was verified"]


BAD: dict[str, tuple[int, bytes, str]] = {
    "a redirect": (302, b"", "answers 302"),
    "a page": (200, b"<html></html>", "not JSON"),
    "a list": (200, b"[]", "not JSON such as"),
    "a text for a list": (200, b'{"clientIds": "1r_cid_x"}', "not JSON such as"),
    "another app": (200, naming("1r_cid_0000000000000000000000"), "does not name this app"),
    "a book": (200, b" " * 70_000, "more than 64 KiB"),
    "too deep": (200, b"[" * 60_000, "not JSON"),
}


@pytest.mark.parametrize(("status", "body", "why"), BAD.values(), ids=BAD.keys())
def test_it_rejects(site: Site, status: int, body: bytes, why: str) -> None:
    bob = make_person()
    origin = site(status, body)
    app = make_app(bob.user, allowed_origins=[origin]).app
    assert why in ask(bob, app, origin)["why"]
    app.refresh_from_db()
    assert (app.verified_origins, app.lost_origins) == ([], [])


def test_only_the_apps_own_origins_are_asked() -> None:
    bob, mallory = make_person(), make_person()
    app = make_app(bob.user).app
    refused = bob.call("POST", f"/v1/apps/{app.pk}/verify", {"origin": "https://stranger.example"})
    assert list(refused.json()["error"]["details"]["fields"]) == ["origin"]
    assert mallory.call("POST", f"/v1/apps/{app.pk}/verify", {"origin": app.allowed_origins[0]}).status_code == 404
    with pytest.raises(InvalidRequest):
        verification.verify(app, "https://stranger.example", NOW)


def test_this_machine_is_asked_in_debug_alone() -> None:
    bob = make_person()
    app = make_app(bob.user, allowed_origins=["http://localhost:3000"]).app
    assert "own machine" in ask(bob, app, "http://localhost:3000")["why"]


def test_names_that_lead_inside_are_not_asked() -> None:
    app = make_app(make_person().user, allowed_origins=["https://inside.example"]).app
    verdict = verification.verify(app, "https://inside.example", NOW, resolve=lambda host, port: ["10.0.0.1"])
    assert "not on the public internet" in verdict.why


def test_an_origin_taken_away_takes_its_verification_with_it() -> None:
    origins = ["https://one.example", "https://two.example"]
    app = make_app(make_person().user, allowed_origins=origins, verified_origins=origins, lost_origins=["https://three.example"]).app
    changed = apps.change_app(app, {"allowed_origins": origins[:1]}, NOW)
    assert (changed.verified_origins, changed.lost_origins) == (origins[:1], [])
    assert not apps.change_app(app, {"allowed_origins": origins}, NOW).verified


def test_a_session_is_verified_for_its_own_origins() -> None:
    product = make_app(make_person().user, allowed_origins=["https://one.example"], verified_origins=["https://one.example"])
    session = open_session(product)
    assert read_session(session)["app"]["verified"] is True
    apps.change_app(product.app, {"allowed_origins": ["https://one.example", "https://two.example"]}, NOW)
    assert read_session(session)["app"]["verified"] is True
    product.app.refresh_from_db()
    assert read_session(open_session(product))["app"]["verified"] is False


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://one.example/done", True),
        ("https://One.Example:443/done?a=b", True),
        ("https://evil.example/done", False),
        ("https://one.example:8443/done", False),
        ("https://one.example.evil.example/https://one.example", False),
    ],
)
def test_a_session_that_redirects_is_verified_for_where_it_goes(uri: str, expected: bool) -> None:
    origins = ["https://one.example"]
    product = make_app(make_person().user, allowed_origins=origins, verified_origins=origins, redirect_uris=[uri])
    assert read_session(open_session(product, redirectUri=uri))["app"]["verified"] is expected


def test_a_lost_origin_that_fails_again_the_next_day_is_dropped(site: Site) -> None:
    origin = site(404, b"")
    app = make_app(make_person().user, allowed_origins=[origin], verified_origins=[origin]).app
    for day, lost in ((0, [origin]), (1, []), (2, [])):
        verification.check_oldest(NOW + timedelta(days=day))
        app.refresh_from_db()
        assert (app.verified_origins, app.lost_origins) == ([], lost)


def test_the_task_asks_one_app_that_waited_longest_and_none_twice_a_day(site: Site) -> None:
    owner, origin, now = make_person().user, site(404, b""), datetime.now(UTC)

    def app_asked(hours: int) -> App:
        return make_app(owner, allowed_origins=[origin], verified_origins=[origin], verified_at=now - timedelta(hours=hours)).app

    make_app(owner, allowed_origins=[origin])
    recent, older, oldest = app_asked(23), app_asked(25), app_asked(26)
    for lost in ({oldest.pk}, {oldest.pk, older.pk}, {oldest.pk, older.pk}):
        verify_oldest_app()
        assert set(App.objects.filter(lost_origins=[origin]).values_list("pk", flat=True)) == lost
    assert App.objects.get(pk=recent.pk).verified_at == recent.verified_at


def test_slow_origins_of_one_app_take_twenty_seconds_together(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = [f"https://slow{number}.example" for number in range(20)]
    app = make_app(make_person().user, allowed_origins=origins, verified_origins=origins).app
    clock = [0.0]
    monkeypatch.setattr(verification, "monotonic", lambda: clock[0])

    def slow(host: str, port: int) -> list[str]:
        clock[0] += 5
        return []

    assert len(verification.check_oldest(NOW, resolve=slow)) == 4
    app.refresh_from_db()
    assert (len(app.verified_origins), len(app.lost_origins)) == (16, 4)
