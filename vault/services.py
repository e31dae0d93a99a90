"""Keys in the vault: put with re-seals, relabel, delete with the sealed copies (protocol.md, "Rotating")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import User, UserSession
from accounts.services import activity
from linkflow.services import reseal
from relay.core.errors import Conflict, InvalidToken, NotFound
from relay.core.ids import mint_id
from relay.providers import registry
from vault.models import VaultItem

if TYPE_CHECKING:
    from datetime import datetime


def put_key(
    user: User,
    provider: str,
    ciphertext: str,
    seals: dict[str, str],
    drops: frozenset[str],
    now: datetime,
    by: UserSession | None = None,
) -> tuple[VaultItem, bool]:
    """Store or replace the user's key of a provider; answers the item and whether it is new.

    Writes, in one transaction with the user's row locked: the VaultItem, the re-seals, the dropped providers, an activity.
    Raises: Conflict unless `seals` and `drops` are exactly the re-seal set (when replacing, or when any are given).
    """
    with transaction.atomic():
        _lock(user)
        item = VaultItem.objects.filter(user=user, provider=provider).first()
        is_new = item is None
        if item is None:
            item = VaultItem(id=mint_id("key"), user=user, provider=provider, created_at=now)
        item.ciphertext, item.updated_at = ciphertext, now
        if is_new:
            item.save(force_insert=True)
        else:
            item.save(update_fields=["ciphertext", "updated_at"])
        if not is_new or seals or drops:
            reseal.replace(user, provider, seals, drops, now, by)
        kept = "" if is_new else _connections(len(seals))
        activity.record(
            user, "key_added" if is_new else "key_replaced", now, session=by, subject=_name(provider), subject_id=item.pk, detail=kept
        )
    return item, is_new


def relabel_key(user: User, provider: str, ciphertext: str, previous: str, now: datetime, by: UserSession | None = None) -> VaultItem:
    """Store the same provider key under another label; nothing is sealed anew, and the key counts as added when it was.

    `previous` is the item's ciphertext as the device read it: what was replaced meanwhile must not be undone by this.
    Raises: NotFound; Conflict where the item has another. Writes: the VaultItem, an activity.
    """
    with transaction.atomic():
        _lock(user)
        item = VaultItem.objects.filter(user=user, provider=provider).first()
        if item is None:
            raise NotFound
        if item.ciphertext != previous:
            raise Conflict("The key was replaced meanwhile. Read it again.")
        item.ciphertext = ciphertext
        item.save(update_fields=["ciphertext"])
        activity.record(user, "key_relabelled", now, session=by, subject=_name(provider), subject_id=item.pk)
    return item


def delete_key(user: User, provider: str, now: datetime, by: UserSession | None = None) -> int:
    """Delete the key and every sealed copy of it; answers how many connections had one. Raises NotFound."""
    with transaction.atomic():
        _lock(user)
        deleted, _ = VaultItem.objects.filter(user=user, provider=provider).delete()
        if not deleted:
            raise NotFound
        affected = reseal.remove(user, provider, now, by)
        activity.record(user, "key_deleted", now, session=by, subject=_name(provider), detail=_connections(affected))
    return affected


def _name(provider: str) -> str:
    known = registry.provider(provider)
    return known.name if known else provider


def _connections(count: int) -> str:
    return f"In {count} connection{'' if count == 1 else 's'}" if count else ""


def _lock(user: User) -> None:
    """Keeps the user's other writes waiting. Raises InvalidToken, where the account is gone.

    Not what refers to the user (no_key): whoever writes an activity may hold the connection that this waits for.
    """
    if User.objects.select_for_update(no_key=True).filter(pk=user.pk).first() is None:
        raise InvalidToken
