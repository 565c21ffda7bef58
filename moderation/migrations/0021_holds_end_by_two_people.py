"""How a legal hold may end, held by the database; and what answers an item, found without reading every snapshot."""

from django.db import migrations, models
from django.db.models import F, Q

# With the CHECK "two_people_lift_a_hold": one person asks, in a step of its own, and another lifts. Nobody gets around
# that by deleting the hold, taking an item out of it, or calling its time over before it is.
HOLDS_END = """
CREATE FUNCTION hold_ends_soundly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status IN ('active', 'lifting') THEN
            RAISE EXCEPTION 'A legal hold is lifted by two people, never deleted' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status NOT IN ('active', 'lifting') THEN
        RAISE EXCEPTION 'A legal hold that has ended stays as it ended' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.until < OLD.until OR NEW.referral_id IS DISTINCT FROM OLD.referral_id THEN
        RAISE EXCEPTION 'A legal hold is only ever extended' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'expired' AND NEW.until > clock_timestamp() THEN
        RAISE EXCEPTION 'The time of this legal hold is not over' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'lifted'
        AND (OLD.status <> 'lifting' OR NEW.lift_asked_by_id IS DISTINCT FROM OLD.lift_asked_by_id)
    THEN
        RAISE EXCEPTION 'One person asks to lift a legal hold, another lifts it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_ends_soundly BEFORE UPDATE OR DELETE ON moderation_legalhold
    FOR EACH ROW EXECUTE FUNCTION hold_ends_soundly();

CREATE FUNCTION held_item_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT status IN ('active', 'lifting') FROM moderation_legalhold WHERE id = OLD.hold_id) THEN
        RAISE EXCEPTION 'A legal hold keeps this item' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER held_item_stays BEFORE UPDATE OR DELETE ON moderation_helditem
    FOR EACH ROW EXECUTE FUNCTION held_item_stays();
"""

DROP_HOLDS_END = """
DROP TRIGGER held_item_stays ON moderation_helditem;
DROP FUNCTION held_item_stays();
DROP TRIGGER hold_ends_soundly ON moderation_legalhold;
DROP FUNCTION hold_ends_soundly();
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0020_reading_the_trail")]

    operations = [
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(F("parent__id"), name="snapshot_parent", condition=Q(parent__isnull=False)),
        ),
        migrations.RunSQL(HOLDS_END, DROP_HOLDS_END),
    ]
