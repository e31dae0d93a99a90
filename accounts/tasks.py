"""What Celery runs for accounts; every task is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from accounts.services import browsers, challenges, mail, sessions, verification


@shared_task(name="accounts.sweep_sessions", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep_sessions() -> None:
    """Delete expired sessions, spent challenges, old mail and long unseen browsers, lock idle vaults."""
    sessions.sweep(timezone.now())
    browsers.sweep(timezone.now())
    challenges.sweep(timezone.now())
    mail.sweep(timezone.now())


@shared_task(name="accounts.send_mail", ignore_result=True)  # type: ignore[untyped-decorator]
def send_mail() -> None:
    """Send the mail that is due."""
    mail.send_due(timezone.now())


@shared_task(name="accounts.verify_oldest_app", ignore_result=True)  # type: ignore[untyped-decorator]
def verify_oldest_app() -> None:
    """Ask the origins of the one app that was asked longest ago whether they still name it, if that is a day ago."""
    verification.check_oldest(timezone.now())
