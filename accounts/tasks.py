"""What Celery runs for accounts; every task is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from accounts.services import challenges, mail, sessions, verification


@shared_task(name="accounts.sweep_sessions", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep_sessions() -> None:
    """Delete expired sessions, spent challenges and old mail, lock idle vaults."""
    sessions.sweep(timezone.now())
    challenges.sweep(timezone.now())
    mail.sweep(timezone.now())


@shared_task(name="accounts.send_mail", ignore_result=True)  # type: ignore[untyped-decorator]
def send_mail() -> None:
    """Send the mail that is due."""
    mail.send_due(timezone.now())


@shared_task(name="accounts.verify_apps", ignore_result=True)  # type: ignore[untyped-decorator]
def verify_apps() -> None:
    """Ask every origin that names an app whether it still does: one task an app, as each may take seconds."""
    for app_id in verification.due():
        verify_app.delay(app_id)


@shared_task(name="accounts.verify_app", ignore_result=True)  # type: ignore[untyped-decorator]
def verify_app(app_id: str) -> None:
    """Ask one app's origins."""
    verification.check_again_by_id(app_id, timezone.now())
