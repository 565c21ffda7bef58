"""A simulation says until when the cases that it plays through came: asked for again, it plays the same ones."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0011_a_rule_may_go")]

    operations = [
        migrations.AddField(
            model_name="foresight",
            name="until",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="Of the days before it; the same again, the same figures",
            ),
        ),
    ]
