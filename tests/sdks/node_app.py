"""An app that uses @1relay/node-sdk: its credentials, its visitors' approvals, and programs of it that are run in Node."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linkflow.limits import Terms
from linkflow.models import LinkSession
from linkflow.services import authorize
from linkflow.services import sessions as link_sessions
from relay.crypto import tokens
from scripts.layout import ROOT
from tests.factories import make_app, make_approval, make_connection, make_person
from tests.proxy.conftest import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories import Person, Product

PATIENCE_SECONDS = 60


@dataclass
class NodeApp:
    """An app and a visitor who has a key of every provider."""

    origin: str
    visitor: Person = field(default_factory=make_person)
    product: Product = field(default_factory=lambda: make_app(make_person().user))

    def approved(self, link_token: str) -> str:
        """The public token of the visitor's approval of an open link session."""
        checked = tokens.check_token(link_token, tokens.LINK_TOKEN)
        session = LinkSession.objects.get(token_hash=tokens.digest_token(checked))
        keys = {name: KEYS[name] for name in session.requested_providers}
        made = make_approval(self.visitor, link_token, session.connection_id, self.product.app.client_id, keys, 1000)
        approval = authorize.Approval(
            public_token_hash=tokens.digest_token(made.public_token),
            granted_key=made.body["grantedKey"],
            owner_grant=made.body["ownerGrant"],
            sealed_keys={seal["provider"]: seal["sealedKey"] for seal in made.body["sealedKeys"]},
            terms=Terms(1000),
        )
        authorize.authorize(self.visitor.user, link_token, approval, datetime.now(UTC))
        return made.public_token

    def public_token(self, client_user_id: str) -> str:
        """A public token, fresh from an approval."""
        fields = {"requested_providers": list(KEYS), "client_user_id": client_user_id}
        return self.approved(link_sessions.open_session(self.product.app, fields, datetime.now(UTC)).link_token)

    def given(self) -> dict[str, Any]:
        """What the app's programs hold."""
        linked = make_connection(self.visitor, self.product, keys=KEYS)
        return {
            "clientId": self.product.app.client_id,
            "clientSecret": self.product.secret,
            "baseUrl": self.origin,
            "accessToken": linked.access_token,
            "connectionId": linked.connection.id,
        }


def plain(code: str) -> str:
    """TypeScript without its types."""
    command = ["npx", "--no", "--", "esbuild", "--loader=ts", "--log-level=warning"]
    return subprocess.run(command, cwd=ROOT, input=code, capture_output=True, text=True, check=True).stdout


@contextmanager
def node(script: Path | str, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A program, with nothing of the caller's environment but what finds programs; ended with the block."""
    command = ["node", str(script), *arguments]
    kept = {"PATH": os.environ["PATH"], **environment}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=Path(script).parent, env=kept, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def printed(script: Path, *arguments: str, **environment: str) -> str:
    """What a program printed; it must end well."""
    with node(script, *arguments, **environment) as process:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, out + err
    return out


def environment_of(given: dict[str, Any]) -> dict[str, str]:
    """How nodeSdk.ts is told of the parties."""
    return {"GIVEN": json.dumps(given)}
