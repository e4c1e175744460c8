//! The same load on ever more mappings: throughput and memory must not depend on how many there are.

use test_support::database::{Engine, TestDatabase};

use crate::bare::Bare;
use crate::figures::{Round, count, median};
use crate::service::{Launch, first_answer};
use crate::table::Table;
use crate::throughput::beside_bare;
use crate::tokens::Person;
use crate::{Bench, Result, psql, table, tokens};

/// People who sign in again and again, and people who sign in once: the same numbers in each row.
const USERS: usize = 500;
const NEWCOMERS: usize = 9000;

const ROUNDS: usize = 3;

const TENANTS: [usize; 3] = [1, 100, 10_000];

/// Rows that are filled in by one statement.
const ROWS_AT_ONCE: usize = 1_000_000;

/// How many mappings, spread evenly over how many tenants.
#[derive(Clone, Copy)]
struct Size {
    mappings: usize,
    tenants: usize,
}

pub(crate) async fn run(bench: &Bench) -> Result<()> {
    let head = [
        "mappings",
        "tenants",
        "repeated: req/s a core",
        "of the handler",
        "new users: req/s a core",
        "req/s",
        "memory at the start",
        "memory after",
    ];
    let title = format!("Scale, PostgreSQL: {USERS} users again and again, {NEWCOMERS} users once");
    let table = Table::begin(&title, &head)?;
    let all = [10_000, 1_000_000, 10_000_000];
    for mappings in all.into_iter().filter(|mappings| bench.settings.full_scale || *mappings <= 1_000_000) {
        for tenants in TENANTS {
            measure(bench, &table, Size { mappings, tenants }).await?;
        }
    }
    Ok(())
}

async fn measure(bench: &Bench, table: &Table, size: Size) -> Result<()> {
    let database = TestDatabase::of(Engine::Postgres).await;
    let launch = Launch { database: database.url(), bench, core: Some(bench.cores.server), settings: &[] };
    launch.migrate()?;
    size.fill(database.url())?;
    let mut service = launch.start()?;
    let before = service.process.memory()?;
    let sign_ins = tokens::sign_ins(&bench.entra, &size.people())?;
    let (regulars, newcomers) = sign_ins.split_at(USERS);
    let body = first_answer(&mut service.process, service.address, regulars.first().ok_or("no tokens")?)?;
    let bare = Bare::start(bench.cores.server, &body)?;
    let (mut repeated, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (round, ratio) = beside_bare(bench, (&bare, &service), regulars, bench.settings.round())?;
        repeated.push(round.per_core());
        ratios.push(ratio);
    }
    let new = service.target(200).each_once(bench.cores.load, newcomers)?;
    let Size { mappings, tenants } = size;
    let cells = [
        table::whole(count(tenants)),
        table::whole(median(repeated)),
        format!("{:.2}", median(ratios)),
        table::whole(Round::per_core(&new)),
        table::whole(new.per_second()),
        table::mebibytes(before),
        table::mebibytes(service.process.memory()?),
    ];
    table.row(&table::whole(count(mappings)), &cells)
}

impl Size {
    fn mappings_of_a_tenant(self) -> usize {
        self.mappings / self.tenants
    }

    /// Who signs in: people from all over the table, no two the same.
    fn people(self) -> Vec<Person> {
        let step = self.mappings / (USERS + NEWCOMERS);
        (0..USERS + NEWCOMERS).map(|at| self.person(at * step)).collect()
    }

    fn person(self, user: usize) -> Person {
        let tenant = user / self.mappings_of_a_tenant();
        Person {
            tenant: format!("5ca1e000-0000-4000-8000-{tenant:012}"),
            oid: format!("0b0b0b0b-0000-4000-8000-{user:012}"),
            email: format!("user{user:08}@scale.example"),
        }
    }

    /// Fills a database as imports would have: by the table's own rules, with the counts right. Pinning is off, because a
    /// first sign-in would be a write otherwise.
    fn fill(self, url: &str) -> Result<()> {
        let Self { mappings, tenants } = self;
        let each = self.mappings_of_a_tenant();
        psql::run(
            url,
            &format!(
                "INSERT INTO business_groups \
                 (id, name, tenant_id, identity_pinning, revision, history_from, mapping_count, created_at) \
                 SELECT 'group-' || t, 'Group', '5ca1e000-0000-4000-8000-' || lpad(t::text, 12, '0'), 'off', 1, 1, {each}, 0 \
                 FROM generate_series(0, {tenants} - 1) t; \
                 INSERT INTO number_ranges (group_key, first_number, last_number) \
                 SELECT group_key, {FIRST_NUMBER} + t * {each}, {FIRST_NUMBER} + (t + 1) * {each} - 1 \
                 FROM generate_series(0, {tenants}::bigint - 1) t JOIN business_groups ON id = 'group-' || t; \
                 ANALYZE;"
            ),
        )?;
        for first in (0..mappings).step_by(ROWS_AT_ONCE) {
            let last = mappings.min(first + ROWS_AT_ONCE) - 1;
            psql::run(
                url,
                &format!(
                    "INSERT INTO mappings (phone_number, group_key, email, updated_at) \
                     SELECT {FIRST_NUMBER} + n, group_key, 'user' || lpad(n::text, 8, '0') || '@scale.example', 0 \
                     FROM generate_series({first}::bigint, {last}) n \
                     JOIN business_groups ON id = 'group-' || (n / {each}) ORDER BY n;"
                ),
            )?;
        }
        psql::run(url, "VACUUM ANALYZE;")
    }
}

/// The first number of the area that all mappings are in.
const FIRST_NUMBER: u64 = 17_630_000_000;
