"""The claim and the board's counts over lanes that are told apart by what a rule asks besides the queue."""

from importlib import import_module

from django.db import migrations

EARLIER = """
DROP FUNCTION lock_next_case(bigint, bigint[], text[], integer[], integer, integer);
DROP FUNCTION count_lanes(bigint, bigint[], text[], integer[], timestamptz, integer);
"""

# As in 0002: the heads of each lane as unlocked candidates, then the best of them that is still free, locked, with the
# last conditions checked again on the locked row.
CLAIM = """
CREATE FUNCTION lock_next_case(
    moderator bigint, queues bigint[], languages text[], requirements text[], openings integer[],
    per_lane integer, most integer
) RETURNS SETOF moderation_case LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    WITH candidate AS MATERIALIZED (
        SELECT head.id, head.priority, head.due_at, lane.queue_id, lane.language, lane.asked
        FROM unnest(queues, languages, requirements, openings) AS lane (queue_id, language, asked, opens_after)
        CROSS JOIN LATERAL (
            SELECT c.id, c.priority, c.due_at
            FROM moderation_case c
            WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
              AND c.requirements = lane.asked
              AND c.queued_at <= now() - make_interval(secs => lane.opens_after)
              AND NOT EXISTS (
                  SELECT 1 FROM moderation_exclusion x
                  WHERE x.case_id = c.id AND x.moderator_id = moderator AND (x.until IS NULL OR x.until > now())
              )
            ORDER BY c.priority DESC, c.due_at, c.id
            LIMIT per_lane
        ) AS head
        ORDER BY head.priority DESC, head.due_at, head.id
        LIMIT most
    )
    SELECT free.*
    FROM candidate
    JOIN moderation_case free ON free.id = candidate.id
    WHERE free.status || '' = 'queued'
      AND free.queue_id = candidate.queue_id AND free.language || '' = candidate.language
      AND free.requirements || '' = candidate.asked
    ORDER BY candidate.priority DESC, candidate.due_at, candidate.id
    LIMIT 1
    FOR NO KEY UPDATE OF free SKIP LOCKED;
END $$;
"""

# As in 0003: one index range per lane, cut at `most`, and the oldest by its own index.
COUNT = """
CREATE FUNCTION count_lanes(
    moderator bigint, queues bigint[], languages text[], requirements text[], openings integer[],
    soon timestamptz, most integer
) RETURNS TABLE (place bigint, waiting bigint, due_soon bigint, next_due timestamptz, oldest timestamptz)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
BEGIN
    RETURN QUERY
    SELECT lane.place, head.waiting, head.due_soon, head.next_due, first.queued_at
    FROM unnest(queues, languages, requirements, openings)
         WITH ORDINALITY AS lane (queue_id, language, asked, opens_after, place)
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting, count(*) FILTER (WHERE due_at <= soon) AS due_soon, min(due_at) AS next_due
        FROM (
            SELECT c.due_at FROM moderation_case c
            WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
              AND c.requirements = lane.asked
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
          AND c.requirements = lane.asked
        ORDER BY c.queued_at LIMIT 1
    ) AS first ON head.waiting > 0;
END $$;
"""

DROP = """
DROP FUNCTION lock_next_case(bigint, bigint[], text[], text[], integer[], integer, integer);
DROP FUNCTION count_lanes(bigint, bigint[], text[], text[], integer[], timestamptz, integer);
"""


EARLIER_CLAIM = import_module("moderation.migrations.0002_audit_trail_and_claim").CLAIM
EARLIER_COUNT = import_module("moderation.migrations.0003_count_lanes").COUNT


class Migration(migrations.Migration):
    dependencies = [("moderation", "0008_routing_in_depth")]

    operations = [
        migrations.RunSQL(EARLIER, EARLIER_CLAIM + EARLIER_COUNT),
        migrations.RunSQL(CLAIM + COUNT, DROP),
    ]
