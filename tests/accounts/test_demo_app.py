"""`manage.py demo_app`: credentials for `make run`'s third-party app, and no door for anybody else."""

import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.management.commands.demo_app import OWNER
from accounts.models import App
from accounts.services import apps
from relay.core.errors import InvalidClient
from relay.crypto.encoding import normalise_email
from relay.crypto.errors import BadEncoding

pytestmark = pytest.mark.django_db
ORIGIN = "http://127.0.0.1:8001"


@pytest.fixture
def kept(settings: Settings, tmp_path: Path) -> Path:
    """Where the credentials are kept."""
    settings.RELAY_DATA_DIR = tmp_path
    return tmp_path / "demo-app.json"


def provision(origin: str = ORIGIN) -> str:
    """Run the command; what it printed."""
    output = StringIO()
    call_command("demo_app", origin=origin, stdout=output)
    return output.getvalue()


def test_the_kept_credentials_are_those_of_the_demo_app(kept: Path) -> None:
    printed = provision()
    credentials = json.loads(kept.read_text())
    app = apps.authenticate(credentials["clientId"], credentials["clientSecret"], timezone.now())
    assert app.allowed_origins == [ORIGIN]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert credentials["clientSecret"] not in printed


def test_a_second_start_keeps_the_credentials_and_follows_the_port(kept: Path) -> None:
    provision()
    before = kept.read_text()
    provision("http://127.0.0.1:9001")
    assert kept.read_text() == before
    assert App.objects.get().allowed_origins == ["http://127.0.0.1:9001"]


def test_a_lost_secret_is_replaced_and_the_old_one_dies(kept: Path) -> None:
    provision()
    old = json.loads(kept.read_text())
    kept.write_text("{}")
    provision()
    new = json.loads(kept.read_text())
    assert new["clientId"] == old["clientId"]
    assert new["clientSecret"] != old["clientSecret"]
    with pytest.raises(InvalidClient):
        apps.authenticate(old["clientId"], old["clientSecret"], timezone.now())


def test_the_owner_owns_nothing_else_and_has_no_name_to_sign_in_with(kept: Path) -> None:
    provision()
    owner = App.objects.get().owner
    assert owner.email == OWNER
    assert owner.wrapped_vault_key == ""
    assert not owner.sessions.exists()
    with pytest.raises(BadEncoding):
        normalise_email(OWNER)


@pytest.mark.parametrize(
    "origin", ["https://app.example", "http://192.0.2.1:8001", "http://127.0.0.1:8001/", "http://localhost.example:8001"]
)
def test_other_machines_origins_are_refused(kept: Path, origin: str) -> None:
    with pytest.raises(CommandError, match="this machine alone"):
        provision(origin)
    assert not kept.exists()
    assert not App.objects.exists()
