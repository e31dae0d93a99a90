"""A deleted account's amounts stay, its id goes: in small steps, whatever dies in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.interleaving import just_after
from tests.usage.calls import CENT, NOW, hold, in_process, in_thread, ledger_cost, make_subject, outcome
from tests.usage.test_rollups import _entry
from usage import forgetting, rollups, settling
from usage.models import Budget, Forgotten, Hold, KeyUse, LedgerEntry, Rollup, Window


@pytest.mark.django_db(transaction=True)
def test_amounts_stay_and_the_id_goes() -> None:
    gone, other = make_subject(), make_subject()

    async def work() -> None:
        settling.settle(outcome(await hold(gone, CENT), CENT))
        settling.settle(outcome(await hold(other, CENT), CENT))
        await settling.flush()
        under_way = await hold(gone, CENT)
        await in_thread(rollups.catch_up, Rollup.HOUR, NOW)
        await in_thread(forgetting.forget_user, gone.user_id, NOW)
        settling.settle(outcome(under_way, CENT))

    in_process(work)
    assert set(Window.objects.values_list("subject_id", flat=True)) == {other.connection_id, other.user_id}
    assert forgetting.forget_rows() == 1
    assert ledger_cost() == 3 * CENT
    assert LedgerEntry.objects.filter(user_id="").count() == 2
    for model in (Budget, Hold, LedgerEntry, Rollup, KeyUse, Forgotten):
        assert not model._default_manager.filter(user_id=gone.user_id).exists()
    assert set(KeyUse.objects.values_list("user_id", flat=True)) == {other.user_id}


@pytest.mark.django_db
def test_a_run_that_ends_early_is_followed_by_one_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 3)
    for minute in range(10):
        _entry(NOW + timedelta(minutes=minute))
    rollups.catch_up(Rollup.DAY, NOW + timedelta(days=3))
    with CaptureQueriesContext(connection) as deletion:
        forgetting.forget_user("usr_a", NOW)
    assert not [each for each in deletion if "usage_ledgerentry" in each["sql"] or "usage_rollup" in each["sql"]]
    assert forgetting.forget_rows(seconds=0) == 0
    assert LedgerEntry.objects.filter(user_id="").count() == 3

    class WorkerDiedError(Exception):
        pass

    def die() -> None:
        raise WorkerDiedError

    with pytest.raises(WorkerDiedError), just_after('SELECT "usage_rollup"', die):
        forgetting.forget_rows()
    assert Forgotten.objects.exists()
    assert forgetting.forget_rows() == 1
    assert forgetting.forget_rows() == 0
    assert set(LedgerEntry.objects.values_list("user_id", flat=True)) == set(Rollup.objects.values_list("user_id", flat=True)) == {""}
