"""When the words of an appeal were purged."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("appeals", "0002_background_and_code_attempts")]

    operations = [
        migrations.AddField(
            model_name="appeal",
            name="purged_at",
            field=models.DateTimeField(help_text="When her words were purged; the outcome stays", null=True),
        ),
    ]
