"""``manage.py api_key``: make, list and revoke the keys with which platforms call the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, Platform, Scope
from moderation import audit


class Command(BaseCommand):
    help = "Make, list and revoke the keys with which platforms call the API."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a key and show it, this once")
        create.add_argument("platform", help="the platform's slug")
        create.add_argument("name", help="what it is for: shown in lists, so that keys can be told apart")
        create.add_argument(
            "--scope", action="append", choices=Scope.values, help="again for each; all by default"
        )
        create.add_argument("--days", type=int, help="how long it is valid; for ever by default")
        create.add_argument(
            "--new-platform", metavar="NAME", help="make the platform too, where there is none of this slug"
        )
        actions.add_parser("list", help="all keys, without the keys themselves")
        revoke = actions.add_parser("revoke", help="refuse a key from now on")
        revoke.add_argument("id", type=int, help="its number in the list")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        {"create": self._create, "list": self._list, "revoke": self._revoke}[action](options)

    @transaction.atomic
    def _create(self, options: dict[str, Any]) -> None:
        if options["new_platform"]:
            Platform.objects.get_or_create(
                slug=options["platform"], defaults={"name": options["new_platform"]}
            )
        platform = Platform.objects.filter(slug=options["platform"]).first()
        if platform is None:
            known = ", ".join(Platform.objects.order_by("slug").values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no platform “{options['platform']}”; there are: {known}")
        days = options["days"]
        if days is not None and days < 1:
            raise CommandError("A key is valid for at least a day")
        made, key = api_keys.create_key(
            platform,
            options["name"],
            options["scope"] or Scope.values,
            timezone.now() + timedelta(days=days) if days else None,
        )
        audit.record(
            "api_key.created", audit.SYSTEM, api_key=made.pk, platform=platform.slug, scopes=made.scopes
        )
        self.stdout.write(key)
        self.stderr.write(f"Key {made.pk}. Keep it now: it is not shown again.")

    def _list(self, options: dict[str, Any]) -> None:
        for key in ApiKey.objects.select_related("platform").order_by("pk"):
            state = api_keys.refusal(key) or (
                f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "valid"
            )
            self.stdout.write(
                f"{key.pk:>5}  {key.platform.slug:20}  {key.prefix}…  {state:22}  {' '.join(key.scopes)}  {key.name}"
            )

    @transaction.atomic
    def _revoke(self, options: dict[str, Any]) -> None:
        key = ApiKey.objects.select_for_update().filter(pk=options["id"]).first()
        if key is None:
            raise CommandError(f"There is no key {options['id']}")
        api_keys.revoke(key)
        audit.record("api_key.revoked", audit.SYSTEM, api_key=key.pk)
        self.stdout.write(f"Key {key.pk} ({key.prefix}…) is refused from now on")
