-- Replicas keep the lines that they have resolved. Any commit that changes a line gives its group another generation and
-- tells all replicas, whoever makes it: the program, or somebody with psql.

-- A value that never comes back, not a count: a database that was set back to an earlier state, or a standby that
-- missed the last commits, must not reach again what a replica has seen before.
CREATE FUNCTION new_generation() RETURNS BIGINT LANGUAGE sql VOLATILE AS $$
    SELECT ('x' || translate(left(gen_random_uuid()::text, 18), '-', ''))::bit(64)::bigint
$$;

ALTER TABLE business_groups ADD COLUMN generation BIGINT NOT NULL DEFAULT new_generation();

-- A change of mappings through the program counts up the revision.
CREATE FUNCTION renew_generation() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.generation := new_generation();
    RETURN NEW;
END $$;

CREATE TRIGGER group_changes_renew BEFORE UPDATE ON business_groups FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.allow_guests, OLD.identity_pinning, OLD.revision)
        IS DISTINCT FROM (NEW.tenant_id, NEW.allow_guests, NEW.identity_pinning, NEW.revision))
    EXECUTE FUNCTION renew_generation();

-- Ranges, and mappings that are changed past the program.
CREATE FUNCTION renew_generations() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE business_groups SET generation = new_generation()
        WHERE group_key IN (SELECT group_key FROM changed GROUP BY group_key);
    RETURN NULL;
END $$;

CREATE TRIGGER new_ranges_renew AFTER INSERT ON number_ranges
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION renew_generations();
CREATE TRIGGER old_ranges_renew AFTER DELETE ON number_ranges
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION renew_generations();
CREATE TRIGGER new_mappings_renew AFTER INSERT ON mappings
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION renew_generations();
CREATE TRIGGER old_mappings_renew AFTER DELETE ON mappings
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION renew_generations();

-- A first sign-in in a tenant, which pins, changes nothing that may be kept: who finds no pin asks the database.
CREATE FUNCTION renew_generation_of_mapping() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE business_groups SET generation = new_generation() WHERE group_key = NEW.group_key;
    RETURN NULL;
END $$;

CREATE TRIGGER changed_mappings_renew AFTER UPDATE ON mappings FOR EACH ROW
    WHEN (OLD.email <> NEW.email OR OLD.pinned_oid IS NOT NULL
        AND (NEW.pinned_oid IS NULL OR NEW.pinned_tid = OLD.pinned_tid AND NEW.pinned_oid <> OLD.pinned_oid))
    EXECUTE FUNCTION renew_generation_of_mapping();

-- PostgreSQL delivers it with the commit, once for each tenant.
CREATE FUNCTION tell_lines_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.tenant_id IS NOT NULL THEN
        PERFORM pg_notify('signline_lines_changed', OLD.tenant_id);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.tenant_id IS NOT NULL THEN
        PERFORM pg_notify('signline_lines_changed', NEW.tenant_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER new_groups_tell AFTER INSERT OR DELETE ON business_groups FOR EACH ROW
    EXECUTE FUNCTION tell_lines_changed();
CREATE TRIGGER changed_groups_tell AFTER UPDATE ON business_groups FOR EACH ROW
    WHEN (OLD.generation <> NEW.generation) EXECUTE FUNCTION tell_lines_changed();
