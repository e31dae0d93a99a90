"""The Celery application: which broker, and what runs when. Tasks live in each package's tasks.py."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

from relay import embedded_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay.settings")

app = Celery("relay")


def _every(task: str, schedule: timedelta | crontab, expires_seconds: int) -> dict[str, Any]:
    """A beat entry; a run that could not start before the next ones are due is dropped, as every task catches up."""
    return {"task": task, "schedule": schedule, "options": {"expires": expires_seconds}}


def _broker() -> dict[str, Any]:
    if settings.REDIS_URL:
        return {"broker_url": settings.REDIS_URL}
    folder = settings.RELAY_DATA_DIR / "celery"
    return {
        "broker_url": "filesystem://localhost//",
        "broker_transport": "relay.embedded_broker:Transport",
        "broker_transport_options": embedded_broker.options(folder),
        "worker_enable_remote_control": False,
    }


app.conf.update(
    **_broker(),
    beat_schedule={
        "usage.sweep": _every("usage.sweep", timedelta(seconds=10), 10),
        "usage.roll_up_hour": _every("usage.roll_up_hour", timedelta(minutes=1), 60),
        "usage.roll_up_day": _every("usage.roll_up_day", crontab(minute="5,35"), 1500),
        "usage.roll_over": _every("usage.roll_over", crontab(minute="0,10", hour="0", day_of_month="1"), 500),
        "usage.forget": _every("usage.forget", timedelta(seconds=30), 30),
        "linkflow.expire": _every("linkflow.expire", timedelta(minutes=1), 60),
        "linkflow.tell": _every("linkflow.tell", timedelta(seconds=30), 30),
        "accounts.sweep_sessions": _every("accounts.sweep_sessions", timedelta(minutes=10), 600),
        "accounts.send_mail": _every("accounts.send_mail", timedelta(seconds=10), 10),
        "accounts.verify_oldest_app": _every("accounts.verify_oldest_app", timedelta(minutes=2), 120),
        "webhooks.deliver": _every("webhooks.deliver", timedelta(seconds=2), 2),
        "webhooks.sweep": _every("webhooks.sweep", timedelta(hours=1), 3600),
        "core.sweep_answers": _every("core.sweep_answers", timedelta(minutes=10), 600),
    },
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=1,
    timezone="UTC",
)
app.autodiscover_tasks()
