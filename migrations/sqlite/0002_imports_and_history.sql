-- Previews of imports, the history of each group, and the changes that both are made of.

-- The oldest revision whose mappings can still be told. Groups that were there before have no history yet.
ALTER TABLE business_groups ADD COLUMN history_from INTEGER NOT NULL DEFAULT 0;
UPDATE business_groups SET history_from = revision;

-- What one import would change, or one revision has changed; a revision made by a preview has the preview's.
CREATE TABLE change_sets (
    change_set_key INTEGER PRIMARY KEY AUTOINCREMENT,
    group_key INTEGER NOT NULL REFERENCES business_groups ON DELETE CASCADE,
    added INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    removed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX change_sets_by_group ON change_sets (group_key);

-- One number that gets, loses or changes its address. A change has no foreign key to its set, which would be
-- a check for each of a million rows of an import. Whoever deletes a set deletes its changes.
CREATE TABLE changes (
    change_set_key INTEGER NOT NULL,
    phone_number INTEGER NOT NULL,
    old_email TEXT,
    new_email TEXT,
    -- The address moves to this number from that one, or from this number to that one.
    moved_with INTEGER,
    -- The line of the file.
    line INTEGER,
    PRIMARY KEY (change_set_key, phone_number),
    CHECK (old_email IS DISTINCT FROM new_email),
    CHECK (moved_with IS NULL OR old_email IS NULL OR new_email IS NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE revisions (
    group_key INTEGER NOT NULL REFERENCES business_groups ON DELETE CASCADE,
    revision INTEGER NOT NULL CHECK (revision > 0),
    change_set_key INTEGER NOT NULL UNIQUE REFERENCES change_sets ON DELETE CASCADE,
    at INTEGER NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('import', 'api', 'restore', 'scim')),
    PRIMARY KEY (group_key, revision)
) STRICT, WITHOUT ROWID;

CREATE INDEX revisions_by_time ON revisions (at);

CREATE TABLE imports (
    id TEXT PRIMARY KEY NOT NULL,
    group_key INTEGER NOT NULL REFERENCES business_groups ON DELETE CASCADE,
    change_set_key INTEGER NOT NULL UNIQUE REFERENCES change_sets ON DELETE CASCADE,
    mode TEXT NOT NULL CHECK (mode IN ('replace', 'merge')),
    base_revision INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    -- Of a file whose bad rows were left out; none for any other.
    problem_count INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- The group's revision once the import is applied.
    revision INTEGER CHECK (revision BETWEEN base_revision AND base_revision + 1)
) STRICT;

CREATE INDEX imports_by_group ON imports (group_key);
CREATE INDEX imports_by_expiry ON imports (expires_at) WHERE revision IS NULL;

-- A revision is never rewritten. It goes only with its group, or as the oldest of a history that is cut short.
CREATE TRIGGER revisions_never_change BEFORE UPDATE ON revisions
BEGIN
    SELECT RAISE(ABORT, 'never_changed');
END;
