from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "appeals"

    def ready(self) -> None:
        from appeals import links, retention, review
        from moderation import plugins

        for hooks in (links, retention, review):
            plugins.manager().register(hooks)
