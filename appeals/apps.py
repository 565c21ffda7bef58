from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "appeals"

    def ready(self) -> None:
        from appeals import links, review
        from moderation import plugins

        for hooks in (links, review):
            plugins.manager().register(hooks)
