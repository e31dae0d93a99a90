"""Admission of calls: who may call what, in which order refusals come, and what a granted call gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Q

from accounts.models import User
from linkflow import grants
from linkflow.models import Connection, SealedKey
from linkflow.services import connections, notices
from relay.core import errors
from relay.core.money import cents_to_nanos
from relay.crypto import tokens
from tests import factories
from tests.usage.calls import CENT, check_invariants, in_process, in_thread
from usage import settling
from usage.models import Hold, LedgerEntry, Window
from usage.overdrawn import Overdrawn

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime.now(UTC)


def _terms(**over: Any) -> grants.CallTerms:
    fields: dict[str, Any] = {
        "request_id": "req_test",
        "provider": "sandbox",
        "model": "sandbox-small",
        "door": "chat",
        "worst_nanos": CENT,
        "floor_nanos": CENT,
        "parts": 1,
        "priced": True,
        "price_version": "test",
    }
    fields |= over
    return grants.CallTerms(**{"wanted_nanos": fields["floor_nanos"], **fields})


def _admit(linked: factories.Linked, now: datetime | None = None, **over: Any) -> grants.Admission:
    digest = tokens.digest_token(linked.access_token)
    return in_process(lambda: grants.admit(digest, _terms(**over), now or datetime.now(UTC)))


def _change(linked: factories.Linked, **columns: Any) -> None:
    Connection.objects.filter(pk=linked.connection.pk).update(**columns)


def test_it_gives_the_blobs_and_holds_the_worst_case() -> None:
    linked = factories.make_connection(budget_cents=10)

    async def work() -> grants.Admission:
        admission = await grants.admit(tokens.digest_token(linked.access_token), _terms(), datetime.now(UTC))
        row = await in_thread(Hold.objects.get)
        assert (row.id, row.connection_id, row.granted_nanos) == (admission.hold_id, admission.connection_id, CENT)
        assert (row.provider, row.model, row.door, row.request_id) == ("sandbox", "sandbox-small", "chat", "req_test")
        settling.release(admission.hold_id)
        return admission

    admission = in_process(work)
    connection = linked.connection
    assert (admission.connection_id, admission.user_id, admission.app_id) == (connection.pk, connection.user_id, connection.app_id)
    assert admission.held_key == Connection.objects.get(pk=connection.pk).held_key
    assert admission.sealed_key == SealedKey.objects.get(connection=connection).blob
    assert (admission.granted_nanos, admission.remaining_nanos) == (CENT, 9 * CENT)
    assert admission.sealed_key not in repr(admission)
    assert admission.held_key not in repr(admission)
    check_invariants()


def test_an_unknown_token_is_refused() -> None:
    with pytest.raises(errors.InvalidToken):
        in_process(lambda: grants.admit(bytes(32), _terms(), NOW))


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [
        ({"status": "revoked"}, errors.ConnectionRevoked),
        ({"status": "expired"}, errors.ConnectionExpired),
        ({"status": "paused"}, errors.ConnectionPaused),
        ({"status": "pending"}, errors.InvalidToken),
        ({"expires_at": NOW - timedelta(seconds=1)}, errors.ConnectionExpired),
        ({"expires_at": NOW - timedelta(seconds=1), "status": "paused"}, errors.ConnectionExpired),
        ({"allowed_models": ["sandbox-large"]}, errors.ModelNotGranted),
    ],
)
def test_an_unusable_connection_is_refused(columns: dict[str, Any], refusal: type[errors.ApiError]) -> None:
    linked = factories.make_connection()
    _change(linked, **columns)
    with pytest.raises(refusal):
        _admit(linked)
    assert not Hold.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_a_connection_works_until_the_moment_it_expires() -> None:
    linked = factories.make_connection()
    _change(linked, expires_at=NOW)
    _admit(linked, NOW - timedelta(microseconds=1))
    with pytest.raises(errors.ConnectionExpired):
        _admit(linked, NOW)


def test_refusals_come_in_order() -> None:
    """Provider before model before price before limits."""
    linked = factories.make_connection(budget_cents=1)
    _change(linked, allowed_models=["other"])
    asked: dict[str, Any] = {"provider": "openai", "priced": False, "worst_nanos": 2 * CENT, "floor_nanos": 2 * CENT}
    with pytest.raises(errors.ProviderNotGranted):
        _admit(linked, **asked)
    asked["provider"] = "sandbox"
    with pytest.raises(errors.ModelNotGranted):
        _admit(linked, **asked)
    _change(linked, allowed_models=["other", "sandbox-small"])
    with pytest.raises(errors.ModelNotPriced):
        _admit(linked, **asked)
    _change(linked, allow_unpriced=True)
    with pytest.raises(errors.BudgetExceeded):
        _admit(linked, **asked)


@pytest.mark.parametrize("listed", [["sandbox-small"], ["x", "sandbox/sandbox-small"], None])
def test_a_listed_model_is_granted_by_its_name_with_or_without_provider(listed: list[str] | None) -> None:
    linked = factories.make_connection()
    _change(linked, allowed_models=listed)
    _admit(linked)


def test_a_call_without_a_model_needs_none_granted() -> None:
    linked = factories.make_connection()
    _change(linked, allowed_models=["other"])
    _admit(linked, model="", worst_nanos=0, floor_nanos=0)


def test_limits_of_the_approval_are_enforced() -> None:
    linked = factories.make_connection(budget_cents=100, daily_cents=2, requests_per_minute=50, concurrency=3)
    digest = tokens.digest_token(linked.access_token)

    async def work() -> None:
        for _ in range(2):
            await grants.admit(digest, _terms(), NOW)
        with pytest.raises(errors.BudgetExceeded) as refused:
            await grants.admit(digest, _terms(), NOW)
        assert refused.value.details is not None
        assert refused.value.details["which"] == "daily"
        await grants.admit(digest, _terms(worst_nanos=0, floor_nanos=0), NOW)
        with pytest.raises(errors.RateLimited):
            await grants.admit(digest, _terms(worst_nanos=0, floor_nanos=0), NOW)

    in_process(work)


def test_the_revoked_the_paused_the_expired_and_the_deleted_must_end() -> None:
    alive, revoked, paused, due, expired, deleted = (factories.make_connection() for _ in range(6))
    connections.revoke(User.objects.get(pk=revoked.connection.user_id), revoked.connection.pk, datetime.now(UTC))
    _change(paused, status="paused")
    _change(due, expires_at=NOW - timedelta(seconds=1))
    _change(expired, status="expired")
    Connection.objects.filter(pk=deleted.connection.pk).delete()
    calls = [grants.UnderWay(one.connection.pk, NOW.date()) for one in (alive, revoked, paused, due, expired, deleted)]
    assert in_process(lambda: grants.troubles_among([*calls, calls[1]])) == {
        calls[1]: grants.Trouble(errors.ConnectionRevoked, ()),
        calls[2]: grants.Trouble(errors.ConnectionPaused, ()),
        calls[3]: grants.Trouble(errors.ConnectionExpired, ()),
        calls[4]: grants.Trouble(errors.ConnectionExpired, ()),
        calls[5]: grants.Trouble(errors.ConnectionRevoked, ()),
    }
    assert in_process(lambda: grants.troubles_among([])) == {}


def test_the_windows_a_call_was_admitted_in_are_named_where_they_stand_above_their_limit() -> None:
    linked, other = factories.make_connection(budget_cents=10), factories.make_connection(budget_cents=10)
    limit, now = cents_to_nanos(4), datetime.now(UTC)
    of_connection, of_user = Q(subject_id=linked.connection.pk), Q(subject_id=linked.connection.user_id)
    Window.objects.filter(of_connection | of_user).update(limit_nanos=limit, bound_nanos=10 * limit, spent_nanos=3, held_nanos=limit - 2)
    Window.objects.filter(of_connection, kind=Window.MONTH).update(held_nanos=limit - 3)  # exactly the limit
    Window.objects.filter(of_user).update(spent_nanos=limit + 7, held_nanos=100)
    today, yesterday = (grants.UnderWay(linked.connection.pk, (now - timedelta(days)).date()) for days in (0, 40))
    found = in_process(lambda: grants.troubles_among([today, yesterday, grants.UnderWay(other.connection.pk, now.date())]))
    assert found == {today: grants.Trouble(None, (Overdrawn("daily", limit, 3, limit - 2), Overdrawn("user", limit, limit + 7, 100)))}
    assert [window.share_of(limit // 2) for window in found[today].overdrawn] == [limit // 2 * (limit - 3) // (limit - 2), 0]


def test_a_grant_says_which_providers_and_models_it_covers() -> None:
    linked = factories.make_connection(keys={"sandbox": "sandbox-key-" + "works", "groq": "gsk_" + "x" * 20})
    digest = tokens.digest_token(linked.access_token)
    grant = in_process(lambda: grants.grant_of(digest, NOW))
    assert (grant.connection_id, grant.providers, grant.models) == (linked.connection.pk, ("groq", "sandbox"), None)
    _change(linked, allowed_models=["sandbox-small"])
    assert in_process(lambda: grants.grant_of(digest, NOW)).models == ("sandbox-small",)
    _change(linked, status="revoked")
    with pytest.raises(errors.ConnectionRevoked):
        in_process(lambda: grants.grant_of(digest, NOW))
    with pytest.raises(errors.InvalidToken):
        in_process(lambda: grants.grant_of(bytes(32), NOW))


def test_a_refused_key_is_noted_on_its_connection() -> None:
    linked = factories.make_connection()
    admission = _admit(linked)
    in_process(lambda: grants.mark_needs_attention(admission, "sandbox", "provider_key_invalid", NOW))
    seal = SealedKey.objects.get(connection=linked.connection)
    assert (seal.attention_code, seal.attention_at) == ("provider_key_invalid", NOW)


def test_another_trouble_of_a_key_is_told_anew_and_the_same_one_is_not() -> None:
    linked = factories.make_connection()
    admission = _admit(linked)
    told = []
    for code in ("key_quota_exhausted", "key_quota_exhausted", "key_invalid"):
        in_process(partial(grants.mark_needs_attention, admission, "sandbox", code, NOW))
        told.append(notices.tell_of_failing_keys(NOW))
    assert told == [1, 0, 1]


def test_a_late_refusal_of_the_old_key_is_not_noted_on_the_new_one() -> None:
    linked = factories.make_connection()
    admission = _admit(linked)
    SealedKey.objects.filter(connection=linked.connection).update(blob="sealed-anew")
    in_process(lambda: grants.mark_needs_attention(admission, "sandbox", "provider_key_invalid", NOW))
    assert SealedKey.objects.get(connection=linked.connection).attention_code is None
