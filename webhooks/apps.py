from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """News for apps: what happened, where it is told, what came of telling it."""

    name = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"
