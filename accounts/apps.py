from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who may call: people with a vault, developers' apps, sessions."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
