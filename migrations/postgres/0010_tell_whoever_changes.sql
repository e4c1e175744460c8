-- Which lines a change of mappings concerns is told whoever makes it. Until now nothing was told of rows that came or went
-- in a session whose application_name was ours: anybody can call a session so, and a pooler gives ours to whoever comes
-- next. Now the rows themselves say whose lines they are, so nobody has to be believed.

-- In the order in which the program locks them: it may be running. A trigger of the mappings is dropped, which needs the
-- stronger lock: who begins with the weaker one waits for whoever has read the mappings and waits to write them.
LOCK TABLE mappings IN ACCESS EXCLUSIVE MODE;
LOCK TABLE business_groups, number_ranges IN SHARE ROW EXCLUSIVE MODE;

-- Tells of the tenant of a group; of all lines, unless the transaction holds the group's row, as those of the program do:
-- else somebody may be linking another tenant at the same time, whom this one does not see.
CREATE FUNCTION tell_of_lines_of(of_group BIGINT) RETURNS VOID LANGUAGE sql AS $$
    SELECT tell_of_line_changes(CASE
        WHEN pg_current_xact_id()::xid IN (xmin, xmax) THEN tenant_id
        ELSE 'all'
    END) FROM business_groups WHERE group_key = of_group
$$;

CREATE OR REPLACE FUNCTION tell_of_group_of_row() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_of_lines_of(CASE TG_OP WHEN 'DELETE' THEN OLD.group_key ELSE NEW.group_key END);
    RETURN NULL;
END $$;

-- Nearly always the rows are of one group. Two ends of a million are found faster than what is distinct among them.
CREATE FUNCTION tell_of_groups_of_rows() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    lowest BIGINT;
    highest BIGINT;
BEGIN
    SELECT min(group_key), max(group_key) INTO lowest, highest FROM told_mappings;
    IF lowest = highest THEN
        PERFORM tell_of_lines_of(lowest);
    ELSIF lowest < highest THEN
        PERFORM tell_of_lines_of(group_key) FROM (SELECT DISTINCT group_key FROM told_mappings) AS groups;
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER mappings_come_and_go_by_hand ON mappings;
CREATE TRIGGER mappings_come AFTER INSERT ON mappings
    REFERENCING NEW TABLE AS told_mappings FOR EACH STATEMENT EXECUTE FUNCTION tell_of_groups_of_rows();
CREATE TRIGGER mappings_go AFTER DELETE ON mappings
    REFERENCING OLD TABLE AS told_mappings FOR EACH STATEMENT EXECUTE FUNCTION tell_of_groups_of_rows();

-- A first sign-in writes its pin without the group's row, and takes the place of one of a tenant before. A pin counts in its own
-- tenant alone, so nobody else's lines have to be forgotten for it.
CREATE FUNCTION tell_of_pin() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_of_line_changes(OLD.pinned_tid);
    RETURN NULL;
END $$;

DROP TRIGGER mappings_change ON mappings;
CREATE TRIGGER mappings_change AFTER UPDATE ON mappings FOR EACH ROW
    WHEN (OLD.email <> NEW.email) EXECUTE FUNCTION tell_of_group_of_row();
CREATE TRIGGER pins_change AFTER UPDATE ON mappings FOR EACH ROW
    WHEN (OLD.email = NEW.email AND OLD.pinned_oid IS NOT NULL
        AND (OLD.pinned_tid, OLD.pinned_oid) IS DISTINCT FROM (NEW.pinned_tid, NEW.pinned_oid))
    EXECUTE FUNCTION tell_of_pin();

-- A session in which somebody has set session_replication_role can come from a pooler as well.
ALTER TABLE business_groups ENABLE ALWAYS TRIGGER groups_come_and_go;
ALTER TABLE business_groups ENABLE ALWAYS TRIGGER groups_change;
ALTER TABLE business_groups ENABLE ALWAYS TRIGGER groups_go_at_once;
ALTER TABLE number_ranges ENABLE ALWAYS TRIGGER ranges_come_and_go;
ALTER TABLE number_ranges ENABLE ALWAYS TRIGGER ranges_go_at_once;
ALTER TABLE mappings ENABLE ALWAYS TRIGGER mappings_change;
ALTER TABLE mappings ENABLE ALWAYS TRIGGER pins_change;
ALTER TABLE mappings ENABLE ALWAYS TRIGGER mappings_come;
ALTER TABLE mappings ENABLE ALWAYS TRIGGER mappings_go;
ALTER TABLE mappings ENABLE ALWAYS TRIGGER mappings_go_at_once;
