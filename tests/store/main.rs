//! The contract of the stores: each case runs on PostgreSQL and on SQLite.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod api_keys;
mod audit;
mod business_groups;
mod cached_keys;
mod cached_lines;
mod cached_pins;
mod consents;
mod constraints;
mod guards;
mod heard_changes;
mod history;
mod imports;
mod look_up;
mod mappings;
mod migrations;
mod model;
mod pins;
mod previews;
mod replica;
mod rights;
mod sign_in_check;
mod support;
mod tenants;
mod upgrades;
mod watched_columns;

/// Stamps each case for both engines, each with a database of its own.
macro_rules! on_both_engines {
    ($($case:ident),* $(,)?) => {
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case(crate::support::World::new(test_support::database::Engine::Postgres).await).await;
                }
            )*
        }

        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case(crate::support::World::new(test_support::database::Engine::Sqlite).await).await;
                }
            )*
        }
    };
}

pub(crate) use on_both_engines;
