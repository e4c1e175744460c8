//! What the two engines want written differently.

/// Each finds the mappings of a JSON array of addresses or numbers (`$1`), of all groups or of one (`$2`), in the order of
/// their numbers: `group_id`, `phone_number`, `email`.
pub(super) struct LookUpStatements {
    pub(super) emails: &'static str,
    pub(super) emails_of_group: &'static str,
    pub(super) numbers: &'static str,
    pub(super) numbers_of_group: &'static str,
}

/// The statements with what an engine calls the elements of the array `$1`. The group is looked up first of all, so that
/// the index of its mappings can be used.
macro_rules! look_up_statements {
    ($elements:literal) => {
        look_up_statements! {
            "SELECT g.id AS group_id, m.phone_number, m.email FROM mappings m \
JOIN business_groups g ON g.group_key = m.group_key WHERE ",
            "m.group_key = (SELECT group_key FROM business_groups WHERE id = $2) AND ",
            concat!("m.email IN (SELECT value FROM ", $elements, ")"),
            concat!("m.phone_number IN (SELECT CAST(value AS BIGINT) FROM ", $elements, ")"),
            " ORDER BY m.phone_number"
        }
    };
    ($select:literal, $of_group:literal, $emails:expr, $numbers:expr, $order:literal) => {
        $crate::store::dialect::LookUpStatements {
            emails: const_format::concatcp!($select, $emails, $order),
            emails_of_group: const_format::concatcp!($select, $of_group, $emails, $order),
            numbers: const_format::concatcp!($select, $numbers, $order),
            numbers_of_group: const_format::concatcp!($select, $of_group, $numbers, $order),
        }
    };
}
pub(super) use look_up_statements;

/// The statements of one engine where the other has others, each with the columns and parameters of its twin.
pub(super) struct Dialect {
    /// Locks a group until the end of the transaction, so that changes to it come one after the other.
    /// [`LockedRow`](crate::store::locks::LockedRow).
    pub(super) lock_group: &'static str,

    /// Locks a group (`$1`) and the one that a tenant (`$2`) is linked to.
    pub(super) lock_group_and_holder: &'static str,

    /// Locks the mapping of a first sign-in, so that nobody else pins it or releases its pin meanwhile, and reads whom
    /// it is pinned to: `group_key`, `pinned_oid`. Only in the tenant that the group is linked to: who comes from the
    /// one before, late, must not take the pin.
    pub(super) lock_line: &'static str,

    /// Finds mappings by many addresses or numbers.
    pub(super) look_up: LookUpStatements,

    /// Reads when an API key expires, and keeps it from being revoked until the end of the transaction: a revocation
    /// comes before the change or after it.
    pub(super) hold_key: &'static str,

    /// Locks a mapping against sign-ins, and reads whom it is pinned to.
    pub(super) lock_pin: &'static str,

    /// What a change of many rows begins with.
    pub(super) before_large_change: &'static [&'static str],

    /// What makes the planner read a group's mappings once, in place of looking each up.
    pub(super) before_joining_all: &'static [&'static str],

    /// What ends that.
    pub(super) after_joining_all: &'static [&'static str],

    /// An import that has expired at `$1`, and that no other replica is just dropping: its change set.
    pub(super) expired_import: &'static str,

    /// Makes the temporary table `import_rows`, for the staged rows of an import.
    pub(super) create_staging: &'static [&'static str],

    /// What is needed before staged rows are looked up by their number or address.
    pub(super) index_staging: &'static [&'static str],

    /// What the planner needs before staged rows are compared with all mappings.
    pub(super) analyze_staging: &'static [&'static str],

    /// Ends the temporary table, where the end of the transaction does not.
    pub(super) drop_staging: &'static [&'static str],

    /// Lets nobody else take a name that must be unlike all others until the end of the transaction.
    pub(super) lock_names: &'static [&'static str],

    /// Brings a constraint's refusal of number ranges forward, from the commit to here.
    pub(super) check_ranges: &'static [&'static str],

    /// Whether the database refused a range because another group has numbers of it.
    pub(super) is_range_taken: fn(&sqlx::Error) -> bool,
}
