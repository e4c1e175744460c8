//! The SQL that both engines understand.

pub(super) const PING: &str = "SELECT group_key FROM business_groups LIMIT 1";

// Business groups.

/// Ends with the condition, and `ORDER BY` where there may be several.
macro_rules! groups_where {
    ($rest:literal) => {
        concat!(
            "SELECT group_key, id, name, tenant_id, allow_guests, identity_pinning, mapping_count, revision, created_at \
             FROM business_groups WHERE ",
            $rest
        )
    };
}

pub(super) const FIND_GROUP: &str = groups_where!("id = $1");
pub(super) const LIST_GROUPS: &str = groups_where!("id > $1 ORDER BY id LIMIT $2");
pub(super) const CREATE_GROUP: &str =
    "INSERT INTO business_groups (id, name, created_at) VALUES ($1, $2, $3) RETURNING group_key";
pub(super) const UPDATE_GROUP: &str = "UPDATE business_groups SET name = COALESCE($2, name), \
     allow_guests = COALESCE($3, allow_guests), identity_pinning = COALESCE($4, identity_pinning) WHERE group_key = $1";
pub(super) const DELETE_GROUP: &str = "DELETE FROM business_groups WHERE group_key = $1";
pub(super) const LINK_TENANT: &str = "UPDATE business_groups SET tenant_id = $2 WHERE id = $1";

// Number ranges.

pub(super) const RANGES_OF_GROUP: &str =
    "SELECT first_number, last_number FROM number_ranges WHERE group_key = $1 ORDER BY first_number";
pub(super) const ADD_RANGE: &str =
    "INSERT INTO number_ranges (group_key, first_number, last_number) VALUES ($1, $2, $3)";
pub(super) const DELETE_RANGE: &str =
    "DELETE FROM number_ranges WHERE group_key = $1 AND first_number = $2 AND last_number = $3";
pub(super) const RANGE_OF_ANOTHER: &str = "SELECT 1 FROM number_ranges r JOIN business_groups g ON g.group_key = r.group_key \
     WHERE g.id <> $1 AND r.first_number <= $3 AND r.last_number >= $2 LIMIT 1";
pub(super) const COUNT_MAPPINGS_BETWEEN: &str =
    "SELECT count(*) FROM mappings WHERE group_key = $1 AND phone_number BETWEEN $2 AND $3";

// Mappings.

/// A pin of a tenant that the group was linked to before counts as none.
pub(super) const RESOLVE: &str = "SELECT g.id, g.allow_guests, g.identity_pinning, m.phone_number, \
     CASE WHEN m.pinned_tid = g.tenant_id THEN m.pinned_oid END \
     FROM business_groups g LEFT JOIN mappings m ON m.group_key = g.group_key AND m.email = $2 WHERE g.tenant_id = $1";
pub(super) const PIN: &str = "UPDATE mappings SET pinned_tid = $4, pinned_oid = $5, pinned_at = $6 \
     WHERE phone_number = $2 AND email = $3 AND (pinned_tid IS NULL OR pinned_tid <> $4) \
     AND group_key = (SELECT group_key FROM business_groups WHERE id = $1)";
pub(super) const PINNED_TO: &str = "SELECT pinned_oid FROM mappings WHERE phone_number = $2 AND email = $3 \
     AND group_key = (SELECT group_key FROM business_groups WHERE id = $1)";
pub(super) const FIND_MAPPING: &str = "SELECT phone_number, email, updated_at FROM mappings WHERE phone_number = $2 \
     AND group_key = (SELECT group_key FROM business_groups WHERE id = $1)";
pub(super) const FIND_GROUP_KEY: &str = "SELECT group_key FROM business_groups WHERE id = $1";
pub(super) const LIST_MAPPINGS: &str = "SELECT phone_number, email, updated_at FROM mappings \
     WHERE group_key = $1 AND phone_number > $2 ORDER BY phone_number LIMIT $3";
pub(super) const SEARCH_MAPPINGS: &str = "SELECT phone_number, email, updated_at FROM mappings \
     WHERE group_key = $1 AND phone_number > $2 \
     AND ('+' || CAST(phone_number AS TEXT) LIKE $4 ESCAPE '\\' OR email LIKE $4 ESCAPE '\\') \
     ORDER BY phone_number LIMIT $3";
pub(super) const MAPPING_OF_EMAIL: &str = "SELECT phone_number FROM mappings WHERE group_key = $1 AND email = $2";
pub(super) const ADD_MAPPING: &str =
    "INSERT INTO mappings (phone_number, group_key, email, updated_at) VALUES ($1, $2, $3, $4)";
/// The pin goes: it was for who had the address before.
pub(super) const CHANGE_MAPPING: &str = "UPDATE mappings SET email = $3, updated_at = $4, \
     pinned_tid = NULL, pinned_oid = NULL, pinned_at = NULL WHERE phone_number = $1 AND group_key = $2";
pub(super) const DELETE_MAPPING: &str = "DELETE FROM mappings WHERE phone_number = $1 AND group_key = $2";
pub(super) const COUNT_REVISION: &str =
    "UPDATE business_groups SET revision = revision + 1, mapping_count = mapping_count + $2 WHERE group_key = $1";
pub(super) const EXPORT_CHUNK: &str = "SELECT phone_number, email FROM mappings \
     WHERE group_key = $1 AND phone_number > $2 ORDER BY phone_number LIMIT $3";
pub(super) const EXPORT_HEAD: &str = "SELECT group_key, revision FROM business_groups WHERE id = $1";

// Imports. The staged rows are in `import_rows`; one without address only says that the file names the number.

/// Rows whose address belongs to a number that the file does not name. With `$2`, also rows whose address belongs to the
/// number of such a row, and so on: it keeps its address as well. Addresses are unique, so each row comes up once.
macro_rules! with_taken {
    ($rest:literal) => {
        concat!(
            "WITH RECURSIVE taken (line, phone_number, email, by_number) AS ( \
             SELECT s.line, s.phone_number, s.email, c.phone_number FROM import_rows s \
             JOIN mappings c ON c.group_key = $1 AND c.email = s.email \
             WHERE c.phone_number <> s.phone_number \
             AND NOT EXISTS (SELECT 1 FROM import_rows o WHERE o.phone_number = c.phone_number) \
             UNION \
             SELECT s.line, s.phone_number, s.email, c.phone_number FROM taken t \
             JOIN mappings c ON c.group_key = $1 AND c.phone_number = t.phone_number \
             JOIN import_rows s ON s.email = c.email AND s.phone_number <> c.phone_number WHERE $2 ) ",
            $rest
        )
    };
}

pub(super) const COUNT_TAKEN: &str = with_taken!("SELECT count(*) FROM taken");
pub(super) const LIST_TAKEN: &str =
    with_taken!("SELECT line, phone_number, email, by_number FROM taken ORDER BY line LIMIT $3");
pub(super) const UNSTAGE_TAKEN: &str =
    with_taken!("DELETE FROM import_rows WHERE phone_number IN (SELECT phone_number FROM taken)");
/// Added, changed, unchanged.
pub(super) const COUNT_CHANGES: &str = "SELECT count(*) FILTER (WHERE c.email IS NULL), \
     count(*) FILTER (WHERE c.email <> s.email), count(*) FILTER (WHERE c.email = s.email) \
     FROM import_rows s LEFT JOIN mappings c ON c.group_key = $1 AND c.phone_number = s.phone_number \
     WHERE s.email IS NOT NULL";
/// What the file changes goes first, so that two numbers can swap their addresses.
pub(super) const DELETE_CHANGED: &str = "DELETE FROM mappings WHERE group_key = $1 AND EXISTS ( \
     SELECT 1 FROM import_rows s WHERE s.phone_number = mappings.phone_number AND s.email <> mappings.email)";
pub(super) const DELETE_CHANGED_AND_REMOVED: &str = "DELETE FROM mappings WHERE group_key = $1 AND NOT EXISTS ( \
     SELECT 1 FROM import_rows s WHERE s.phone_number = mappings.phone_number AND s.email = mappings.email)";
pub(super) const INSERT_STAGED: &str = "INSERT INTO mappings (phone_number, group_key, email, updated_at) \
     SELECT s.phone_number, $1, s.email, $2 FROM import_rows s WHERE s.email IS NOT NULL AND NOT EXISTS ( \
     SELECT 1 FROM mappings c WHERE c.group_key = $1 AND c.phone_number = s.phone_number) ORDER BY s.phone_number";

// API keys.

macro_rules! keys_where {
    ($rest:literal) => {
        concat!(
            "SELECT k.id, k.name, k.role, g.id, k.prefix, k.created_at, k.expires_at \
             FROM api_keys k LEFT JOIN business_groups g ON g.group_key = k.group_key WHERE ",
            $rest
        )
    };
}

pub(super) const FIND_KEY: &str = keys_where!("k.secret_hash = $1");
pub(super) const LIST_KEYS: &str = keys_where!("k.id > $1 ORDER BY k.id LIMIT $2");
pub(super) const ADD_KEY: &str = "INSERT INTO api_keys (id, name, role, group_key, prefix, secret_hash, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
pub(super) const DELETE_KEY: &str = "DELETE FROM api_keys WHERE id = $1";
