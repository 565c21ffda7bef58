"""Drafts know which device typed them and when in its own count, so that older words never replace newer ones."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("appeals", "0004_in_depth")]

    operations = [
        migrations.AddField(
            model_name="appealdraft",
            name="device",
            field=models.CharField(
                blank=True,
                default="",
                help_text="What typed it, by a name of its own making; empty: no script",
                max_length=40,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="appealdraft",
            name="revision",
            field=models.PositiveBigIntegerField(
                default=0, help_text="How many changes that device had counted"
            ),
        ),
    ]
