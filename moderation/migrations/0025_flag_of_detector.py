from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0024_overturning")]

    operations = [
        migrations.AddIndex(
            model_name="flag",
            index=models.Index(
                models.F("detector"),
                models.F("policy"),
                models.F("id").desc(),
                condition=~models.Q(detector=""),
                name="flag_of_detector",
            ),
        ),
    ]
