from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "appeals"

    def ready(self) -> None:
        from appeals import effects, following, links, retention, review, taking_part
        from moderation import plugins

        for hooks in (effects, following, links, retention, review, taking_part):
            plugins.manager().register(hooks)
