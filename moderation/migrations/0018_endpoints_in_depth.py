"""How an endpoint answers, the log's index, and signing secrets encrypted instead of in clear."""

from django.db import migrations, models
from django.db.models import F

from moderation import keys


def encrypt(apps, schema_editor):
    secret = apps.get_model("moderation", "EndpointSecret")
    secret.objects.bulk_create(
        secret(endpoint=endpoint, encrypted=keys.fernet().encrypt(endpoint.secret.encode()).decode())
        for endpoint in apps.get_model("moderation", "WebhookEndpoint").objects.exclude(secret="")
    )


def decrypt(apps, schema_editor):
    """The one that signs for good: before, there was no other."""
    newest_last = F("expires_at").asc(nulls_last=True)
    for secret in apps.get_model("moderation", "EndpointSecret").objects.order_by(newest_last, "pk"):
        secret.endpoint.secret = keys.fernet().decrypt(secret.encrypted).decode()
        secret.endpoint.save(update_fields=["secret"])
        secret.delete()


# What refers to the new rows is checked now: their tables cannot be altered while checks are owed.
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;"


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0017_policy_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="webhookendpoint",
            name="gone_at",
            field=models.DateTimeField(
                help_text="When it answered 410 and was switched off for it", null=True
            ),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="failing_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="last_error",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["endpoint", "created_at", "id"], name="message_log"),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, CHECK_NOW),
        migrations.RunPython(encrypt, decrypt),
        migrations.RunSQL(CHECK_NOW, migrations.RunSQL.noop),
        # On the way back the column is made anew, and needs something until it is filled.
        migrations.AlterField(
            model_name="webhookendpoint",
            name="secret",
            field=models.CharField(default="", max_length=120),
        ),
        migrations.RemoveField(model_name="webhookendpoint", name="secret"),
    ]
