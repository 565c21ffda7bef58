"""Each policy as it was at every version: written by the database with the version itself, and never changed."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

COLUMNS = """name, severity, guidelines, allowed_actions, sla_minutes, dsa_category, dsa_keyword, ground, legal_ground,
    public_names, public_texts"""

# Whoever saves a policy, by whatever way: no version is ever without its row.
VERSIONS = f"""
CREATE FUNCTION policy_keeps_its_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.version <> OLD.version THEN
        INSERT INTO moderation_policyversion (policy_id, version, saved_at, {COLUMNS})
        VALUES (NEW.id, NEW.version, now(), {", ".join("NEW." + name.strip() for name in COLUMNS.split(","))});
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER policy_keeps_its_versions AFTER INSERT OR UPDATE ON moderation_policy
    FOR EACH ROW EXECUTE FUNCTION policy_keeps_its_versions();
CREATE TRIGGER policy_version_is_never_edited BEFORE UPDATE OR DELETE ON moderation_policyversion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
INSERT INTO moderation_policyversion (policy_id, version, saved_at, {COLUMNS})
    SELECT id, version, now(), {COLUMNS} FROM moderation_policy;
"""

DROP = """
DROP TRIGGER policy_version_is_never_edited ON moderation_policyversion;
DROP TRIGGER policy_keeps_its_versions ON moderation_policy;
DROP FUNCTION policy_keeps_its_versions();
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0016_message_of_decision")]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="dsa_keyword",
            field=models.CharField(
                blank=True, help_text="KEYWORD_… of that category, or empty", max_length=80, default=""
            ),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("severity", models.PositiveSmallIntegerField(help_text="1 (minor) to 5 (threat to life)")),
                ("guidelines", models.TextField(blank=True, help_text="What a moderator looks for")),
                (
                    "allowed_actions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), help_text="Action slugs", size=None
                    ),
                ),
                (
                    "sla_minutes",
                    models.PositiveIntegerField(help_text="A case is due this long after it was opened"),
                ),
                (
                    "dsa_category",
                    models.CharField(help_text="STATEMENT_CATEGORY_… of the DSA database", max_length=80),
                ),
                (
                    "dsa_keyword",
                    models.CharField(
                        blank=True, help_text="KEYWORD_… of that category, or empty", max_length=80
                    ),
                ),
                (
                    "ground",
                    models.CharField(
                        choices=[("terms", "it breaks our terms"), ("law", "it breaks the law")],
                        default="terms",
                        max_length=5,
                    ),
                ),
                (
                    "legal_ground",
                    models.CharField(blank=True, help_text="The law, for the ground “law”", max_length=500),
                ),
                ("public_names", models.JSONField(blank=True, default=dict)),
                ("public_texts", models.JSONField(default=dict)),
                ("version", models.PositiveIntegerField()),
                ("saved_at", models.DateTimeField(auto_now_add=True)),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="moderation.policy",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("policy", "version"), name="policy_version_once")
                ],
            },
        ),
        migrations.RunSQL(VERSIONS, DROP),
    ]
