"""What Celery runs for accounts; every task is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from accounts.services import challenges, sessions


@shared_task(name="accounts.sweep_sessions", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep_sessions() -> None:
    """Delete expired sessions and spent challenges, lock idle vaults."""
    sessions.sweep(timezone.now())
    challenges.sweep(timezone.now())
