"""The board's counts, as a function for the same reason as the claim: its plan is kept, and its settings go with it."""

from django.db import migrations

# The board's figures: one index range per lane, cut at `most`, and the oldest by its own index. The settings keep the
# planner from reading a whole lane to sort it where the index has it in order.
COUNT = """
CREATE FUNCTION count_lanes(
    moderator bigint, queues bigint[], languages text[], openings integer[], soon timestamptz, most integer
) RETURNS TABLE (place bigint, waiting bigint, due_soon bigint, next_due timestamptz, oldest timestamptz)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
BEGIN
    RETURN QUERY
    SELECT lane.place, head.waiting, head.due_soon, head.next_due, first.queued_at
    FROM unnest(queues, languages, openings) WITH ORDINALITY AS lane (queue_id, language, opens_after, place)
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting, count(*) FILTER (WHERE due_at <= soon) AS due_soon, min(due_at) AS next_due
        FROM (
            SELECT c.due_at FROM moderation_case c
            WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
              AND c.queued_at <= now() - make_interval(secs => lane.opens_after)
              AND NOT EXISTS (
                  SELECT 1 FROM moderation_exclusion x
                  WHERE x.case_id = c.id AND x.moderator_id = moderator AND (x.until IS NULL OR x.until > now())
              )
            ORDER BY c.priority DESC, c.due_at, c.id
            LIMIT most
        ) AS counted
    ) AS head
    LEFT JOIN LATERAL (
        SELECT c.queued_at FROM moderation_case c
        WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
        ORDER BY c.queued_at LIMIT 1
    ) AS first ON head.waiting > 0;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0002_audit_trail_and_claim")]

    operations = [
        migrations.RunSQL(
            COUNT, "DROP FUNCTION count_lanes(bigint, bigint[], text[], integer[], timestamptz, integer);"
        ),
    ]
