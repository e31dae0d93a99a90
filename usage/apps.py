from django.apps import AppConfig


class UsageConfig(AppConfig):
    """Money: budgets, holds, the ledger."""

    name = "usage"
    default_auto_field = "django.db.models.BigAutoField"
