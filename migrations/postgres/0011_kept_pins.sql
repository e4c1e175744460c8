-- A pin belongs to the address in its group. Where a mapping goes, its pin is kept beside the address, and any mapping that
-- the address gets again has it back: by an import, a restore, a single change, from a replica of the version before, or
-- with psql. Only a release lets it go, and the end of the history that tells of the mapping.

-- In the order in which the program locks them: it may be running.
LOCK TABLE mappings, business_groups IN SHARE ROW EXCLUSIVE MODE;

-- The pins of addresses that have no mapping. There is no foreign key to the group: its check would lock the group after the
-- mappings, and the program locks it before them.
CREATE TABLE kept_pins (
    group_key BIGINT NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    pinned_tid TEXT NOT NULL CHECK (length(pinned_tid) = 36),
    pinned_oid TEXT NOT NULL CHECK (length(pinned_oid) = 36),
    pinned_at BIGINT NOT NULL,
    -- The revision in which the address left: when that is forgotten, so is the pin.
    left_in BIGINT NOT NULL,
    PRIMARY KEY (group_key, email)
);

CREATE FUNCTION drop_kept_pins() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM kept_pins WHERE group_key = OLD.group_key;
    RETURN NULL;
END $$;

CREATE TRIGGER kept_pins_go_with_their_group AFTER DELETE ON business_groups
    FOR EACH ROW EXECUTE FUNCTION drop_kept_pins();

CREATE FUNCTION keep_pins() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kept_pins (group_key, email, pinned_tid, pinned_oid, pinned_at, left_in)
        SELECT m.group_key, m.email, m.pinned_tid, m.pinned_oid, m.pinned_at, g.revision + 1
        FROM gone_mappings m JOIN business_groups g ON g.group_key = m.group_key
        WHERE m.pinned_oid IS NOT NULL
        ON CONFLICT (group_key, email) DO UPDATE SET pinned_tid = excluded.pinned_tid,
            pinned_oid = excluded.pinned_oid, pinned_at = excluded.pinned_at, left_in = excluded.left_in;
    RETURN NULL;
END $$;

CREATE TRIGGER pins_stay AFTER DELETE ON mappings
    REFERENCING OLD TABLE AS gone_mappings FOR EACH STATEMENT EXECUTE FUNCTION keep_pins();

-- A mapping that comes with a pin of its own has that.
CREATE FUNCTION give_pins_back() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    -- Where none is kept, a million new mappings need not be looked through.
    IF NOT EXISTS (SELECT FROM kept_pins) THEN
        RETURN NULL;
    END IF;
    -- Planned anew each time: the best way for one new mapping is a slow one for a million.
    EXECUTE 'WITH back AS (
            DELETE FROM kept_pins k USING new_mappings n WHERE k.group_key = n.group_key AND k.email = n.email
            RETURNING n.phone_number, k.pinned_tid, k.pinned_oid, k.pinned_at
        )
        UPDATE mappings m
            SET pinned_tid = back.pinned_tid, pinned_oid = back.pinned_oid, pinned_at = back.pinned_at
            FROM back WHERE m.phone_number = back.phone_number AND m.pinned_oid IS NULL';
    RETURN NULL;
END $$;

CREATE TRIGGER pins_come_back AFTER INSERT ON mappings
    REFERENCING NEW TABLE AS new_mappings FOR EACH STATEMENT EXECUTE FUNCTION give_pins_back();

-- A mapping that gets another address leaves its pin with the one before, and has the pin that is kept for the new one. A pin
-- that is set together with the address stays.
CREATE FUNCTION change_pin_with_address() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    back RECORD;
BEGIN
    IF OLD.pinned_oid IS NOT NULL THEN
        INSERT INTO kept_pins (group_key, email, pinned_tid, pinned_oid, pinned_at, left_in)
            SELECT OLD.group_key, OLD.email, OLD.pinned_tid, OLD.pinned_oid, OLD.pinned_at, revision + 1
            FROM business_groups WHERE group_key = OLD.group_key
            ON CONFLICT (group_key, email) DO UPDATE SET pinned_tid = excluded.pinned_tid,
                pinned_oid = excluded.pinned_oid, pinned_at = excluded.pinned_at, left_in = excluded.left_in;
    END IF;
    DELETE FROM kept_pins WHERE group_key = NEW.group_key AND email = NEW.email
        RETURNING pinned_tid, pinned_oid, pinned_at INTO back;
    IF NEW.pinned_oid IS NULL
        OR (NEW.pinned_tid, NEW.pinned_oid, NEW.pinned_at) = (OLD.pinned_tid, OLD.pinned_oid, OLD.pinned_at)
    THEN
        NEW.pinned_tid := back.pinned_tid;
        NEW.pinned_oid := back.pinned_oid;
        NEW.pinned_at := back.pinned_at;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER pins_stay_with_their_address BEFORE UPDATE OF email ON mappings FOR EACH ROW
    WHEN (OLD.email <> NEW.email) EXECUTE FUNCTION change_pin_with_address();

CREATE FUNCTION keep_all_pins() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kept_pins (group_key, email, pinned_tid, pinned_oid, pinned_at, left_in)
        SELECT m.group_key, m.email, m.pinned_tid, m.pinned_oid, m.pinned_at, g.revision + 1
        FROM mappings m JOIN business_groups g ON g.group_key = m.group_key
        WHERE m.pinned_oid IS NOT NULL
        ON CONFLICT (group_key, email) DO UPDATE SET pinned_tid = excluded.pinned_tid,
            pinned_oid = excluded.pinned_oid, pinned_at = excluded.pinned_at, left_in = excluded.left_in;
    RETURN NULL;
END $$;

CREATE TRIGGER all_pins_stay BEFORE TRUNCATE ON mappings FOR EACH STATEMENT EXECUTE FUNCTION keep_all_pins();

-- As those that tell of changes.
ALTER TABLE business_groups ENABLE ALWAYS TRIGGER kept_pins_go_with_their_group;
ALTER TABLE mappings ENABLE ALWAYS TRIGGER pins_stay;
ALTER TABLE mappings ENABLE ALWAYS TRIGGER pins_come_back;
ALTER TABLE mappings ENABLE ALWAYS TRIGGER pins_stay_with_their_address;
ALTER TABLE mappings ENABLE ALWAYS TRIGGER all_pins_stay;
