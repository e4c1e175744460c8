-- Who did what, and who was refused what. Rows are added, and nothing else ever happens to them.

CREATE TABLE audit_events (
    event_key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    -- The slug of the problem that the caller was refused with; none if it was done.
    refused_with TEXT,
    -- The id as text: what was done to a group is still told when the group is gone.
    group_id TEXT COLLATE "C",
    -- A JSON object of texts.
    detail TEXT NOT NULL,
    request_id TEXT
);

CREATE INDEX audit_events_by_group ON audit_events (group_id, event_key);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, event_key);

CREATE TRIGGER audit_events_stay BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_stay_all BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
