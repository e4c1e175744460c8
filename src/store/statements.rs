//! The SQL that both engines understand.

pub(super) const PING: &str = "SELECT group_key FROM business_groups LIMIT 1";

// Business groups.

/// Ends with the condition, and `ORDER BY` where there may be several.
macro_rules! groups_where {
    ($rest:literal) => {
        concat!(
            "SELECT group_key, id, name, tenant_id, allow_guests, identity_pinning, mapping_count, revision, created_at, \
             tenant_proven_at, tenant_confirmed_at FROM business_groups WHERE ",
            $rest
        )
    };
}

pub(super) const FIND_GROUP: &str = groups_where!("id = $1");
pub(super) const FIND_LINKED_GROUP: &str =
    "SELECT id, name, allow_guests, tenant_proven_at IS NOT NULL FROM business_groups WHERE tenant_id = $1";
pub(super) const LIST_GROUPS: &str = groups_where!("id > $1 ORDER BY id LIMIT $2");
pub(super) const CREATE_GROUP: &str =
    "INSERT INTO business_groups (id, name, created_at) VALUES ($1, $2, $3) RETURNING group_key";
pub(super) const UPDATE_GROUP: &str = "UPDATE business_groups SET name = COALESCE($2, name), \
     allow_guests = COALESCE($3, allow_guests), identity_pinning = COALESCE($4, identity_pinning) WHERE group_key = $1";
/// Its changes go first: nothing else leads to them.
pub(super) const DELETE_CHANGES_OF_GROUP: &str = "DELETE FROM changes WHERE change_set_key IN \
     (SELECT change_set_key FROM change_sets WHERE group_key = $1)";
pub(super) const DELETE_GROUP: &str = "DELETE FROM business_groups WHERE group_key = $1";
pub(super) const LINK_TENANT: &str = "UPDATE business_groups SET tenant_id = $2, tenant_proven_at = NULL, tenant_confirmed_at = NULL WHERE group_key = $1";
/// Of a link that is not proven yet. In a statement of its own: with a new link the proof of the one before goes.
pub(super) const PROVE_TENANT: &str = "UPDATE business_groups SET tenant_proven_at = $2 WHERE group_key = $1 \
     AND tenant_id IS NOT NULL AND tenant_proven_at IS NULL";
/// As [`PROVE_TENANT`]: that the link is the operator's own.
pub(super) const CONFIRM_TENANT: &str = "UPDATE business_groups SET tenant_confirmed_at = $2 WHERE group_key = $1 \
     AND tenant_id IS NOT NULL AND tenant_confirmed_at IS NULL";
pub(super) const NAMES_OF_GROUPS: &str = "SELECT group_key, name FROM business_groups";

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
pub(super) const RESOLVE: &str = "SELECT g.id, COALESCE(g.tenant_proven_at, g.tenant_confirmed_at) IS NOT NULL, g.allow_guests, g.identity_pinning, m.phone_number, \
     CASE WHEN m.pinned_tid = g.tenant_id THEN m.pinned_oid END \
     FROM business_groups g LEFT JOIN mappings m ON m.group_key = g.group_key AND m.email = $2 WHERE g.tenant_id = $1";
/// Of a mapping that is locked.
pub(super) const PIN: &str = "UPDATE mappings SET pinned_tid = $3, pinned_oid = $4, pinned_at = $5 \
     WHERE phone_number = $1 AND group_key = $2";
/// With whom each is pinned to: as long as no tenant is linked, still in the one before.
macro_rules! mappings_where {
    ($rest:literal) => {
        concat!(
            "SELECT m.phone_number, m.email, m.updated_at, \
             CASE WHEN m.pinned_tid = COALESCE(g.tenant_id, m.pinned_tid) THEN m.pinned_oid END, \
             CASE WHEN m.pinned_tid = COALESCE(g.tenant_id, m.pinned_tid) THEN m.pinned_at END \
             FROM mappings m JOIN business_groups g ON g.group_key = m.group_key WHERE ",
            $rest
        )
    };
}
pub(super) const FIND_MAPPING: &str = mappings_where!("g.id = $1 AND m.phone_number = $2");
pub(super) const FIND_GROUP_KEY: &str = "SELECT group_key FROM business_groups WHERE id = $1";
pub(super) const LIST_MAPPINGS: &str =
    mappings_where!("m.group_key = $1 AND m.phone_number > $2 ORDER BY m.phone_number LIMIT $3");
/// A pattern that is null is one of no mapping.
pub(super) const SEARCH_MAPPINGS: &str = mappings_where!(
    "m.group_key = $1 AND m.phone_number > $2 \
     AND ('+' || CAST(m.phone_number AS TEXT) LIKE $4 OR '+' || CAST(m.phone_number AS TEXT) LIKE $5 \
     OR m.email LIKE $6 ESCAPE '\\') \
     ORDER BY m.phone_number LIMIT $3"
);
pub(super) const FIND_MAPPING_OF_EMAIL: &str = mappings_where!("m.group_key = $1 AND m.email = $2");
pub(super) const MAPPINGS_BETWEEN_EMAILS: &str = "SELECT phone_number, email FROM mappings \
     WHERE group_key = $1 AND email >= $2 AND email < $3 ORDER BY email LIMIT $4";
pub(super) const MAPPINGS_BEFORE_EMAIL: &str = "SELECT phone_number, email FROM mappings \
     WHERE group_key = $1 AND email < $2 ORDER BY email DESC LIMIT $3";
pub(super) const MAPPINGS_AFTER_EMAIL: &str = "SELECT phone_number, email FROM mappings \
     WHERE group_key = $1 AND email > $2 ORDER BY email LIMIT $3";
pub(super) const MAPPING_OF_EMAIL: &str = "SELECT phone_number FROM mappings WHERE group_key = $1 AND email = $2";
/// Of two addresses that both have a number, and the first one's is pinned to nobody.
pub(super) const NUMBERS_OF_UNPINNED_AND_OTHER: &str = "SELECT m.phone_number, other.phone_number \
     FROM mappings m JOIN business_groups g ON g.group_key = m.group_key \
     JOIN mappings other ON other.group_key = m.group_key AND other.email = $3 \
     WHERE m.group_key = $1 AND m.email = $2 \
     AND CASE WHEN m.pinned_tid = COALESCE(g.tenant_id, m.pinned_tid) THEN m.pinned_oid END IS NULL";
pub(super) const ADD_MAPPING: &str =
    "INSERT INTO mappings (phone_number, group_key, email, updated_at) VALUES ($1, $2, $3, $4)";
/// A trigger leaves the pin with the address before, and takes that of the new one back.
pub(super) const CHANGE_MAPPING: &str =
    "UPDATE mappings SET email = $3, updated_at = $4 WHERE phone_number = $1 AND group_key = $2";
pub(super) const RELEASE_PIN: &str = "UPDATE mappings SET pinned_tid = NULL, pinned_oid = NULL, pinned_at = NULL \
     WHERE phone_number = $1 AND group_key = $2";
pub(super) const DELETE_MAPPING: &str =
    "DELETE FROM mappings WHERE phone_number = $1 AND group_key = $2 RETURNING email";
pub(super) const COUNT_REVISION: &str =
    "UPDATE business_groups SET revision = revision + 1, mapping_count = mapping_count + $2 WHERE group_key = $1";
/// SQLite's; PostgreSQL copies.
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
pub(super) const ADD_IMPORT: &str = "INSERT INTO imports (id, group_key, change_set_key, mode, base_revision, row_count, \
     reassigned, unchanged, problem_count, created_at, expires_at, revision) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
pub(super) const SET_APPLIED: &str = "UPDATE imports SET revision = $2, reassigned = $3 WHERE id = $1";
/// Of a group; one that waits only until it expires.
pub(super) const FIND_IMPORT: &str = "SELECT i.id, i.mode, i.base_revision, i.row_count, s.added, s.changed, s.removed, \
     i.reassigned, i.unchanged, i.problem_count, i.created_at, i.expires_at, i.revision, i.change_set_key \
     FROM imports i JOIN change_sets s ON s.change_set_key = i.change_set_key \
     JOIN business_groups g ON g.group_key = i.group_key \
     WHERE g.id = $1 AND i.id = $2 AND (i.revision IS NOT NULL OR i.expires_at > $3)";
/// Of the previews of a group that wait at `$2`: all beyond the newest `$3`, and those with which they hold more than `$4`
/// changes. (One that has expired is for whoever tidies up, who locks in another order.)
pub(super) const SURPLUS_PREVIEWS: &str = "SELECT w.change_set_key FROM ( \
     SELECT i.change_set_key, row_number() OVER (ORDER BY i.change_set_key DESC) AS place, \
     sum(s.added + s.changed + s.removed) OVER (ORDER BY i.change_set_key DESC) AS so_far \
     FROM imports i JOIN change_sets s ON s.change_set_key = i.change_set_key \
     WHERE i.group_key = $1 AND i.revision IS NULL AND i.expires_at > $2) w \
     WHERE w.place > 1 AND (w.place > $3 OR w.so_far > $4)";

// Change sets.

pub(super) const ADD_CHANGE_SET: &str =
    "INSERT INTO change_sets (group_key, added, changed, removed) VALUES ($1, $2, $3, $4) RETURNING change_set_key";
pub(super) const SET_COUNTS: &str =
    "UPDATE change_sets SET added = $2, changed = $3, removed = $4 WHERE change_set_key = $1";
pub(super) const DELETE_CHANGE_SET: &str = "DELETE FROM change_sets WHERE change_set_key = $1";
pub(super) const DELETE_CHANGES: &str = "DELETE FROM changes WHERE change_set_key = $1";
pub(super) const ADD_CHANGE: &str =
    "INSERT INTO changes (change_set_key, phone_number, old_email, new_email) VALUES ($1, $2, $3, $4)";
/// Numbers that the file does not have lose their mapping: staged as numbers without address.
pub(super) const STAGE_REMOVALS: &str = "INSERT INTO import_rows (line, phone_number) \
     SELECT 0, c.phone_number FROM mappings c WHERE c.group_key = $1 \
     AND NOT EXISTS (SELECT 1 FROM import_rows s WHERE s.phone_number = c.phone_number)";
/// What leads back to revision `$2`: each number with the address that it had before the first change since.
pub(super) const STAGE_REVISION: &str = "INSERT INTO import_rows (line, phone_number, email) \
     SELECT 0, f.phone_number, f.old_email FROM ( \
     SELECT h.phone_number, h.old_email, row_number() OVER (PARTITION BY h.phone_number ORDER BY r.revision) AS place \
     FROM revisions r JOIN changes h ON h.change_set_key = r.change_set_key \
     WHERE r.group_key = $1 AND r.revision > $2) f WHERE f.place = 1";
/// Where the staged rows and the mappings differ. With `$3`, which says that there are removals, an address that a new
/// number gets and an old one loses has moved, and each of the two numbers is told of the other. (`COALESCE` keeps the
/// planner from looking for each row among all that have no address.)
pub(super) const ADD_STAGED_CHANGES: &str = "INSERT INTO changes (change_set_key, phone_number, old_email, new_email, moved_with, line) \
     SELECT $1, s.phone_number, c.email, s.email, CASE WHEN NOT $3 THEN NULL \
     WHEN c.email IS NULL THEN (SELECT o.phone_number FROM import_rows o WHERE COALESCE(o.email, '') = '' \
     AND o.phone_number = (SELECT m.phone_number FROM mappings m WHERE m.group_key = $2 AND m.email = s.email)) \
     WHEN s.email IS NULL THEN (SELECT o.phone_number FROM import_rows o WHERE o.email = c.email \
     AND NOT EXISTS (SELECT 1 FROM mappings m WHERE m.group_key = $2 AND m.phone_number = o.phone_number)) END, \
     NULLIF(s.line, 0) FROM import_rows s \
     LEFT JOIN mappings c ON c.group_key = $2 AND c.phone_number = s.phone_number \
     WHERE c.email IS DISTINCT FROM s.email ORDER BY s.phone_number";
/// Added, changed, removed; numbers that get an address, numbers that lose one.
pub(super) const COUNT_CHANGES: &str = "SELECT count(*) FILTER (WHERE old_email IS NULL AND moved_with IS NULL), \
     count(*) FILTER (WHERE new_email IS NOT NULL AND (old_email IS NOT NULL OR moved_with IS NOT NULL)), \
     count(*) FILTER (WHERE new_email IS NULL AND moved_with IS NULL), \
     count(new_email), count(old_email) FROM changes WHERE change_set_key = $1";
/// Whether a number of the group has ever lost an address, as far as its history is kept.
pub(super) const HAS_LOST_ADDRESSES: &str = "SELECT EXISTS (SELECT 1 FROM revisions r \
     JOIN change_sets s ON s.change_set_key = r.change_set_key \
     WHERE r.group_key = $1 AND (s.changed > 0 OR s.removed > 0))";
/// Numbers that pass from the address that has them to one that has another number now.
pub(super) const COUNT_REASSIGNED: &str = "SELECT count(*) FROM changes c \
     JOIN mappings m ON m.group_key = $2 AND m.email = c.new_email \
     WHERE c.change_set_key = $1 AND c.old_email IS NOT NULL";
/// Of the other numbers that get an address those that are or were last another's, and whose address has or had last another
/// number. What numbers have lost is read back over about `$3` addresses. It is sorted together with what is asked, so that
/// what was lost last stands before who asks: a join would be one of two tables that the planner knows nothing of.
pub(super) const COUNT_REASSIGNED_BY_HISTORY: &str = "WITH lossy AS ( \
     SELECT w.revision, w.change_set_key FROM ( \
         SELECT r.revision, r.change_set_key, s.changed + s.removed AS lost, \
         sum(s.changed + s.removed) OVER (ORDER BY r.revision DESC) AS so_far \
         FROM revisions r JOIN change_sets s ON s.change_set_key = r.change_set_key \
         WHERE r.group_key = $2 AND (s.changed > 0 OR s.removed > 0)) w WHERE w.so_far - w.lost < $3), \
     lost AS MATERIALIZED ( \
         SELECT h.phone_number, h.old_email AS email, l.revision FROM lossy l \
         JOIN changes h ON h.change_set_key = l.change_set_key WHERE h.old_email IS NOT NULL), \
     asked AS MATERIALIZED ( \
         SELECT c.phone_number, c.new_email AS email, c.old_email IS NOT NULL AS is_held, \
         m.email IS NOT NULL AS has_number FROM changes c \
         LEFT JOIN mappings m ON m.group_key = $2 AND m.email = c.new_email \
         WHERE c.change_set_key = $1 AND c.new_email IS NOT NULL AND (c.old_email IS NULL OR m.email IS NULL)), \
     by_number AS ( \
         SELECT u.phone_number, u.email, u.is_asked, u.has_number, \
         lag(u.email) OVER (PARTITION BY u.phone_number ORDER BY u.is_asked, u.revision) AS last_email FROM ( \
             SELECT phone_number, email, 1 AS is_asked, 0 AS revision, has_number FROM asked WHERE NOT is_held \
             UNION ALL SELECT phone_number, email, 0, revision, NULL FROM lost \
             WHERE EXISTS (SELECT 1 FROM asked WHERE NOT is_held)) u), \
     of_others AS MATERIALIZED ( \
         SELECT phone_number, email, has_number FROM asked WHERE is_held \
         UNION ALL SELECT phone_number, email, has_number FROM by_number WHERE is_asked = 1 AND last_email <> email), \
     by_email AS ( \
         SELECT u.phone_number, u.is_asked, \
         lag(u.phone_number) OVER (PARTITION BY u.email ORDER BY u.is_asked, u.revision) AS last_number FROM ( \
             SELECT phone_number, email, 1 AS is_asked, 0 AS revision FROM of_others WHERE NOT has_number \
             UNION ALL SELECT phone_number, email, 0, revision FROM lost \
             WHERE EXISTS (SELECT 1 FROM of_others WHERE NOT has_number)) u) \
     SELECT (SELECT count(*) FROM of_others WHERE has_number) \
     + (SELECT count(*) FROM by_email WHERE is_asked = 1 AND last_number <> phone_number)";
/// The number that an address moves away from is told beside the number it moves to.
pub(super) const LIST_CHANGES: &str = "SELECT phone_number, old_email, new_email, moved_with FROM changes \
     WHERE change_set_key = $1 AND phone_number > $2 AND (new_email IS NOT NULL OR moved_with IS NULL) \
     ORDER BY phone_number LIMIT $3";
/// How many of the numbers that get an address lie in the group's ranges.
pub(super) const COUNT_ASSIGNED: &str = "SELECT count(*) FROM number_ranges r JOIN changes c ON c.change_set_key = $1 \
     AND c.phone_number BETWEEN r.first_number AND r.last_number AND c.new_email IS NOT NULL WHERE r.group_key = $2";
/// The numbers that get an address and lie in none of the group's ranges.
pub(super) const LIST_NOT_ASSIGNED: &str = "SELECT c.line, c.phone_number, c.new_email FROM changes c \
     WHERE c.change_set_key = $1 AND c.new_email IS NOT NULL AND NOT EXISTS (SELECT 1 FROM number_ranges r \
     WHERE r.group_key = $2 AND c.phone_number BETWEEN r.first_number AND r.last_number) \
     ORDER BY c.line, c.phone_number LIMIT $3";
/// What loses its address goes first, so that two numbers can swap theirs.
pub(super) const APPLY_REMOVALS: &str = "DELETE FROM mappings WHERE group_key = $1 AND phone_number IN \
     (SELECT phone_number FROM changes WHERE change_set_key = $2 AND old_email IS NOT NULL)";
pub(super) const APPLY_ADDITIONS: &str = "INSERT INTO mappings (phone_number, group_key, email, updated_at) \
     SELECT phone_number, $1, new_email, $3 FROM changes WHERE change_set_key = $2 AND new_email IS NOT NULL \
     ORDER BY phone_number";

// History.

pub(super) const ADD_REVISION: &str = "INSERT INTO revisions \
     (group_key, revision, change_set_key, at, actor_kind, actor_id, actor_name, source, released_pin, lost_tenant, \
     gained_tenant) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
pub(super) const LAST_REVISION_AT: &str =
    "SELECT at FROM revisions WHERE group_key = $1 ORDER BY revision DESC LIMIT 1";
macro_rules! revisions_where {
    ($rest:literal) => {
        concat!(
            "SELECT r.revision, r.at, r.actor_kind, r.actor_id, r.actor_name, r.source, s.added, s.changed, s.removed, r.released_pin, \
             r.lost_tenant, r.gained_tenant FROM revisions r JOIN change_sets s ON s.change_set_key = r.change_set_key WHERE r.group_key = $1 AND ",
            $rest
        )
    };
}
pub(super) const LIST_REVISIONS: &str = revisions_where!("r.revision < $2 ORDER BY r.revision DESC LIMIT $3");
pub(super) const REVISIONS_SINCE: &str = revisions_where!("r.revision > $2 ORDER BY r.revision LIMIT $3");
pub(super) const CHANGE_SET_OF_REVISION: &str = "SELECT r.change_set_key FROM revisions r \
     JOIN business_groups g ON g.group_key = r.group_key WHERE g.id = $1 AND r.revision = $2";
pub(super) const GROUP_OF_CHECK: &str = "SELECT group_key, tenant_id IS NOT NULL, \
     COALESCE(tenant_proven_at, tenant_confirmed_at) IS NOT NULL, allow_guests, identity_pinning, \
     revision FROM business_groups WHERE id = $1";
/// Of a number that has a mapping, so that it can't be one that an address has left.
pub(super) const LAST_CHANGE_OF_NUMBER: &str = "SELECT r.revision, r.at, r.actor_kind, r.actor_id, r.actor_name, h.phone_number, \
     h.old_email, h.new_email, h.moved_with \
     FROM revisions r JOIN changes h ON h.change_set_key = r.change_set_key AND h.phone_number = $3 \
     WHERE r.group_key = $1 AND r.revision > $2 ORDER BY r.revision DESC LIMIT 1";
/// As far back as about `$4` changes reach. Of an address that has moved only the row of its new number tells.
pub(super) const LAST_CHANGE_OF_EMAIL: &str = "WITH recent AS ( \
     SELECT r.revision, r.at, r.actor_kind, r.actor_id, r.actor_name, r.change_set_key, \
     sum(s.added + s.changed + s.removed) OVER (ORDER BY r.revision DESC) AS so_far \
     FROM revisions r JOIN change_sets s ON s.change_set_key = r.change_set_key \
     WHERE r.group_key = $1 AND r.revision > $2) \
     SELECT r.revision, r.at, r.actor_kind, r.actor_id, r.actor_name, h.phone_number, h.old_email, h.new_email, h.moved_with \
     FROM recent r JOIN changes h ON h.change_set_key = r.change_set_key \
     WHERE r.so_far <= $4 AND (h.old_email = $3 OR h.new_email = $3) \
     AND (h.new_email IS NOT NULL OR h.moved_with IS NULL) ORDER BY r.revision DESC LIMIT 1";
pub(super) const HISTORY_FROM: &str = "SELECT history_from FROM business_groups WHERE group_key = $1";
/// A group with revisions from before a time, and the last of them.
pub(super) const GROUP_TO_PRUNE: &str = "SELECT g.id, max(r.revision) FROM revisions r \
     JOIN business_groups g ON g.group_key = r.group_key WHERE r.at < $1 GROUP BY g.id LIMIT 1";
pub(super) const PRUNE_CHANGES: &str = "DELETE FROM changes WHERE change_set_key IN \
     (SELECT change_set_key FROM revisions WHERE group_key = $1 AND revision <= $2)";
/// With their revisions and imports, those too that changed nothing and so made no revision.
pub(super) const PRUNE_CHANGE_SETS: &str = "DELETE FROM change_sets WHERE change_set_key IN \
     (SELECT change_set_key FROM revisions WHERE group_key = $1 AND revision <= $2 \
     UNION ALL SELECT change_set_key FROM imports WHERE group_key = $1 AND revision <= $2)";
/// Of addresses that left in a revision that is forgotten: nothing leads back to them any more.
pub(super) const PRUNE_KEPT_PINS: &str = "DELETE FROM kept_pins WHERE group_key = $1 AND left_in <= $2";
pub(super) const COUNT_REVISIONS_TO: &str = "SELECT count(*) FROM revisions WHERE group_key = $1 AND revision <= $2";
pub(super) const SET_HISTORY_FROM: &str =
    "UPDATE business_groups SET history_from = $2 WHERE group_key = $1 AND history_from < $2";

// Consents.

pub(super) const CONSENT_SECRET: &str = "SELECT secret FROM consent_keys WHERE key_id = 1";
pub(super) const ADD_CONSENT_SECRET: &str =
    "INSERT INTO consent_keys (key_id, secret) VALUES (1, $1) ON CONFLICT DO NOTHING";
pub(super) const TENANT_OF_GROUP: &str = "SELECT group_key, tenant_id FROM business_groups WHERE id = $1";
/// In the tenant that the group is linked to: what came back for another one does not count.
pub(super) const CONSENTS_OF_GROUP: &str = "SELECT COALESCE(r.client_id, s.client_id), r.reported_at, r.error_code, \
     r.error_aadsts, r.error_at, s.at \
     FROM (SELECT * FROM consent_reports WHERE group_key = $1 AND tenant_id = $2) r \
     FULL JOIN (SELECT * FROM first_sign_ins WHERE tenant_id = $2) s ON s.client_id = r.client_id ORDER BY 1";
pub(super) const FIND_CONSENT_STATE: &str = "SELECT expires_at FROM used_consent_states WHERE nonce = $1";
pub(super) const USE_CONSENT_STATE: &str =
    "INSERT INTO used_consent_states (nonce, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
pub(super) const FORGET_CONSENT_STATES: &str = "DELETE FROM used_consent_states WHERE expires_at < $1";
/// An earlier report stays beside an error, unless it is of the tenant before.
pub(super) const REPORT_CONSENT: &str = "INSERT INTO consent_reports \
     (group_key, client_id, tenant_id, reported_at, error_code, error_aadsts, error_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (group_key, client_id) DO UPDATE SET \
     reported_at = COALESCE(excluded.reported_at, \
         CASE WHEN consent_reports.tenant_id = excluded.tenant_id THEN consent_reports.reported_at END), \
     tenant_id = excluded.tenant_id, error_code = excluded.error_code, \
     error_aadsts = excluded.error_aadsts, error_at = excluded.error_at";
pub(super) const FIND_FIRST_SIGN_IN: &str = "SELECT at FROM first_sign_ins WHERE tenant_id = $1 AND client_id = $2";
/// Of linked tenants alone: others could fill the table.
pub(super) const ADD_FIRST_SIGN_IN: &str = "INSERT INTO first_sign_ins (tenant_id, client_id, at) \
     SELECT tenant_id, $2, $3 FROM business_groups WHERE tenant_id = $1 ON CONFLICT DO NOTHING";

// The audit log.

/// Never with a time before that of the event before it, of the same business group or of none: they are read in this order.
macro_rules! add_audit_event {
    ($same_group:literal) => {
        concat!(
            "INSERT INTO audit_events (at, actor_kind, actor_id, actor_name, action, refused_with, group_id, detail, \
             request_id) VALUES (COALESCE((SELECT l.at FROM (SELECT at FROM audit_events WHERE ",
            $same_group,
            " ORDER BY event_key DESC LIMIT 1) l WHERE l.at > $1), $1), $2, $3, $4, $5, $6, $7, $8, $9)"
        )
    };
}

pub(super) const ADD_AUDIT_EVENT: &str = add_audit_event!("group_id = $7");
/// `$7` is no group.
pub(super) const ADD_AUDIT_EVENT_OF_NO_GROUP: &str = add_audit_event!("group_id IS NULL");
/// Among the newest events of a group.
pub(super) const REFUSED_SIGN_INS: &str = "SELECT at, actor_id, detail, request_id FROM \
     (SELECT event_key, at, actor_id, action, refused_with, detail, request_id FROM audit_events \
     WHERE group_id = $1 ORDER BY event_key DESC LIMIT $2) AS newest \
     WHERE action = $3 AND refused_with IS NOT NULL ORDER BY event_key DESC";
pub(super) const LIST_AUDIT_EVENTS: &str = "SELECT event_key, at, actor_kind, actor_id, actor_name, action, refused_with, group_id, \
     detail, request_id FROM audit_events WHERE event_key < $1 AND ($2 IS NULL OR group_id = $2) \
     AND ($3 IS NULL OR actor_id = $3) AND ($4 IS NULL OR at >= $4) AND ($5 IS NULL OR at < $5) \
     ORDER BY event_key DESC LIMIT $6";

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
pub(super) const FIND_KEY_BY_ID: &str = keys_where!("k.id = $1");
pub(super) const LIST_KEYS: &str = keys_where!("k.id > $1 AND ($3 IS NULL OR g.id = $3) ORDER BY k.id LIMIT $2");
pub(super) const EXPIRY_OF_KEY: &str = "SELECT expires_at FROM api_keys WHERE id = $1";
pub(super) const LINK_OF_GROUP: &str = "SELECT 1 FROM business_groups WHERE id = $1 AND tenant_id = $2";
pub(super) const ADD_KEY: &str = "INSERT INTO api_keys (id, name, role, group_key, prefix, secret_hash, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
pub(super) const DELETE_KEY: &str = "DELETE FROM api_keys WHERE id = $1";
