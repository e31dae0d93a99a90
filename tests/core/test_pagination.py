"""`?limit=`: 1 to 200 in plain digits."""

import pytest

from tests.factories import make_person

pytestmark = pytest.mark.django_db

BAD = ["0", "-1", "201", "1.5", "+1", " 1", "1\n", "٣", "1e2", "000001999", "000001" + "9" * 30, "000001" + "9" * 5000, ""]


@pytest.mark.parametrize("limit", BAD, ids=lambda text: repr(text)[:20])
def test_it_rejects(limit: str) -> None:
    answer = make_person().client.get("/v1/apps", {"limit": limit}, headers={"Authorization": f"Bearer {make_person().token}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("limit", ["1", "200"])
def test_it_takes(limit: str) -> None:
    assert make_person().call("GET", f"/v1/apps?limit={limit}").status_code == 200
