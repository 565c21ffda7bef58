from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_skills_grants_and_rota"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="configuration_version",
            field=models.PositiveIntegerField(
                default=1, help_text="Counts the changes to what she may take and when she works"
            ),
        ),
    ]
