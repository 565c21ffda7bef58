"""What only PostgreSQL can promise: the append-only trail, evidence that never changes, and the claim."""

from django.db import migrations

PARTITIONED_TABLES = """
CREATE SEQUENCE moderation_event_id_seq;
CREATE TABLE moderation_event (
    id bigint NOT NULL DEFAULT nextval('moderation_event_id_seq'),
    at timestamptz NOT NULL,
    kind varchar(64) NOT NULL,
    actor varchar(10) NOT NULL,
    actor_id bigint,
    case_id bigint,
    item_id bigint,
    data jsonb NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
ALTER SEQUENCE moderation_event_id_seq OWNED BY moderation_event.id;
CREATE TABLE moderation_event_default PARTITION OF moderation_event DEFAULT;
-- The history on the case page.
CREATE INDEX event_case ON moderation_event (case_id, id) WHERE case_id IS NOT NULL;
-- What happened to an item.
CREATE INDEX event_item ON moderation_event (item_id, id) WHERE item_id IS NOT NULL;

CREATE SEQUENCE moderation_deliveryattempt_id_seq;
CREATE TABLE moderation_deliveryattempt (
    id bigint NOT NULL DEFAULT nextval('moderation_deliveryattempt_id_seq'),
    at timestamptz NOT NULL,
    message_id bigint NOT NULL,
    attempt smallint NOT NULL,
    status_code smallint,
    error varchar(500) NOT NULL,
    milliseconds integer NOT NULL,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
ALTER SEQUENCE moderation_deliveryattempt_id_seq OWNED BY moderation_deliveryattempt.id;
CREATE TABLE moderation_deliveryattempt_default PARTITION OF moderation_deliveryattempt DEFAULT;
-- The attempts of one message: delivery page.
CREATE INDEX deliveryattempt_message ON moderation_deliveryattempt (message_id, id);

-- Makes the monthly partitions of a table from this month to `ahead` months on. The default partition catches
-- what comes if nobody called it; config/cron.py calls it daily.
CREATE FUNCTION make_month_partitions(parent text, ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    first_day date;
    name text;
    made integer := 0;
BEGIN
    FOR step IN 0..ahead LOOP
        first_day := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => step))::date;
        name := parent || to_char(first_day, '_YYYY_MM');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, parent,
                first_day::text || ' 00:00:00+00', (first_day + interval '1 month')::date::text || ' 00:00:00+00'
            );
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
SELECT make_month_partitions('moderation_event', 2), make_month_partitions('moderation_deliveryattempt', 2);
"""

DROP_PARTITIONED_TABLES = """
DROP FUNCTION make_month_partitions(text, integer);
DROP TABLE moderation_deliveryattempt;
DROP TABLE moderation_event;
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON moderation_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_is_not_truncated BEFORE TRUNCATE ON moderation_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER snapshot_is_evidence BEFORE UPDATE ON moderation_snapshot
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decision_is_never_edited BEFORE UPDATE ON moderation_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

DROP_APPEND_ONLY = """
DROP TRIGGER decision_is_never_edited ON moderation_decision;
DROP TRIGGER snapshot_is_evidence ON moderation_snapshot;
DROP TRIGGER event_is_not_truncated ON moderation_event;
DROP TRIGGER event_is_append_only ON moderation_event;
DROP FUNCTION refuse_change();
"""

# The heads of each lane as unlocked candidates, then the best of them that is still free, locked. Locking inside
# the lateral join would lock one row per lane to take one. The last conditions are checked again on the locked row,
# so a case that was taken or re-routed in between is passed over; `status || ''` keeps that check from tempting the
# planner away from the primary key.
CLAIM = """
CREATE FUNCTION lock_next_case(
    moderator bigint, queues bigint[], languages text[], openings integer[], per_lane integer, most integer
) RETURNS SETOF moderation_case LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    WITH candidate AS MATERIALIZED (
        SELECT head.id, head.priority, head.due_at, lane.queue_id, lane.language
        FROM unnest(queues, languages, openings) AS lane (queue_id, language, opens_after)
        CROSS JOIN LATERAL (
            SELECT c.id, c.priority, c.due_at
            FROM moderation_case c
            WHERE c.status = 'queued' AND c.queue_id = lane.queue_id AND c.language = lane.language
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
    ORDER BY candidate.priority DESC, candidate.due_at, candidate.id
    LIMIT 1
    FOR NO KEY UPDATE OF free SKIP LOCKED;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]

    operations = [
        migrations.RunSQL(PARTITIONED_TABLES, DROP_PARTITIONED_TABLES),
        migrations.RunSQL(APPEND_ONLY, DROP_APPEND_ONLY),
        migrations.RunSQL(
            CLAIM, "DROP FUNCTION lock_next_case(bigint, bigint[], text[], integer[], integer, integer);"
        ),
    ]
