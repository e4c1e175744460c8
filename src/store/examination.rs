//! What can be found out about a database without changing anything in it, for `signline doctor`.

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::Timestamp;
use sqlx::migrate::Migrator;

use crate::ports::store_health::UnverifiedConnection;

/// A database as it was found.
#[derive(Debug)]
pub enum Examination {
    /// There is no such file yet; a service that is started makes it.
    NoFile(PathBuf),
    /// The file is broken, or no database. Only SQLite looks.
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, in SQLite's words.
        why: String,
    },
    /// It is there, and answers.
    Found(Box<DatabaseFacts>),
}

/// What is so about a database that answers.
#[derive(Debug)]
pub struct DatabaseFacts {
    /// The engine with its version, such as `PostgreSQL 15.18`.
    pub engine: String,
    /// Where it is and who asks; no password.
    pub place: String,
    /// Whether the engine is older than those that the program is tested with.
    pub is_old: bool,
    /// Why it takes no changes at all, if it takes none.
    pub refuses_changes: Option<String>,
    /// What the program needs there and has not, such as `UPDATE on mappings`.
    pub missing_rights: Vec<String>,
    /// How its schema stands to this program's; or why that can't be told.
    pub schema: Result<SchemaFacts, String>,
    /// Which connections are not verified.
    pub unverified: Vec<UnverifiedConnection>,
    /// Whether changes that others make are told: what is wrong, if they are not.
    pub hears_changes: Result<(), String>,
    /// What time it is there and here, at about the same moment; `None` if it is the same clock.
    pub time: Option<TwoTimes>,
}

/// What two clocks said at about the same moment.
#[derive(Clone, Copy, Debug)]
pub struct TwoTimes {
    /// The database's.
    pub there: Timestamp,
    /// This machine's.
    pub here: Timestamp,
}

/// How a database's schema stands to the program's: migrations by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaFacts {
    /// The newest that was applied; `None` if there is no schema.
    pub applied: Option<i64>,
    /// Those that the program has and the database has not.
    pub pending: Vec<i64>,
    /// Those that the program does not know: a newer program has applied them.
    pub unknown: Vec<i64>,
    /// Those that were applied in another wording than the program's.
    pub changed: Vec<i64>,
    /// Those that were begun and not ended.
    pub unfinished: Vec<i64>,
}

/// The migrations that a database says were applied.
pub(super) const APPLIED: &str = "SELECT version, checksum, success FROM _sqlx_migrations ORDER BY version";

/// One of them: its number, its checksum, whether it came to its end.
pub(super) type Applied = (i64, Vec<u8>, bool);

impl SchemaFacts {
    /// Holds what was applied against what the program has.
    pub(super) fn new(own: &Migrator, applied: &[Applied]) -> Self {
        let own: HashMap<i64, &[u8]> = own.iter().map(|migration| (migration.version, &*migration.checksum)).collect();
        let those = |wanted: &dyn Fn(&Applied) -> bool| {
            applied.iter().filter(|applied| wanted(applied)).map(|(version, ..)| *version).collect::<Vec<_>>()
        };
        let known = |version: &i64| applied.iter().any(|(applied, ..)| applied == version);
        let mut pending: Vec<i64> = own.keys().filter(|version| !known(version)).copied().collect();
        pending.sort_unstable();
        Self {
            applied: applied.iter().map(|(version, ..)| *version).max(),
            pending,
            unknown: those(&|(version, ..)| !own.contains_key(version)),
            changed: those(&|(version, checksum, _)| own.get(version).is_some_and(|own| own != checksum)),
            unfinished: those(&|(_, _, success)| !success),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrations;

    #[test]
    fn a_schema_is_held_against_the_programs_migrations() {
        let own = &migrations::POSTGRES;
        let whole: Vec<Applied> =
            own.iter().map(|migration| (migration.version, migration.checksum.to_vec(), true)).collect();
        let newest = whole.last().map(|(version, ..)| *version);
        let up_to_date = SchemaFacts { applied: newest, ..SchemaFacts::default() };
        assert_eq!(SchemaFacts::new(own, &whole), up_to_date);
        assert_eq!(SchemaFacts::new(own, &[]).pending.len(), whole.len());
        let later: Vec<_> = whole[1..].iter().map(|(version, ..)| *version).collect();
        assert_eq!(SchemaFacts::new(own, &whole[..1]).pending, later);
        let mut odd = whole.clone();
        odd[1].1 = vec![0];
        odd[2].2 = false;
        odd.push((9999, Vec::new(), true));
        let expected = SchemaFacts {
            applied: Some(9999),
            unknown: vec![9999],
            changed: vec![2],
            unfinished: vec![3],
            pending: Vec::new(),
        };
        assert_eq!(SchemaFacts::new(own, &odd), expected);
    }
}
