"""What Django itself refuses under /v1 bears the headers of every other answer."""

import pytest

from tests.factories import call

pytestmark = pytest.mark.django_db
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize(
    ("path", "host"), [("/v1/nothing", "localhost:8000"), ("/v1/auth/me", "stranger.example"), ("/v1/auth/me", "localhost:8000")]
)
def test_it_works(path: str, host: str) -> None:
    answer = call("GET", path, Host=host)
    assert answer.json()["success"] is False
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Request-Id"] == answer.json()["error"]["requestId"]
