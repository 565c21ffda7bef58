"""What was saved once as the rules, and what a case asked when it was placed, is never changed afterwards."""

from django.db import migrations

TRIGGERS = """
CREATE TRIGGER routing_version_is_never_edited BEFORE UPDATE ON moderation_routingversion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER requirements_are_never_edited BEFORE UPDATE ON moderation_requirements
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

DROP = """
DROP TRIGGER requirements_are_never_edited ON moderation_requirements;
DROP TRIGGER routing_version_is_never_edited ON moderation_routingversion;
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0012_foresight_until")]

    operations = [migrations.RunSQL(TRIGGERS, DROP)]
