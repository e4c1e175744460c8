-- Who did what, and who was refused what. Rows are added, and nothing else ever happens to them.

CREATE TABLE audit_events (
    event_key INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    action TEXT NOT NULL,
    -- The slug of the problem that the caller was refused with; none if it was done.
    refused_with TEXT,
    -- The id as text: what was done to a group is still told when the group is gone.
    group_id TEXT,
    -- A JSON object of texts.
    detail TEXT NOT NULL,
    request_id TEXT
) STRICT;

CREATE INDEX audit_events_by_group ON audit_events (group_id, event_key);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, event_key);

CREATE TRIGGER audit_events_never_change BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'never_changed');
END;

CREATE TRIGGER audit_events_stay BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'never_changed');
END;
