"""What Celery runs for webhooks; every task is safe to run twice, and finds for itself what there is to do."""

from celery import shared_task
from django.utils import timezone

from webhooks.services import delivery, retention


@shared_task(name="webhooks.deliver", ignore_result=True)  # type: ignore[untyped-decorator]
def deliver() -> None:
    """Send the events that are due."""
    delivery.deliver_due(timezone.now())


@shared_task(name="webhooks.sweep", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Forget what is older than thirty days."""
    retention.sweep(timezone.now())
