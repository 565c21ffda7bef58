"""Which decision a webhook tells of, so that it can be undone with it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0015_held_by_the_database"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="decision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="moderation.decision",
            ),
        ),
    ]
