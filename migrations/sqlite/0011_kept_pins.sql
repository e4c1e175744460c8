-- A pin belongs to the address in its group. Where a mapping goes, its pin is kept beside the address, and any mapping that
-- the address gets again has it back: by an import, a restore, a single change, or with another program. Only a release
-- lets it go, and the end of the history that tells of the mapping.

-- The pins of addresses that have no mapping.
CREATE TABLE kept_pins (
    group_key INTEGER NOT NULL REFERENCES business_groups ON DELETE CASCADE,
    email TEXT NOT NULL,
    pinned_tid TEXT NOT NULL CHECK (length(pinned_tid) = 36),
    pinned_oid TEXT NOT NULL CHECK (length(pinned_oid) = 36),
    pinned_at INTEGER NOT NULL,
    -- The revision in which the address left: when that is forgotten, so is the pin.
    left_in INTEGER NOT NULL,
    PRIMARY KEY (group_key, email)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER pins_stay AFTER DELETE ON mappings WHEN OLD.pinned_oid IS NOT NULL
BEGIN
    INSERT OR REPLACE INTO kept_pins (group_key, email, pinned_tid, pinned_oid, pinned_at, left_in)
        SELECT OLD.group_key, OLD.email, OLD.pinned_tid, OLD.pinned_oid, OLD.pinned_at, revision + 1
        FROM business_groups WHERE group_key = OLD.group_key;
END;

-- A mapping that comes with a pin of its own has that.
CREATE TRIGGER pins_come_back AFTER INSERT ON mappings
WHEN EXISTS (SELECT 1 FROM kept_pins WHERE group_key = NEW.group_key AND email = NEW.email)
BEGIN
    UPDATE mappings SET (pinned_tid, pinned_oid, pinned_at) = (
        SELECT pinned_tid, pinned_oid, pinned_at FROM kept_pins WHERE group_key = NEW.group_key AND email = NEW.email
    ) WHERE phone_number = NEW.phone_number AND pinned_oid IS NULL;
    DELETE FROM kept_pins WHERE group_key = NEW.group_key AND email = NEW.email;
END;

-- A mapping that gets another address leaves its pin with the one before, and has the pin that is kept for the new one. A pin
-- that is set together with the address stays.
CREATE TRIGGER pins_stay_with_their_address AFTER UPDATE OF email ON mappings WHEN OLD.email <> NEW.email
BEGIN
    INSERT OR REPLACE INTO kept_pins (group_key, email, pinned_tid, pinned_oid, pinned_at, left_in)
        SELECT OLD.group_key, OLD.email, OLD.pinned_tid, OLD.pinned_oid, OLD.pinned_at, revision + 1
        FROM business_groups WHERE group_key = OLD.group_key AND OLD.pinned_oid IS NOT NULL;
    UPDATE mappings SET (pinned_tid, pinned_oid, pinned_at) = (
        SELECT pinned_tid, pinned_oid, pinned_at FROM kept_pins WHERE group_key = NEW.group_key AND email = NEW.email
    ) WHERE phone_number = NEW.phone_number AND (NEW.pinned_oid IS NULL
        OR (NEW.pinned_tid, NEW.pinned_oid, NEW.pinned_at) = (OLD.pinned_tid, OLD.pinned_oid, OLD.pinned_at));
    DELETE FROM kept_pins WHERE group_key = NEW.group_key AND email = NEW.email;
END;
