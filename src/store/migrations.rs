//! The migrations, which are in the program itself.

use std::sync::LazyLock;

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// The files of `migrations/postgres` and `migrations/sqlite`, in the order in which they are applied.
macro_rules! migrations {
    ($($file:literal,)+) => {
        /// PostgreSQL's.
        pub(super) static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| {
            migrator(&[$(($file, include_str!(concat!("../../migrations/postgres/", $file, ".sql")))),+])
        });

        /// SQLite's.
        pub(super) static SQLITE: LazyLock<Migrator> = LazyLock::new(|| {
            migrator(&[$(($file, include_str!(concat!("../../migrations/sqlite/", $file, ".sql")))),+])
        });
    };
}

migrations! {
    "0001_initial",
    "0002_imports_and_history",
    "0003_audit_log",
    "0004_tell_of_line_changes",
    "0005_check_new_mappings_by_their_ends",
    "0006_released_pins",
    "0007_change_sets_of_their_own_group",
    "0008_proven_tenants",
    "0009_consents",
    "0010_tell_whoever_changes",
    "0011_kept_pins",
    "0012_reassigned_numbers",
    "0013_links_of_the_operator",
    "0014_kinds_of_actors",
    "0015_keys_for_directories",
    "0016_tell_of_key_changes",
}

/// Of files by their names, `NNNN_what_it_does`, and their texts.
fn migrator(files: &[(&'static str, &'static str)]) -> Migrator {
    let migration = |(name, text): &(&'static str, &'static str)| {
        let (version, description) = name.split_once('_').expect("a migration's name has a number and words");
        let version = version.parse().expect("a migration's name begins with its number");
        let description = description.replace('_', " ").into();
        Migration::new(version, description, MigrationType::Simple, SqlStr::from_static(text), false)
    };
    Migrator::with_migrations(files.iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test]
    async fn the_program_has_the_migrations_of_both_folders_as_the_migrator_reads_them() {
        for (embedded, folder) in [(&POSTGRES, "migrations/postgres"), (&SQLITE, "migrations/sqlite")] {
            let of_folder = Migrator::new(Path::new(folder)).await.unwrap();
            let seen = |migrator: &Migrator| {
                let whole = |one: &Migration| {
                    let Migration { version, description, migration_type, checksum, no_tx, .. } = one.clone();
                    (version, description, migration_type, checksum, no_tx)
                };
                migrator.iter().map(whole).collect::<Vec<_>>()
            };
            assert_eq!(seen(embedded), seen(&of_folder), "{folder}");
            assert!(embedded.locking && !embedded.ignore_missing, "{folder}");
        }
    }
}
