"""What the database itself refuses: one person deciding and approving, and losing what is held or sealed."""

from django.db import migrations

# The decider is the decision's own, whoever writes the row; an answer is given once. With the CHECK constraints of
# Approval that is: nobody ever approves what she decided.
APPROVALS = """
CREATE FUNCTION approval_is_sound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.status <> 'waiting' OR NEW.decision_id <> OLD.decision_id) THEN
        RAISE EXCEPTION 'An approval is answered once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.decided_by_id IS DISTINCT FROM (SELECT decided_by_id FROM moderation_decision WHERE id = NEW.decision_id)
    THEN
        RAISE EXCEPTION 'An approval names who decided' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_is_sound BEFORE INSERT OR UPDATE ON moderation_approval
    FOR EACH ROW EXECUTE FUNCTION approval_is_sound();
CREATE TRIGGER approval_is_kept BEFORE DELETE ON moderation_approval
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Nothing that needs a second person goes on without one.
CREATE FUNCTION is_approved(decision bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM moderation_approval WHERE decision_id = decision AND status = 'approved')
$$;
CREATE FUNCTION enforcement_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.needs_approval, NEW.decision_id) IS DISTINCT FROM (OLD.needs_approval, OLD.decision_id)
    THEN
        RAISE EXCEPTION 'Whether an action needs approval is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.needs_approval AND NEW.status NOT IN ('held', 'withdrawn') AND NOT is_approved(NEW.decision_id) THEN
        RAISE EXCEPTION 'This action waits for a second person' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enforcement_is_approved BEFORE INSERT OR UPDATE ON moderation_enforcement
    FOR EACH ROW EXECUTE FUNCTION enforcement_is_approved();

CREATE FUNCTION referral_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN ('held', 'withdrawn') AND NOT is_approved(NEW.decision_id) THEN
        RAISE EXCEPTION 'This referral waits for a second person' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER referral_is_approved BEFORE INSERT OR UPDATE ON moderation_referral
    FOR EACH ROW EXECUTE FUNCTION referral_is_approved();
"""

DROP_APPROVALS = """
DROP TRIGGER referral_is_approved ON moderation_referral;
DROP FUNCTION referral_is_approved();
DROP TRIGGER enforcement_is_approved ON moderation_enforcement;
DROP FUNCTION enforcement_is_approved();
DROP FUNCTION is_approved(bigint);
DROP TRIGGER approval_is_kept ON moderation_approval;
DROP TRIGGER approval_is_sound ON moderation_approval;
DROP FUNCTION approval_is_sound();
"""

# Evidence is purged whole or not at all, and not while a legal hold lasts.
HOLDS = """
CREATE FUNCTION is_held(item bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM moderation_helditem h JOIN moderation_legalhold l ON l.id = h.hold_id
        WHERE h.item_id = item AND l.status IN ('active', 'lifting')
    )
$$;
DROP TRIGGER snapshot_is_evidence ON moderation_snapshot;
CREATE FUNCTION snapshot_is_kept_or_purged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NOT (
        OLD.purged_at IS NULL AND NEW.purged_at IS NOT NULL
        AND NEW.text = '' AND NEW.url = '' AND NEW.media = '[]' AND NEW.display_name = '' AND NEW.metadata = '{}'
        AND NEW.parent IS NULL
        AND (NEW.id, NEW.item_id, NEW.digest, NEW.captured_at, NEW.type, NEW.language, NEW.created_at, NEW.author_id,
             NEW.disclosure, NEW.country, NEW.reach)
            IS NOT DISTINCT FROM
            (OLD.id, OLD.item_id, OLD.digest, OLD.captured_at, OLD.type, OLD.language, OLD.created_at, OLD.author_id,
             OLD.disclosure, OLD.country, OLD.reach)
    ) THEN
        RAISE EXCEPTION 'moderation_snapshot is never changed: % refused', TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF is_held(OLD.item_id) THEN
        RAISE EXCEPTION 'A legal hold keeps this snapshot' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER snapshot_is_kept_or_purged BEFORE UPDATE OR DELETE ON moderation_snapshot
    FOR EACH ROW EXECUTE FUNCTION snapshot_is_kept_or_purged();

CREATE FUNCTION item_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF is_held(OLD.id) THEN
        RAISE EXCEPTION 'A legal hold keeps this item' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER item_is_kept BEFORE DELETE ON moderation_item FOR EACH ROW EXECUTE FUNCTION item_is_kept();

CREATE FUNCTION flag_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT is_held(s.item_id) FROM moderation_snapshot s WHERE s.id = OLD.snapshot_id) THEN
        RAISE EXCEPTION 'A legal hold keeps this flag' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER flag_is_kept BEFORE DELETE OR UPDATE OF evidence, metadata ON moderation_flag
    FOR EACH ROW EXECUTE FUNCTION flag_is_kept();

CREATE FUNCTION preserved_file_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT status IN ('active', 'lifting') FROM moderation_legalhold WHERE id = OLD.hold_id) THEN
        IF TG_OP = 'DELETE' OR OLD.status = 'kept' THEN
            RAISE EXCEPTION 'A legal hold keeps this file' USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER preserved_file_is_kept BEFORE UPDATE OR DELETE ON moderation_preservedfile
    FOR EACH ROW EXECUTE FUNCTION preserved_file_is_kept();
"""

DROP_HOLDS = """
DROP TRIGGER preserved_file_is_kept ON moderation_preservedfile;
DROP FUNCTION preserved_file_is_kept();
DROP TRIGGER flag_is_kept ON moderation_flag;
DROP FUNCTION flag_is_kept();
DROP TRIGGER item_is_kept ON moderation_item;
DROP FUNCTION item_is_kept();
DROP TRIGGER snapshot_is_kept_or_purged ON moderation_snapshot;
DROP FUNCTION snapshot_is_kept_or_purged();
CREATE TRIGGER snapshot_is_evidence BEFORE UPDATE ON moderation_snapshot
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP FUNCTION is_held(bigint);
"""

SEALED = """
CREATE TRIGGER seal_is_never_changed BEFORE UPDATE OR DELETE ON moderation_seal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER package_is_never_changed BEFORE UPDATE OR DELETE ON moderation_referralpackage
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

DROP_SEALED = """
DROP TRIGGER package_is_never_changed ON moderation_referralpackage;
DROP TRIGGER seal_is_never_changed ON moderation_seal;
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0014_decisions_in_depth")]

    operations = [
        migrations.RunSQL(APPROVALS, DROP_APPROVALS),
        migrations.RunSQL(HOLDS, DROP_HOLDS),
        migrations.RunSQL(SEALED, DROP_SEALED),
    ]
