"""What Celery runs for consent; every task is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from linkflow.services import expiry, notices, sessions


@shared_task(name="linkflow.expire", ignore_result=True)  # type: ignore[untyped-decorator]
def expire() -> None:
    """End what the clock has ended: pending approvals, expired connections, old link sessions."""
    expiry.expire(timezone.now())
    sessions.expire(timezone.now())
    sessions.sweep(timezone.now())


@shared_task(name="linkflow.tell", ignore_result=True)  # type: ignore[untyped-decorator]
def tell() -> None:
    """Tell people of budgets that are nearly or wholly used, and of keys that providers refuse."""
    notices.tell_of_budgets(timezone.now())
    notices.tell_of_new_months(timezone.now())
    notices.tell_of_failing_keys(timezone.now())
