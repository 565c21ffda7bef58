"""A rule that is removed leaves the cases that it caught as they are."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0010_count_waiting")]

    operations = [
        migrations.AlterField(
            model_name="case",
            name="rule",
            field=models.ForeignKey(
                db_constraint=False,
                help_text="The rule that caught it",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="cases",
                to="moderation.routingrule",
            ),
        ),
    ]
