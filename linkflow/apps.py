from django.apps import AppConfig


class LinkflowConfig(AppConfig):
    """Consent: link sessions and connections."""

    name = "linkflow"
    default_auto_field = "django.db.models.BigAutoField"
