"""Retention: what is looked at again, where a run goes on, and the indexes by which what is due is found."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0018_endpoints_in_depth"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptLonger",
            fields=[
                (
                    "snapshot",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="kept_longer",
                        serialize=False,
                        to="moderation.snapshot",
                    ),
                ),
                ("look_again_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="snapshot",
            name="snapshot_once_per_digest",
        ),
        migrations.AddField(
            model_name="datarequest",
            name="look_again_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="purgereport",
            name="position",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="statement",
            name="erased_at",
            field=models.DateTimeField(
                help_text="When its text was erased at the person's request (retention.erasure)", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="datarequest",
            index=models.Index(
                condition=models.Q(("look_again_at__isnull", False)),
                fields=["look_again_at"],
                name="data_request_owed",
            ),
        ),
        migrations.AddIndex(
            model_name="draft",
            index=models.Index(fields=["saved_at"], name="draft_age"),
        ),
        migrations.AddIndex(
            model_name="foresight",
            index=models.Index(
                condition=models.Q(("status__in", ["done", "failed"])),
                fields=["asked_at"],
                name="foresight_age",
            ),
        ),
        migrations.AddIndex(
            model_name="idempotencykey",
            index=models.Index(fields=["created_at"], name="idempotency_key_age"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("status__in", ["delivered", "withdrawn"])),
                fields=["created_at"],
                name="message_age",
            ),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(
                condition=models.Q(("purged_at", None)),
                fields=["captured_at", "id"],
                name="snapshot_not_purged",
            ),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(
                condition=models.Q(("author__isnull", False), ("purged_at", None)),
                fields=["author"],
                name="snapshot_works_kept",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "content"), _negated=True), ("days__gte", 216), _connector="OR"
                ),
                name="content_outlasts_the_time_to_appeal",
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("purged_at", None)),
                fields=("item", "digest"),
                name="snapshot_once_per_digest",
            ),
        ),
        migrations.AddIndex(
            model_name="keptlonger",
            index=models.Index(fields=["look_again_at"], name="kept_look_again"),
        ),
    ]
