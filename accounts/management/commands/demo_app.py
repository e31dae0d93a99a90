"""`manage.py demo_app --origin …`: registers the demo app, once per data folder, and keeps its credentials."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import App, User
from accounts.services import apps
from relay.core.errors import InvalidClient
from relay.core.fields import LOOPBACK_HOSTS, is_own_serialised_origin
from relay.core.ids import mint_id
from relay.crypto.kdf import new_kdf

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.management.base import CommandParser

# No email address: registration and login refuse it, so nobody can take this owner's place or sign in as it.
OWNER = "demo-app"


class Command(BaseCommand):
    """Writes `demo-app.json` (0600: clientId, clientSecret) into the data folder; the secret is never printed.

    Run again, it keeps what works: only the origin follows the port, and a lost or dead secret is replaced.
    """

    help = "Register the demo app that `make run` serves, on a loopback origin."

    def add_arguments(self, parser: CommandParser) -> None:
        """One argument: where the demo app is served."""
        parser.add_argument("--origin", required=True, help="such as http://127.0.0.1:8001")

    def handle(self, *_args: Any, origin: str, **_options: Any) -> None:
        """Refuses all but loopback origins: on a public relay, apps belong to people."""
        if not is_own_serialised_origin(origin) or urlsplit(origin).hostname not in LOOPBACK_HOSTS:
            raise CommandError("The demo app is for this machine alone: --origin http://127.0.0.1:PORT")
        path = settings.RELAY_DATA_DIR / "demo-app.json"
        now = timezone.now()
        app = App.objects.filter(owner__email=OWNER).first()
        if app is None:
            _keep(path, apps.register_app(_owner(now), {"name": "Tern (demo chat)"}, now))
            app = App.objects.get(owner__email=OWNER)
        elif not _is_alive(path, now):
            _keep(path, apps.rotate_secret(app, immediately=True, now=now))
        apps.change_app(app, {"allowed_origins": [origin], "website_url": origin}, now)


def _owner(now: datetime) -> User:
    """An account that owns the demo app and can do nothing: no vault, and random bytes in place of a login key."""
    account = {
        "id": mint_id("usr"),
        "kdf": new_kdf().as_json(),
        "login_public_key": secrets.token_bytes(32),
        "created_at": now,
    }
    return User.objects.get_or_create(email=OWNER, defaults=account)[0]


def _is_alive(path: Path, now: datetime) -> bool:
    try:
        kept = json.loads(path.read_text())
        apps.authenticate(kept["clientId"], kept["clientSecret"], now)
    except (OSError, ValueError, KeyError, InvalidClient):
        return False
    return True


def _keep(path: Path, fresh: apps.NewSecret) -> None:
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(json.dumps({"clientId": fresh.app.client_id, "clientSecret": fresh.client_secret}))
    partial.replace(path)
