//! Who may call what: every call of the document with every kind of credential, checked against one table. What is
//! refused changes nothing and tells nothing, and what is another group's answers as what is not there.

mod credentials;
mod table;
mod world;

use std::collections::BTreeMap;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use test_support::database::Engine;

use crate::isolation::table::Gate::{Passes, Refused};
use crate::isolation::table::{HOLDERS, Row, TABLE};
use crate::isolation::world::{FOREIGN_MARKS, MARKS, OTHER_TENANT, Operation, UNKNOWN_IMPORT, World, operations};
use crate::support::{problem, text};

/// Asserts that an answer is a problem of this kind, and tells nothing of either group.
async fn assert_refused(answer: Response, (status, slug): (u16, &str), what: &str) {
    let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    let expected = match slug {
        "unauthenticated" => Some("Bearer"),
        "invalid-token" => Some(r#"Bearer error="invalid_token""#),
        _ => None,
    };
    assert_eq!(challenge.as_deref(), expected, "{what}");
    assert_eq!(answer.status().as_u16(), status, "{what}");
    let text = problem(answer, status, slug).await.to_string();
    for mark in MARKS.into_iter().chain(FOREIGN_MARKS) {
        assert!(!text.contains(mark), "{what}: {text}");
    }
}

/// What the holder must not read in an answer that they get.
fn foreign_marks(holder: usize) -> &'static [&'static str] {
    match holder {
        0 | 3 | 9 | 17 => &[],
        2 | 5 | 7 | 11 | 19 => &MARKS,
        _ => &FOREIGN_MARKS,
    }
}

async fn refuse_bad_credentials(world: &World, operation: &Operation) {
    let row = Row::of(&operation.name);
    for (name, headers, slug) in &world.bad {
        let what = format!("{} with {name}", operation.name);
        let with = |call: RequestBuilder| {
            headers.iter().fold(call, |call, header| call.header("authorization", header)).send()
        };
        let answer = with(world.request(operation, "abccompany")).await.unwrap();
        if row.is_public() {
            assert_eq!(answer.status(), row.status, "{what}");
            continue;
        }
        assert_refused(answer, (401, slug), &what).await;
        assert_head(world, operation, 401, &what, with).await;
    }
}

/// HEAD is answered as GET, without the body.
async fn assert_head<F: Future<Output = reqwest::Result<Response>>>(
    world: &World,
    operation: &Operation,
    status: u16,
    what: &str,
    with: impl Fn(RequestBuilder) -> F,
) {
    if operation.method == Method::GET {
        let Operation { name, path, .. } = operation;
        let head = Operation { name: name.clone(), method: Method::HEAD, path: path.clone() };
        let answer = with(world.request(&head, "abccompany")).await.unwrap();
        assert_eq!(answer.status(), status, "HEAD: {what}");
        assert_eq!(text(answer, status).await, "");
    }
}

async fn refuse_those_without_right(world: &World, operation: &Operation) {
    for (at, gate) in Row::of(&operation.name).gates.iter().copied().enumerate() {
        let Refused(status, slug) = gate else { continue };
        let what = format!("{} by {}", operation.name, HOLDERS[at]);
        let with = |call: RequestBuilder| call.bearer_auth(&world.holders[at]).send();
        let answer = with(world.request(operation, "abccompany")).await.unwrap();
        assert_refused(answer, (status, slug), &what).await;
        assert_head(world, operation, status, &what, with).await;
    }
}

async fn let_those_pass_who_may(world: &mut World, operation: &Operation) {
    let row = Row::of(&operation.name);
    for (at, gate) in row.gates.iter().copied().enumerate() {
        if gate != Passes {
            continue;
        }
        world.prepare().await;
        let what = format!("{} by {}", operation.name, HOLDERS[at]);
        let answer = world.request(operation, "abccompany").bearer_auth(&world.holders[at]).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
        assert_eq!(status, row.status, "{what}: {text}");
        // Their own address, which says that they are of another company.
        let text = if operation.name == "getSession" { text.replace("bobsmith@abccompany.com", "") } else { text };
        // The same where the log tells that they have proven their tenant.
        let text = text.replace("bobsmith@abccompany.com (0c0c0c0c-0000-4000-8000-000000000001)", "");
        // The document bears examples.
        if !row.is_public() {
            for mark in foreign_marks(at) {
                assert!(!text.contains(mark), "{what}: {text}");
            }
        }
    }
}

async fn check_against_the_table(engine: Engine) {
    let mut world = World::new(engine).await;
    let operations = operations();
    for row in TABLE {
        assert!(
            operations.iter().any(|operation| operation.name == row.operation),
            "{} is not a call of the document",
            row.operation
        );
    }
    for operation in &operations {
        world.prepare().await;
        let before = world.state().await;
        assert!(before.len() >= 7 && before["mappings"].contains("bobsmith"));
        refuse_bad_credentials(&world, operation).await;
        refuse_those_without_right(&world, operation).await;
        let after = world.state().await;
        let changed: Vec<_> = before.iter().filter(|(table, rows)| after.get(*table) != Some(*rows)).collect();
        assert!(changed.is_empty(), "{}: what was refused has changed {changed:?}", operation.name);
        let_those_pass_who_may(&mut world, operation).await;
    }
}

// proves T-16, T-32
#[tokio::test]
async fn every_call_is_open_to_those_it_is_for_and_to_nobody_else_on_postgres() {
    check_against_the_table(Engine::Postgres).await;
}

// proves T-16, T-32
#[tokio::test]
async fn every_call_is_open_to_those_it_is_for_and_to_nobody_else_on_sqlite() {
    check_against_the_table(Engine::Sqlite).await;
}

/// What is the request's own: whether the connection closes depends on how much of the body has arrived.
const OF_THE_REQUEST: [&str; 3] = ["date", "x-request-id", "connection"];

/// All of an answer that is not the request's own.
async fn read_answer(answer: Response) -> (u16, BTreeMap<String, String>, Value) {
    let status = answer.status().as_u16();
    let headers = answer.headers().iter().filter(|(name, _)| !OF_THE_REQUEST.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let mut body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    body.as_object_mut().unwrap().remove("request_id").expect("a request id");
    (status, headers, body)
}

// proves T-33
#[tokio::test]
async fn another_group_answers_as_one_that_was_never_there() {
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let world = World::new(engine).await;
        let mut compared = 0;
        for operation in operations().iter().filter(|operation| operation.path.starts_with("/v1/business-groups/{id}"))
        {
            for (at, gate) in Row::of(&operation.name).gates.iter().copied().enumerate() {
                let ask = async |group| {
                    read_answer(world.request(operation, group).bearer_auth(&world.holders[at]).send().await.unwrap())
                        .await
                };
                // An administrator is told of their own group that they may not.
                let is_their_own = HOLDERS[at].starts_with("the group's administrator");
                if gate != Passes && !is_their_own {
                    let what = format!("{} by {}", operation.name, HOLDERS[at]);
                    let there = ask("abccompany").await;
                    for group in ["nobody", "gone", "not%20a%20slug"] {
                        assert_eq!(ask(group).await, there, "{what}");
                    }
                    compared += 1;
                }
            }
        }
        assert!(compared > 100, "{compared}");
    }
}

// proves T-33
/// The group's own administrator asks for what is the other's, and for what is nobody's.
#[tokio::test]
async fn what_is_another_groups_answers_as_what_is_not_there() {
    for engine in [Engine::Postgres, Engine::Sqlite] {
        let world = World::new(engine).await;
        let before = world.state().await;
        let group = "/v1/business-groups/abccompany";
        let (theirs, nobodys) = ("+442079460001", "+442079460101");
        let foreign = &world.foreign_import;
        let email = json!({"email": "eve@abccompany.com"});
        for (method, path, foreign, missing, body) in [
            (Method::GET, "/imports/{}", foreign.as_str(), UNKNOWN_IMPORT, &Value::Null),
            (Method::GET, "/imports/{}/changes", foreign, UNKNOWN_IMPORT, &Value::Null),
            (Method::POST, "/imports/{}/apply", foreign, UNKNOWN_IMPORT, &Value::Null),
            (Method::DELETE, "/imports/{}", foreign, UNKNOWN_IMPORT, &Value::Null),
            (Method::GET, "/mappings/{}", theirs, nobodys, &Value::Null),
            (Method::PUT, "/mappings/{}", theirs, nobodys, &email),
            (Method::DELETE, "/mappings/{}", theirs, nobodys, &Value::Null),
            (Method::DELETE, "/mappings/{}/pin", theirs, nobodys, &Value::Null),
        ] {
            let ask = async |thing: &str| {
                let path = format!("{group}{}", path.replace("{}", thing));
                let call = world.app.call(method.clone(), &path).bearer_auth(&world.holders[1]);
                let call = if body.is_null() { call } else { call.json(body) };
                read_answer(call.send().await.unwrap()).await
            };
            let answer = ask(foreign).await;
            assert_eq!(answer, ask(missing).await, "{method} {path}");
            assert_eq!(answer.0, if method == Method::PUT { 422 } else { 404 }, "{method} {path}");
        }
        let events = async |of: &str| {
            let path = format!("/v1/audit-events?business_group={of}");
            read_answer(world.app.get(&path).bearer_auth(&world.holders[1]).send().await.unwrap()).await
        };
        assert_eq!(events("hushed").await, events("nobody").await);
        assert_eq!(world.state().await, before);
    }
}

#[tokio::test]
async fn a_file_with_another_groups_number_tells_no_more_of_it_than_of_nobodys() {
    let world = World::new(Engine::Sqlite).await;
    let upload = async |number: &str| {
        let path = "/v1/business-groups/abccompany/imports?mode=merge&apply=true";
        let call = world.app.call(Method::POST, path).bearer_auth(&world.holders[1]).header("content-type", "text/csv");
        let call = call.body(format!("PhoneNumber,MEEmailAddress\n{number},eve@abccompany.com\n"));
        let (status, _, body) = read_answer(call.send().await.unwrap()).await;
        (status, body.to_string().replace(number, "N"))
    };
    let answer = upload("+442079460001").await;
    assert_eq!(answer, upload("+442079460101").await);
    assert_eq!(answer.0, 422);
    // A tenant that is taken is not said to be whose.
    let taken = json!({"tenant_id": OTHER_TENANT});
    let call = world.app.call(Method::PUT, "/v1/business-groups/abccompany/tenant").bearer_auth(&world.holders[1]);
    let text = problem(call.json(&taken).send().await.unwrap(), 409, "tenant-taken").await.to_string();
    assert!(!FOREIGN_MARKS.iter().any(|mark| text.contains(mark)), "{text}");
}
