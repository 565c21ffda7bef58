"""The wiring app: holds the commands that need every other app, and the system checks."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks, hidden_links  # noqa: F401  importing the checks registers them
        from moderation import plugins
        from moderation.actions import register

        hidden_links.hide_in_servers()
        # The last app to be ready: by now every app has registered its hooks.
        for actions in plugins.manager().hook.actions():
            for action in actions:
                register(action)
