//! What the database holds by itself, past the adapter: each wrong statement is refused by it.

use std::str::FromStr;

use signline::domain::tenant::TenantProof;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use test_support::database::Engine;

use crate::on_both_engines;
use crate::support::{BASE, World, context_at, guid, range};

on_both_engines!(
    the_database_refuses_what_must_never_be,
    the_database_refuses_keys_that_must_never_be,
    the_database_refuses_to_rewrite_what_was,
    the_database_refuses_what_mixes_two_groups,
    a_proof_goes_with_its_link_whoever_changes_that,
);

/// Runs statements in one transaction, as any other program might.
async fn run(world: &World, statements: &str) -> sqlx::Result<()> {
    let script = format!("BEGIN; {statements}; COMMIT;");
    match world.engine {
        Engine::Postgres => {
            let options = PgConnectOptions::from_str(world.database.url())?;
            let mut connection = PgConnection::connect_with(&options).await?;
            connection.execute(sqlx::raw_sql(AssertSqlSafe(script))).await.map(drop)
        }
        Engine::Sqlite => {
            let options = SqliteConnectOptions::from_str(world.database.url())?.foreign_keys(true);
            let mut connection = SqliteConnection::connect_with(&options).await?;
            connection.execute(sqlx::raw_sql(AssertSqlSafe(script))).await.map(drop)
        }
    }
}

/// A statement that the database can't even read does not count as refused.
async fn assert_refused(world: &World, what: &str, statement: &str) {
    let Err(error) = run(world, statement).await else {
        panic!("{what} was taken: {statement}");
    };
    let code =
        error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(String::from).unwrap_or_default();
    let is_constraint = match world.engine {
        // Class 23 of https://www.postgresql.org/docs/current/errcodes-appendix.html
        Engine::Postgres => code.starts_with("23"),
        // SQLITE_CONSTRAINT is the low byte of https://www.sqlite.org/rescode.html
        Engine::Sqlite => code.parse::<u32>().is_ok_and(|code| code & 0xff == 19),
    };
    assert!(is_constraint, "{what}: {error}");
}

// proves T-45
async fn the_database_refuses_what_must_never_be(world: World) {
    let abc = world.group_with("abc", &[range(BASE, BASE + 99)]).await;
    let xyz = world.group_with("xyz", &[range(BASE + 100, BASE + 199)]).await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    world.put(&xyz, 101, "x@abc.com").await.unwrap();
    world.stores.business_groups.link_tenant(&abc, guid(1), &context_at(1)).await.unwrap();

    let mapping = |group: i64, at: u64, email: &str| {
        let number = BASE + at;
        format!(
            "INSERT INTO mappings (phone_number, group_key, email, updated_at) VALUES ({number}, {group}, '{email}', 0)"
        )
    };
    let range_of = |group: i64, first: u64, last: u64| {
        let (first, last) = (BASE + first, BASE + last);
        format!("INSERT INTO number_ranges (group_key, first_number, last_number) VALUES ({group}, {first}, {last})")
    };
    let mappings = |group: i64, places: &[u64]| {
        let rows = places.iter().map(|at| format!("({}, {group}, 'user{at}@abc.com', 0)", BASE + at));
        let rows = rows.collect::<Vec<_>>().join(", ");
        format!("INSERT INTO mappings (phone_number, group_key, email, updated_at) VALUES {rows}")
    };
    run(&world, &mapping(1, 2, "b@abc.com")).await.expect("a good mapping is taken");
    run(&world, &range_of(1, 200, 299)).await.expect("a good range is taken");
    run(&world, &mappings(1, &[299, 0, 99, 200])).await.expect("mappings in two ranges are taken at once");

    for (what, statement) in [
        ("a number twice", mapping(1, 1, "new@abc.com")),
        ("an address twice in a group", mapping(1, 3, "a@abc.com")),
        ("an address in capitals", mapping(1, 3, "A@ABC.com")),
        ("a number in another group's range", mapping(1, 150, "c@abc.com")),
        ("a number in no range", mapping(1, 5000, "c@abc.com")),
        ("a number between two ranges, among good ones", mappings(1, &[10, 150, 210])),
        ("a number past the last range, among good ones", mappings(1, &[10, 210, 300])),
        ("a number before the first range, among good ones", mappings(2, &[99, 110])),
        ("a mapping of no group", mapping(77, 3, "c@abc.com")),
        (
            "a mapping that moves to another group",
            "UPDATE mappings SET group_key = 2 WHERE email = 'a@abc.com'".to_owned(),
        ),
        ("a mapping that moves to another number", "UPDATE mappings SET phone_number = phone_number + 5000".to_owned()),
        ("a range over another group's", range_of(2, 50, 60)),
        ("a range around another group's", range_of(2, 250, 400)),
        ("a range of no group", range_of(77, 500, 600)),
        ("a range that ends before it begins", range_of(1, 600, 500)),
        ("a range that is moved", "UPDATE number_ranges SET last_number = last_number - 98".to_owned()),
        ("a range that is in use and goes", format!("DELETE FROM number_ranges WHERE first_number = {BASE}")),
        ("a group with mappings that goes", "DELETE FROM business_groups WHERE id = 'abc'".to_owned()),
        ("a tenant twice", format!("UPDATE business_groups SET tenant_id = '{}' WHERE id = 'xyz'", guid(1))),
        ("a proof of no tenant", "UPDATE business_groups SET tenant_proven_at = 0 WHERE id = 'xyz'".to_owned()),
        ("an id twice", "INSERT INTO business_groups (id, name, created_at) VALUES ('abc', 'x', 0)".to_owned()),
        (
            "an id that is not a slug",
            "INSERT INTO business_groups (id, name, created_at) VALUES ('A b', 'x', 0)".to_owned(),
        ),
        ("an unknown pinning", "UPDATE business_groups SET identity_pinning = 'perhaps'".to_owned()),
        ("a count below nothing", "UPDATE business_groups SET mapping_count = -1".to_owned()),
        ("a pin to no GUID", "UPDATE mappings SET pinned_tid = 'x', pinned_oid = 'somebody', pinned_at = 0".to_owned()),
        ("half a pin", format!("UPDATE mappings SET pinned_oid = '{}', pinned_at = 0", guid(7))),
    ] {
        assert_refused(&world, what, &statement).await;
    }
    assert_eq!(world.all(&abc).await.len(), 6);
}

// proves T-24
/// A replica of the version before knows of no proofs.
async fn a_proof_goes_with_its_link_whoever_changes_that(world: World) {
    let abc = world.group("abc").await;
    let link = |tenant| format!("UPDATE business_groups SET tenant_id = '{}' WHERE id = 'abc'", guid(tenant));
    let proven = async || {
        let group = world.read(&abc).await;
        (group.tenant_id, group.tenant_proven_at.is_some())
    };
    let proof = TenantProof { tenant: guid(1), oid: guid(9) };
    world.stores.business_groups.link_proven_tenant(&abc, proof, &context_at(1)).await.unwrap();
    run(&world, &link(1)).await.unwrap();
    assert_eq!(proven().await, (Some(guid(1)), true));
    run(&world, &link(2)).await.unwrap();
    assert_eq!(proven().await, (Some(guid(2)), false));
    run(&world, "UPDATE business_groups SET tenant_proven_at = 7").await.unwrap();
    run(&world, &format!("{}; {}", link(1), link(2))).await.unwrap();
    assert_eq!(proven().await, (Some(guid(2)), false));
    // So does the operator's word.
    world.stores.business_groups.link_confirmed_tenant(&abc, guid(2), &context_at(1)).await.unwrap();
    run(&world, &link(2)).await.unwrap();
    assert!(world.read(&abc).await.tenant_confirmed_at.is_some());
    run(&world, &link(3)).await.unwrap();
    assert_eq!(world.read(&abc).await.tenant_confirmed_at, None);
}

async fn the_database_refuses_keys_that_must_never_be(world: World) {
    world.group_with("abc", &[]).await;
    let hash = |byte: &str, length: usize| match world.engine {
        Engine::Postgres => format!("'\\x{}'::bytea", byte.repeat(length)),
        Engine::Sqlite => format!("x'{}'", byte.repeat(length)),
    };
    let key = |id: &str, role: &str, group: &str, hash: &str| {
        format!(
            "INSERT INTO api_keys (id, name, role, group_key, prefix, secret_hash, created_at) \
             VALUES ('{id}', 'x', '{role}', {group}, 'slk_', {hash}, 0)"
        )
    };
    run(&world, &key("a", "operator", "NULL", &hash("01", 32))).await.expect("a good key is taken");
    run(&world, &key("b", "scim", "1", &hash("02", 32))).await.expect("a good key of a group is taken");
    for (at, (role, group)) in
        [("resolver", "NULL"), ("resolver", "1"), ("directory", "NULL"), ("directory", "1")].into_iter().enumerate()
    {
        let good = key(&format!("good {at}"), role, group, &hash(&format!("1{at}"), 32));
        run(&world, &good).await.expect("a key of these roles is taken with a group and without");
    }

    for (what, statement) in [
        ("an id twice", key("a", "operator", "NULL", &hash("03", 32))),
        ("a secret twice", key("c", "operator", "NULL", &hash("01", 32))),
        ("a hash of another length", key("c", "operator", "NULL", &hash("03", 31))),
        ("an unknown role", key("c", "king", "NULL", &hash("03", 32))),
        ("an operator of one group", key("c", "operator", "1", &hash("03", 32))),
        ("a provisioning service of no group", key("c", "scim", "NULL", &hash("03", 32))),
        ("an administrator of no group", key("c", "business-group-admin", "NULL", &hash("03", 32))),
        ("a key of a group that is not there", key("c", "scim", "77", &hash("03", 32))),
    ] {
        assert_refused(&world, what, &statement).await;
    }
}

// proves T-47
async fn the_database_refuses_to_rewrite_what_was(world: World) {
    let abc = world.group("abc").await;
    world.put(&abc, 1, "a@abc.com").await.unwrap();
    let change = |set: i64, old: &str, new: &str| {
        format!(
            "INSERT INTO changes (change_set_key, phone_number, old_email, new_email) VALUES ({set}, 1, {old}, {new})"
        )
    };
    let revision = |number: i64, set: i64, source: &str| {
        format!(
            "INSERT INTO revisions (group_key, revision, change_set_key, at, actor_id, actor_name, source) \
             VALUES (1, {number}, {set}, 0, 'k', 'k', '{source}')"
        )
    };
    run(&world, "INSERT INTO change_sets (group_key) VALUES (1)").await.expect("a change set is taken");
    run(&world, &change(2, "NULL", "'a@abc.com'")).await.expect("a good change is taken");
    for (what, statement) in [
        ("an audit event that changes", "UPDATE audit_events SET actor_name = 'somebody else'".to_owned()),
        ("an audit event that goes", "DELETE FROM audit_events".to_owned()),
        ("a revision that changes", "UPDATE revisions SET actor_name = 'somebody else'".to_owned()),
        ("a revision twice", revision(1, 2, "api")),
        ("a revision of an unknown way", revision(2, 2, "magic")),
        ("a revision without change set", revision(2, 77, "api")),
        ("a change that changes nothing", change(3, "'a@abc.com'", "'a@abc.com'")),
        ("a number twice in a change set", change(2, "NULL", "'b@abc.com'")),
        (
            "an import that skips revisions",
            "INSERT INTO imports (id, group_key, change_set_key, mode, base_revision, row_count, unchanged, created_at, \
             expires_at, revision) VALUES ('x', 1, 2, 'merge', 1, 0, 0, 0, 0, 3)"
                .to_owned(),
        ),
    ] {
        assert_refused(&world, what, &statement).await;
    }
}

// proves T-45
async fn the_database_refuses_what_mixes_two_groups(world: World) {
    world.group_with("abc", &[range(BASE, BASE + 99)]).await;
    world.group_with("xyz", &[range(BASE + 100, BASE + 199)]).await;
    let revision = |group: i64, set: i64| {
        format!(
            "INSERT INTO revisions (group_key, revision, change_set_key, at, actor_id, actor_name, source) \
             VALUES ({group}, 1, {set}, 0, 'k', 'k', 'api')"
        )
    };
    let import = |id: &str, group: i64, set: i64| {
        format!(
            "INSERT INTO imports (id, group_key, change_set_key, mode, base_revision, row_count, unchanged, created_at, \
             expires_at) VALUES ('{id}', {group}, {set}, 'merge', 0, 0, 0, 0, 0)"
        )
    };
    let sets = "INSERT INTO change_sets (group_key) VALUES (1), (2), (1)";
    run(&world, sets).await.expect("change sets are taken");
    for (what, statement) in [
        ("a revision with another group's changes", revision(1, 2)),
        ("an import with another group's changes", import("a", 2, 1)),
        ("an import without changes", import("a", 1, 77)),
    ] {
        assert_refused(&world, what, &statement).await;
    }
    run(&world, &revision(1, 1)).await.expect("its own revision is taken");
    run(&world, &import("a", 1, 3)).await.expect("its own import is taken");
    for (what, statement) in [
        ("an import that moves to another group", "UPDATE imports SET group_key = 2"),
        ("an import that takes another group's changes", "UPDATE imports SET change_set_key = 2"),
        ("changes that move to another group", "UPDATE change_sets SET group_key = 2 WHERE change_set_key = 1"),
    ] {
        assert_refused(&world, what, statement).await;
    }
    assert_eq!((world.count_rows("revisions").await, world.count_rows("imports").await), (1, 1));
    run(&world, "DELETE FROM change_sets WHERE group_key = 1").await.expect("they go together");
    assert_eq!((world.count_rows("revisions").await, world.count_rows("imports").await), (0, 0));
}
