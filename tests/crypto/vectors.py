"""spec/vectors.json, read once, and what several tests take from it."""

import json
from pathlib import Path
from typing import Any, Final

from relay.crypto import errors
from relay.crypto.encoding import b64u_decode

SPEC: Final = Path(__file__).resolve().parents[2] / "spec"
VECTORS: Final[dict[str, Any]] = json.loads((SPEC / "vectors.json").read_text(encoding="utf-8"))

CONNECTION: Final = VECTORS["connection"]
PASSWORD: Final = VECTORS["password"]
PROOFS: Final = VECTORS["proofs"]
RECOVERY: Final = VECTORS["recovery"]
SESSION: Final = VECTORS["session"]
VAULT: Final = VECTORS["vault"]

VAULT_KEY: Final = b64u_decode(VAULT["vaultKey"])
WRAP_KEY: Final = b64u_decode(PASSWORD["wrapKey"])
LOGIN_SEED: Final = b64u_decode(PASSWORD["loginSeed"])
LOGIN_PUBLIC_KEY: Final = b64u_decode(PASSWORD["loginPublicKey"])
CONNECTION_KEY: Final = b64u_decode(CONNECTION["connectionKey"])
RECOVERY_KEY: Final = b64u_decode(RECOVERY["recoveryKey"])
SESSION_KEY: Final = b64u_decode(SESSION["sessionKey"])


def error_named(name: str) -> type[errors.CryptoError]:
    """Answer the named failure that an entry expects."""
    return {
        "BadEncoding": errors.BadEncoding,
        "BadToken": errors.BadToken,
        "BadProof": errors.BadProof,
        "CannotOpen": errors.CannotOpen,
    }[name]
