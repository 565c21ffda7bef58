"""What waits in each of many lanes, whoever may take it: coverage. And whom a gap's webhooks told."""

import django.contrib.postgres.fields
from django.db import migrations, models

# One index range per lane, cut at `most`, as in count_lanes of 0009, but of everything that waits there: without
# anybody's step or exclusions the index alone answers. The oldest by its own index.
COUNT = """
CREATE FUNCTION count_waiting(
    queues bigint[], languages text[], requirements text[], soon timestamptz, most integer
) RETURNS TABLE (
    place bigint, waiting bigint, due_soon bigint, missed bigint, next_due timestamptz, oldest timestamptz
)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
BEGIN
    RETURN QUERY
    SELECT lane.place, head.waiting, head.due_soon, head.missed, head.next_due, first.queued_at
    FROM unnest(queues, languages, requirements) WITH ORDINALITY AS lane (queue_id, language, asked, place)
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting,
               count(*) FILTER (WHERE due_at > now() AND due_at <= soon) AS due_soon,
               count(*) FILTER (WHERE due_at <= now()) AS missed,
               min(due_at) AS next_due
        FROM (
            SELECT c.due_at FROM moderation_case c
            WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
              AND c.requirements = lane.asked
            ORDER BY c.priority DESC, c.due_at, c.id
            LIMIT most
        ) AS counted
    ) AS head
    CROSS JOIN LATERAL (
        SELECT c.queued_at FROM moderation_case c
        WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
          AND c.requirements = lane.asked
        ORDER BY c.queued_at LIMIT 1
    ) AS first
    WHERE head.waiting > 0;
END $$;
"""

DROP = "DROP FUNCTION count_waiting(bigint[], text[], text[], timestamptz, integer);"


class Migration(migrations.Migration):
    dependencies = [("moderation", "0009_claim_by_requirements")]

    operations = [
        migrations.RunSQL(COUNT, DROP),
        migrations.AddField(
            model_name="coveragegap",
            name="told",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                default=list,
                help_text="Items of the webhooks that told of it, one per platform",
                size=None,
            ),
        ),
    ]
