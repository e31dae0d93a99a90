"""What Celery runs for the floor; every task is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from relay.core import idempotency


@shared_task(name="core.sweep_answers", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep_answers() -> None:
    """Delete the answers kept for idempotency keys that are older than 24 hours."""
    idempotency.sweep(timezone.now())
