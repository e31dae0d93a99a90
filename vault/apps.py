from django.apps import AppConfig


class VaultConfig(AppConfig):
    """The encrypted items of users; the server cannot open them."""

    name = "vault"
    default_auto_field = "django.db.models.BigAutoField"
