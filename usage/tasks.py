"""What Celery runs for money; every task is safe to run twice, and catches up on what earlier runs missed."""

from celery import shared_task
from django.utils import timezone

from usage import forgetting, rollups, services, sweeping
from usage.models import Rollup


@shared_task(name="usage.sweep", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """End the holds of processes that died."""
    sweeping.sweep(timezone.now())


@shared_task(name="usage.roll_up_hour", ignore_result=True)  # type: ignore[untyped-decorator]
def roll_up_hour() -> None:
    """Sum the ledger by hour: the present one so far, and those that ended since."""
    rollups.catch_up(Rollup.HOUR, timezone.now())


@shared_task(name="usage.roll_up_day", ignore_result=True)  # type: ignore[untyped-decorator]
def roll_up_day() -> None:
    """Sum the ledger by day: today so far, and those that ended since."""
    rollups.catch_up(Rollup.DAY, timezone.now())


@shared_task(name="usage.roll_over", ignore_result=True)  # type: ignore[untyped-decorator]
def roll_over() -> None:
    """Open the new month's windows."""
    services.roll_over(timezone.now())


@shared_task(name="usage.forget", ignore_result=True)  # type: ignore[untyped-decorator]
def forget() -> None:
    """Take the ids of deleted accounts from the ledger, for some seconds."""
    forgetting.forget_rows()
