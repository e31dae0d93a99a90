"""What the command keeps on disk, all of it in one folder that only its owner can read: sessions, and no secret that opens a vault.

A session's token lists and revokes; without the password it opens nothing, spends nothing and hands out nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onerelay.user.errors import DeviceError

if TYPE_CHECKING:
    from onerelay.user.crypto.kdf import Kdf

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
_OTHERS = 0o077


@dataclass(frozen=True, slots=True, repr=False)
class StoredSession:
    """A session at one relay. `token` is the relay's, for this machine."""

    relay: str
    email: str
    user_id: str
    token: str
    expires_at: str


def state_folder() -> Path:
    """Where it is: `$XDG_STATE_HOME/onerelay`, by default `~/.local/state/onerelay`."""
    given = os.environ.get("XDG_STATE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    base = Path(given) if given and Path(given).is_absolute() else Path.home() / ".local" / "state"
    return base / "onerelay"


class Store:
    """Sessions by relay, the one used last, and the strongest password derivations seen."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or state_folder()

    @property
    def current(self) -> str | None:
        """The relay that was logged in to last."""
        return _text(self._read("sessions.json").get("current"))

    def session(self, relay: str) -> StoredSession | None:
        """The session at a relay."""
        kept = self._read("sessions.json").get("sessions", {}).get(relay)
        try:
            return StoredSession(**kept) if kept else None
        except TypeError:
            return None

    def keep(self, session: StoredSession) -> None:
        """Keep a session, in place of an earlier one at its relay."""
        kept = self._read("sessions.json")
        sessions = {**kept.get("sessions", {}), session.relay: asdict(session)}
        self.write("sessions.json", {"current": session.relay, "sessions": sessions})

    def forget(self, relay: str) -> None:
        """Drop the session at a relay."""
        kept = self._read("sessions.json")
        sessions = {name: session for name, session in kept.get("sessions", {}).items() if name != relay}
        self.write("sessions.json", {"current": kept.get("current"), "sessions": sessions})

    def strongest(self, origin: str, email: str) -> tuple[int, int]:
        """As onerelay.user.prover.KdfMemory says."""
        seen = self._read("derivations.json").get(_account(origin, email))
        return (int(seen[0]), int(seen[1])) if isinstance(seen, list) and len(seen) == 2 else (0, 0)

    def remember(self, origin: str, email: str, kdf: Kdf) -> None:
        """As onerelay.user.prover.KdfMemory says; stays when the session is gone."""
        memory_kib, iterations = self.strongest(origin, email)
        if (kdf.memory_kib, kdf.iterations) == (memory_kib, iterations):
            return
        seen = {**self._read("derivations.json"), _account(origin, email): [kdf.memory_kib, kdf.iterations]}
        self.write("derivations.json", seen)

    def write(self, name: str, value: dict[str, Any]) -> Path:
        """Write a file whole or not at all, readable by its owner only."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        unfinished.replace(path)
        return path

    def _read(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        try:
            if os.name == "posix" and path.stat().st_mode & _OTHERS:
                raise DeviceError("store_open_to_others", f"Others on this machine can read {path}. Run: chmod 600 {path}")
            value = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}


def _account(origin: str, email: str) -> str:
    # By hash: who has an account where is nobody else's business on a shared computer.
    return hashlib.sha256(f"{origin}\0{email}".encode()).hexdigest()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
