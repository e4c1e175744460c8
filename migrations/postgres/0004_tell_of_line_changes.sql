-- Replicas keep the lines that they have resolved. Any commit that may change a line tells them, whoever makes it: the
-- program, or somebody with psql. PostgreSQL delivers with the commit, and the same word once. What bypasses triggers
-- (logical replication, session_replication_role) bypasses this too: stop the replicas for it.
--
-- The word is the tenant whose lines may have changed, or "all".

-- In the order in which the program locks them: it may be running.
LOCK TABLE mappings, business_groups, number_ranges IN SHARE ROW EXCLUSIVE MODE;

CREATE FUNCTION tell_of_line_changes(tenant TEXT) RETURNS VOID LANGUAGE sql AS $$
    SELECT pg_notify('signline_line_changes', tenant) WHERE tenant IS NOT NULL
$$;

CREATE FUNCTION tell_of_all_lines() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_of_line_changes('all');
    RETURN NULL;
END $$;

-- Whatever the program does to mappings, but for first sign-ins, counts up the revision of their group.
CREATE FUNCTION tell_of_group() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM tell_of_line_changes(OLD.tenant_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM tell_of_line_changes(NEW.tenant_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER groups_come_and_go AFTER INSERT OR DELETE ON business_groups
    FOR EACH ROW EXECUTE FUNCTION tell_of_group();
CREATE TRIGGER groups_change AFTER UPDATE ON business_groups FOR EACH ROW
    WHEN ((OLD.id, OLD.tenant_id, OLD.allow_guests, OLD.identity_pinning, OLD.revision)
        IS DISTINCT FROM (NEW.id, NEW.tenant_id, NEW.allow_guests, NEW.identity_pinning, NEW.revision))
    EXECUTE FUNCTION tell_of_group();

CREATE FUNCTION tell_of_group_of_row() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    of_group BIGINT := CASE TG_OP WHEN 'DELETE' THEN OLD.group_key ELSE NEW.group_key END;
BEGIN
    PERFORM tell_of_line_changes(tenant_id) FROM business_groups WHERE group_key = of_group;
    RETURN NULL;
END $$;

CREATE TRIGGER ranges_come_and_go AFTER INSERT OR DELETE ON number_ranges
    FOR EACH ROW EXECUTE FUNCTION tell_of_group_of_row();

-- A first sign-in pins a mapping that was pinned to nobody. That changes nothing that may be kept: who finds no pin asks
-- the database.
CREATE TRIGGER mappings_change AFTER UPDATE ON mappings FOR EACH ROW
    WHEN (OLD.email <> NEW.email OR OLD.pinned_oid IS NOT NULL
        AND (OLD.pinned_tid, OLD.pinned_oid) IS DISTINCT FROM (NEW.pinned_tid, NEW.pinned_oid))
    EXECUTE FUNCTION tell_of_group_of_row();

-- Past the program, which for a million rows has its revision to tell of them.
CREATE TRIGGER mappings_come_and_go_by_hand AFTER INSERT OR DELETE ON mappings FOR EACH STATEMENT
    WHEN (current_setting('application_name') <> 'signline') EXECUTE FUNCTION tell_of_all_lines();
CREATE TRIGGER mappings_go_at_once AFTER TRUNCATE ON mappings
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_all_lines();
CREATE TRIGGER ranges_go_at_once AFTER TRUNCATE ON number_ranges
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_all_lines();
CREATE TRIGGER groups_go_at_once AFTER TRUNCATE ON business_groups
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_all_lines();
