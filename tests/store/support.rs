//! A database with its stores, and short ways to say what a case needs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures_util::{FutureExt, StreamExt, TryStreamExt, future, stream};
use jiff::Timestamp;
use signline::domain::actor::{Actor, ActorKind, AuditContext, RightSource};
use signline::domain::business_group::{BusinessGroup, BusinessGroupId, NewBusinessGroup};
use signline::domain::email::EmailAddress;
use signline::domain::guid::Guid;
use signline::domain::import::{Confirmation, ImportMode, ImportRow};
use signline::domain::mapping_search::MappingSearch;
use signline::domain::number_range::NumberRange;
use signline::domain::phone_number::{NumberingPlan, PhoneNumber};
use signline::ports::business_group_store::BusinessGroupRefusal;
use signline::ports::clock::Clock;
use signline::ports::import_store::{FileEnd, FilePiece, FileRows, ImportBatch, ImportRefusal, TakenImport};
use signline::ports::mapping_store::{MappingFilter, MappingRefusal, PutMapping, PutOutcome};
use signline::store::Stores;
use sqlx::migrate::{Migration, Migrator};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use test_support::database::{Engine, TestDatabase};
use uuid::Uuid;

/// The first number of the ranges that groups get.
pub(crate) const BASE: u64 = 17_635_550_000;

/// The migrations of an engine, as they are in its folder.
pub(crate) async fn all_migrations(engine: Engine) -> Vec<Migration> {
    let folder = match engine {
        Engine::Postgres => "migrations/postgres",
        Engine::Sqlite => "migrations/sqlite",
    };
    Migrator::new(Path::new(folder)).await.unwrap().iter().cloned().collect()
}

/// The first so many of them.
pub(crate) async fn first_migrations(engine: Engine, count: usize) -> Migrator {
    Migrator::with_migrations(all_migrations(engine).await.into_iter().take(count).collect())
}

/// A clock that stands where it is set.
#[derive(Default)]
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    /// So many seconds after the day of [`time`].
    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        time(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) engine: Engine,
    pub(crate) stores: Stores,
}

impl World {
    pub(crate) async fn new(engine: Engine) -> Self {
        let database = TestDatabase::of(engine).await;
        let stores = database.open().await;
        Self { database, engine, stores }
    }

    /// The same database with a clock that moves.
    pub(crate) async fn with_clock(self) -> (Self, Arc<SetClock>) {
        let clock = Arc::<SetClock>::default();
        let stores = self.database.open_at(Arc::<SetClock>::clone(&clock)).await;
        (Self { stores, ..self }, clock)
    }

    pub(crate) async fn create(
        &self,
        name: &str,
        ranges: &[NumberRange],
    ) -> Result<BusinessGroup, BusinessGroupRefusal> {
        let new = NewBusinessGroup { id: id(name), name: format!("The {name}"), number_ranges: ranges.to_vec() };
        self.stores.business_groups.create(new, &context_at(0)).await
    }

    /// A group with the numbers from `BASE` to `BASE + 9999`.
    pub(crate) async fn group(&self, name: &str) -> BusinessGroupId {
        self.group_with(name, &[range(BASE, BASE + 9999)]).await
    }

    pub(crate) async fn group_with(&self, name: &str, ranges: &[NumberRange]) -> BusinessGroupId {
        match self.create(name, ranges).await {
            Ok(group) => group.id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn read(&self, group: &BusinessGroupId) -> BusinessGroup {
        self.stores.business_groups.find(group).await.expect("the group is there")
    }

    pub(crate) async fn put(
        &self,
        group: &BusinessGroupId,
        at: u64,
        email: &str,
    ) -> Result<PutOutcome, MappingRefusal> {
        let change = PutMapping {
            group: group.clone(),
            phone_number: number(BASE + at),
            email: address(email),
            context: context_at(i64::try_from(at % 1000).expect("a small number")),
        };
        self.stores.mappings.put(&change).await
    }

    pub(crate) async fn import(&self, file: ImportFile) -> Result<TakenImport, ImportRefusal> {
        let (batch, rows) = file.asked();
        self.stores.imports.import(batch, rows).await
    }

    /// All mappings of a group, as offsets from `BASE` and addresses.
    pub(crate) async fn all(&self, group: &BusinessGroupId) -> Vec<(u64, String)> {
        let export = self.stores.mappings.export(group).await.expect("the store answers").expect("the group is there");
        let chunks: Vec<_> = export.mappings.try_collect().await.expect("the export is read");
        let mappings = chunks.into_iter().flatten();
        mappings.map(|mapping| (mapping.phone_number.digits() - BASE, mapping.email.to_string())).collect()
    }

    /// How many rows a table has.
    pub(crate) async fn count_rows(&self, table: &str) -> i64 {
        let statement = format!("SELECT count(*) FROM {table}");
        let count: sqlx::Result<(i64,)> = match self.engine {
            Engine::Postgres => {
                let mut connection = PgConnection::connect(self.database.url()).await.expect("a connection");
                sqlx::query_as(AssertSqlSafe(statement)).fetch_one(&mut connection).await
            }
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(self.database.url()).await.expect("a connection");
                sqlx::query_as(AssertSqlSafe(statement)).fetch_one(&mut connection).await
            }
        };
        count.expect("a count").0
    }

    /// Runs a statement beside the program.
    pub(crate) async fn run(&self, statement: &'static str) {
        match self.engine {
            Engine::Postgres => {
                let mut connection = PgConnection::connect(self.database.url()).await.expect("a connection");
                sqlx::raw_sql(statement).execute(&mut connection).await.expect("it runs");
            }
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(self.database.url()).await.expect("a connection");
                sqlx::raw_sql(statement).execute(&mut connection).await.expect("it runs");
            }
        }
    }

    /// Asserts what a group's mappings are, and that its count is theirs.
    pub(crate) async fn assert_mappings(&self, group: &BusinessGroupId, revision: i64, expected: &[(u64, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(at, email)| (*at, (*email).to_owned())).collect();
        assert_eq!(self.all(group).await, expected);
        let group = self.read(group).await;
        assert_eq!((group.mapping_count, group.revision), (expected.len() as u64, revision));
    }
}

pub(crate) fn id(name: &str) -> BusinessGroupId {
    BusinessGroupId::parse(name).expect("a slug")
}

pub(crate) fn number(digits: u64) -> PhoneNumber {
    PhoneNumber::from_digits(digits).expect("a number")
}

pub(crate) fn range(first: u64, last: u64) -> NumberRange {
    NumberRange::new(number(first), number(last)).expect("a range")
}

pub(crate) fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

/// What finds mappings by a text, in the United States.
pub(crate) fn search(text: &str) -> MappingFilter {
    let search = MappingSearch::read(text, NumberingPlan::of_region("US").expect("a region"));
    MappingFilter { search, ..MappingFilter::default() }
}

pub(crate) fn guid(last: u32) -> Guid {
    Guid::parse(&format!("a1a1a1a1-0000-4000-8000-{last:012}")).expect("a GUID")
}

/// A time, so many seconds after some day.
pub(crate) fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).expect("a time")
}

/// Something done by an operator, so many seconds after some day.
pub(crate) fn context_at(seconds: i64) -> AuditContext {
    let actor = Actor { kind: ActorKind::ApiKey, id: "k1".to_owned(), name: "operator".to_owned() };
    AuditContext { actor, right: RightSource::Lasting, at: time(seconds), request_id: None }
}

/// A file, and what is to become of it.
#[derive(Clone)]
pub(crate) struct ImportFile {
    pub(crate) id: Uuid,
    pub(crate) group: BusinessGroupId,
    pub(crate) mode: ImportMode,
    pub(crate) skips_bad_rows: bool,
    pub(crate) rows: Vec<ImportRow>,
    pub(crate) end: FileEnd,
    pub(crate) expected_revisions: Option<Vec<i64>>,
    pub(crate) apply: Option<Confirmation>,
}

impl ImportFile {
    /// What a store is asked.
    pub(crate) fn asked(self) -> (ImportBatch, FileRows) {
        let batch = ImportBatch {
            id: self.id,
            group: self.group,
            mode: self.mode,
            skips_bad_rows: self.skips_bad_rows,
            expected_revisions: self.expected_revisions,
            apply: self.apply,
            expires_at: time(1000 + 86_400),
            context: context_at(1000),
        };
        // Pieces of an odd size, so that many files have several.
        let pieces: Vec<_> = self.rows.chunks(777).map(|rows| piece(rows, self.end.is_rejected)).collect();
        let end = future::ready(Ok(self.end));
        (batch, FileRows { pieces: stream::iter(pieces).boxed(), end: end.boxed() })
    }
}

pub(crate) fn piece(rows: &[ImportRow], is_rejected: bool) -> FilePiece {
    FilePiece { rows: Arc::new(rows.iter().collect()), is_rejected }
}

/// An import of rows, given as offsets from `BASE` and addresses; lines count from 2.
pub(crate) fn file(group: &BusinessGroupId, mode: ImportMode, rows: &[(u64, &str)]) -> ImportFile {
    let rows = rows.iter().zip(2_u32..).map(|((at, email), line)| ImportRow {
        line,
        phone_number: number(BASE + at),
        email: address(email),
    });
    let rows: Vec<_> = rows.collect();
    ImportFile {
        id: Uuid::new_v4(),
        group: group.clone(),
        mode,
        skips_bad_rows: false,
        end: FileEnd { row_count: rows.len() as u64, ..FileEnd::default() },
        rows,
        expected_revisions: None,
        apply: Some(Confirmation::default()),
    }
}

/// Somebody agrees to so many removals.
pub(crate) fn removals(count: u64) -> Confirmation {
    Confirmation { removed: Some(count), ..Confirmation::default() }
}

pub(crate) fn replace(group: &BusinessGroupId, rows: &[(u64, &str)]) -> ImportFile {
    file(group, ImportMode::Replace, rows)
}

pub(crate) fn merge(group: &BusinessGroupId, rows: &[(u64, &str)]) -> ImportFile {
    file(group, ImportMode::Merge, rows)
}
