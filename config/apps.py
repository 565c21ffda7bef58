"""The wiring app: holds the commands that need every other app, and the system checks."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  importing it registers the checks
