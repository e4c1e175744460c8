-- Business groups, their number ranges, their mappings, and API keys.
-- Instants are microseconds since 1970; phone numbers are the digits of E.164.

CREATE TABLE business_groups (
    group_key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name TEXT NOT NULL,
    tenant_id TEXT COLLATE "C" UNIQUE CHECK (length(tenant_id) = 36),
    allow_guests BOOLEAN NOT NULL DEFAULT FALSE,
    identity_pinning TEXT NOT NULL DEFAULT 'enforce' CHECK (identity_pinning IN ('enforce', 'off')),
    revision BIGINT NOT NULL DEFAULT 0,
    mapping_count BIGINT NOT NULL DEFAULT 0 CHECK (mapping_count >= 0),
    created_at BIGINT NOT NULL
);

CREATE TABLE number_ranges (
    group_key BIGINT NOT NULL REFERENCES business_groups ON DELETE CASCADE,
    first_number BIGINT NOT NULL CHECK (first_number >= 1000000),
    last_number BIGINT NOT NULL CHECK (last_number <= 999999999999999),
    PRIMARY KEY (group_key, first_number, last_number),
    CHECK (first_number <= last_number),
    -- Deferred, so that a group's ranges can be replaced: the new ones go in before the old ones go.
    CONSTRAINT number_ranges_overlap EXCLUDE USING gist (int8range(first_number, last_number, '[]') WITH &&)
        DEFERRABLE INITIALLY DEFERRED
);

-- A mapping needs no foreign key to its group: it needs a range of that group, and that has one.
CREATE TABLE mappings (
    phone_number BIGINT PRIMARY KEY,
    group_key BIGINT NOT NULL,
    email TEXT COLLATE "C" NOT NULL CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    updated_at BIGINT NOT NULL,
    -- Whom the mapping is pinned to: an oid means nothing without its tenant.
    pinned_tid TEXT CHECK (length(pinned_tid) = 36),
    pinned_oid TEXT CHECK (length(pinned_oid) = 36),
    pinned_at BIGINT,
    UNIQUE (group_key, email),
    CHECK ((pinned_tid IS NULL) = (pinned_oid IS NULL) AND (pinned_tid IS NULL) = (pinned_at IS NULL))
);

CREATE INDEX mappings_in_order ON mappings (group_key, phone_number);

CREATE TABLE api_keys (
    id TEXT COLLATE "C" PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('operator', 'business-group-admin', 'resolver', 'scim')),
    group_key BIGINT REFERENCES business_groups ON DELETE CASCADE,
    prefix TEXT NOT NULL,
    secret_hash BYTEA NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    CHECK ((role IN ('business-group-admin', 'scim')) = (group_key IS NOT NULL))
);

CREATE INDEX api_keys_by_group ON api_keys (group_key);

-- A new mapping lies in a range of its own group. Checked once a statement, so that an import stays one set.
CREATE FUNCTION check_new_mappings() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_mappings m
        WHERE m.phone_number > COALESCE((
            SELECT r.last_number FROM number_ranges r
            WHERE r.group_key = m.group_key AND r.first_number <= m.phone_number
            ORDER BY r.first_number DESC LIMIT 1
        ), 0)
    ) THEN
        RAISE EXCEPTION 'number_not_assigned' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER mappings_are_in_ranges AFTER INSERT ON mappings
    REFERENCING NEW TABLE AS new_mappings FOR EACH STATEMENT EXECUTE FUNCTION check_new_mappings();

-- A range goes only if no mapping is left without one.
CREATE FUNCTION check_old_range() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM mappings m
        WHERE m.phone_number BETWEEN OLD.first_number AND OLD.last_number
            AND NOT EXISTS (
                SELECT FROM number_ranges r
                WHERE r.group_key = m.group_key AND m.phone_number BETWEEN r.first_number AND r.last_number
            )
    ) THEN
        RAISE EXCEPTION 'ranges_in_use' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ranges_in_use_stay AFTER DELETE ON number_ranges
    FOR EACH ROW EXECUTE FUNCTION check_old_range();

-- Ranges and the numbers of mappings are put in and taken out, never changed: the checks above see all there is.
CREATE FUNCTION refuse_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'never_changed' USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER ranges_never_change BEFORE UPDATE ON number_ranges
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER mappings_never_move BEFORE UPDATE OF phone_number, group_key ON mappings
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
