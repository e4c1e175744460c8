-- Business groups, their number ranges, their mappings, and API keys.
-- Instants are microseconds since 1970; phone numbers are the digits of E.164.

CREATE TABLE business_groups (
    group_key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 63 AND id NOT GLOB '*[^a-z0-9-]*' AND id NOT LIKE '-%'),
    name TEXT NOT NULL,
    tenant_id TEXT UNIQUE CHECK (length(tenant_id) = 36),
    allow_guests INTEGER NOT NULL DEFAULT FALSE CHECK (allow_guests IN (0, 1)),
    identity_pinning TEXT NOT NULL DEFAULT 'enforce' CHECK (identity_pinning IN ('enforce', 'off')),
    revision INTEGER NOT NULL DEFAULT 0,
    mapping_count INTEGER NOT NULL DEFAULT 0 CHECK (mapping_count >= 0),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE number_ranges (
    group_key INTEGER NOT NULL REFERENCES business_groups ON DELETE CASCADE,
    first_number INTEGER NOT NULL CHECK (first_number >= 1000000),
    last_number INTEGER NOT NULL CHECK (last_number <= 999999999999999),
    PRIMARY KEY (group_key, first_number, last_number),
    CHECK (first_number <= last_number)
) STRICT, WITHOUT ROWID;

CREATE INDEX number_ranges_in_order ON number_ranges (first_number);

-- A mapping needs no foreign key to its group: it needs a range of that group, and that has one.
CREATE TABLE mappings (
    phone_number INTEGER PRIMARY KEY,
    group_key INTEGER NOT NULL,
    email TEXT NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    updated_at INTEGER NOT NULL,
    -- Whom the mapping is pinned to: an oid means nothing without its tenant.
    pinned_tid TEXT CHECK (length(pinned_tid) = 36),
    pinned_oid TEXT CHECK (length(pinned_oid) = 36),
    pinned_at INTEGER,
    UNIQUE (group_key, email),
    CHECK ((pinned_tid IS NULL) = (pinned_oid IS NULL) AND (pinned_tid IS NULL) = (pinned_at IS NULL))
) STRICT;

CREATE INDEX mappings_in_order ON mappings (group_key, phone_number);

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('operator', 'business-group-admin', 'resolver', 'scim')),
    group_key INTEGER REFERENCES business_groups ON DELETE CASCADE,
    prefix TEXT NOT NULL,
    secret_hash BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    CHECK ((role IN ('business-group-admin', 'scim')) = (group_key IS NOT NULL))
) STRICT;

CREATE INDEX api_keys_by_group ON api_keys (group_key);

-- Ranges of two groups never overlap. Those of one group may for a moment, while they are replaced.
CREATE TRIGGER number_ranges_overlap BEFORE INSERT ON number_ranges
WHEN EXISTS (
    SELECT 1 FROM number_ranges r
    WHERE r.group_key <> NEW.group_key AND r.first_number <= NEW.last_number AND r.last_number >= NEW.first_number
)
BEGIN
    SELECT RAISE(ABORT, 'number_ranges_overlap');
END;

-- A new mapping lies in a range of its own group.
CREATE TRIGGER mappings_are_in_ranges BEFORE INSERT ON mappings
WHEN NEW.phone_number > COALESCE((
    SELECT r.last_number FROM number_ranges r
    WHERE r.group_key = NEW.group_key AND r.first_number <= NEW.phone_number
    ORDER BY r.first_number DESC LIMIT 1
), 0)
BEGIN
    SELECT RAISE(ABORT, 'number_not_assigned');
END;

-- A range goes only if no mapping is left without one.
CREATE TRIGGER ranges_in_use_stay AFTER DELETE ON number_ranges
WHEN EXISTS (
    SELECT 1 FROM mappings m
    WHERE m.phone_number BETWEEN OLD.first_number AND OLD.last_number
        AND NOT EXISTS (
            SELECT 1 FROM number_ranges r
            WHERE r.group_key = m.group_key AND m.phone_number BETWEEN r.first_number AND r.last_number
        )
)
BEGIN
    SELECT RAISE(ABORT, 'ranges_in_use');
END;

-- Ranges and the numbers of mappings are put in and taken out, never changed: the checks above see all there is.
CREATE TRIGGER ranges_never_change BEFORE UPDATE ON number_ranges
BEGIN
    SELECT RAISE(ABORT, 'never_changed');
END;

CREATE TRIGGER mappings_never_move BEFORE UPDATE OF phone_number, group_key ON mappings
BEGIN
    SELECT RAISE(ABORT, 'never_changed');
END;
