from django.apps import AppConfig
from django.core import checks


class CoreConfig(AppConfig):
    """The floor; no models, but the system checks of all settings."""

    name = "relay.core"
    label = "relay_core"

    def ready(self) -> None:
        """Registers the checks."""
        from relay.core.checks import check_settings  # noqa: PLC0415 (needs settings)

        checks.register(check_settings)
