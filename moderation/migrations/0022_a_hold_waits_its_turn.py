"""A legal hold has its items from the moment that it is written, not only from the end of its transaction."""

from django.db import migrations

# The foreign key would do it as well, but Django's are checked at the end of the transaction: until then a purge would
# not see that a hold is on its way. A purge locks its items FOR UPDATE, so that one of the two waits for the other, or
# leaves the item alone.
WAITS = """
CREATE FUNCTION hold_has_its_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM moderation_item WHERE id = NEW.item_id FOR KEY SHARE;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_has_its_item BEFORE INSERT ON moderation_helditem
    FOR EACH ROW EXECUTE FUNCTION hold_has_its_item();
"""

DROP_WAITS = """
DROP TRIGGER hold_has_its_item ON moderation_helditem;
DROP FUNCTION hold_has_its_item();
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0021_holds_end_by_two_people")]

    operations = [migrations.RunSQL(WAITS, DROP_WAITS)]
