"""Indexes for reading the audit trail by person, kind and time, and for finding an Event's seal."""

from django.db import migrations, models

INDEXES = """
-- The audit page: what one person did, latest first.
CREATE INDEX event_person ON moderation_event (actor_id, id) WHERE actor = 'person';
-- The audit page: what happened of one kind, latest first; and the Events that tell of seals.
CREATE INDEX event_kind ON moderation_event (kind, id);

-- The number of the first Event at or after a moment, by halving the range of numbers, so that no index over times is
-- needed: moments rise with numbers but for what writers overtake each other by. Whoever asks allows for that.
CREATE FUNCTION event_number_at(moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    low bigint := coalesce((SELECT min(id) FROM moderation_event), 0);
    high bigint := coalesce((SELECT max(id) FROM moderation_event), 0) + 1;
    middle bigint;
    found record;
BEGIN
    WHILE low < high LOOP
        middle := low + (high - low) / 2;
        SELECT id, at INTO found FROM moderation_event WHERE id >= middle ORDER BY id LIMIT 1;
        IF found.id IS NULL OR found.at >= moment THEN
            high := middle;
        ELSE
            low := found.id + 1;
        END IF;
    END LOOP;
    RETURN low;
END $$;
"""

DROP_INDEXES = """
DROP FUNCTION event_number_at(timestamptz);
DROP INDEX event_kind;
DROP INDEX event_person;
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0019_retention")]

    operations = [
        migrations.RunSQL(INDEXES, DROP_INDEXES),
        migrations.AlterField(
            model_name="seal",
            name="sealed_at",
            field=models.DateTimeField(),
        ),
        migrations.AddIndex(
            model_name="seal",
            index=models.Index(fields=["last_event"], name="seal_last_event"),
        ),
        migrations.AddIndex(
            model_name="seal",
            index=models.Index(fields=["sealed_at"], name="seal_sealed_at"),
        ),
        migrations.AddIndex(
            model_name="seal",
            index=models.Index(fields=["head"], name="seal_head"),
        ),
    ]
